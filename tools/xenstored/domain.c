/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains: introduced, shut down, gone; what each owns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

struct domain *domain_find(const struct store *st, unsigned int domid)
{
    return st->domains[domid];
}

struct domain *domain_get(struct store *st, unsigned int domid)
{
    struct domain *d = st->domains[domid];

    if (d == NULL) {
        d = calloc(1, sizeof(*d));
        if (d == NULL) {
            return NULL;
        }
        d->domid = (uint16_t)domid;
        d->target = DOMID_NONE;
        d->next = st->first_domain;
        st->first_domain = d;
        st->domains[domid] = d;
    }
    return d;
}

size_t store_domains(const struct store *st, uint16_t *domids, size_t max)
{
    size_t nr = 0;

    for (struct domain *d = st->first_domain; d != NULL && nr < max; d = d->next) {
        domids[nr++] = d->domid;
    }
    return nr;
}

/* Whoever is named in a permission list is known, so that this finds its domain. */
void domain_account(struct store *st, unsigned int domid, long nodes, long bytes)
{
    struct domain *d = st->domains[domid];

    if (d == NULL) {
        return;
    }
    d->nodes += nodes;
    d->bytes += bytes;
    if (domid != 0 && d->bytes > (long)st->limits.memory_soft && !d->warned) {
        d->warned = true;
        store_log(st, "domain %u: it uses %ld bytes of the store, more than %u", domid, d->bytes,
                  st->limits.memory_soft);
    }
}

size_t domain_bytes(const struct conn *c)
{
    return c->bytes + (c->out.tail - c->out.head) +
           (c->dom != NULL && c->dom->bytes > 0 ? (size_t)c->dom->bytes : 0);
}

int quota_hit(struct conn *c, enum quota which, unsigned long value)
{
    const struct store_limits *l = &c->st->limits;
    const struct {
        const char *name;
        unsigned int limit;
    } quotas[] = {
        [QUOTA_NODES] = { "nodes", l->nodes },
        [QUOTA_ENTRY] = { "bytes of a value", l->entry_bytes },
        [QUOTA_WATCHES] = { "watches", l->watches },
        [QUOTA_TXS] = { "open transactions", l->transactions },
        [QUOTA_TX_NODES] = { "nodes in a transaction", l->tx_nodes },
        [QUOTA_PERMS] = { "entries of a permission list", l->perms },
        [QUOTA_MEMORY] = { "bytes of memory", l->memory_hard },
    };

    if ((c->told & 1u << which) == 0) {
        c->told |= 1u << which;
        store_log(c->st, "domain %u: refused by the quota of %s: %lu, at most %u", c->domid,
                  quotas[which].name, value, quotas[which].limit);
    }
    return -ENOSPC;
}

int store_introduce_dom0(struct store *st)
{
    struct domain *d = domain_get(st, 0);

    if (d == NULL) {
        return -ENOMEM;
    }
    d->introduced = true;
    return 0;
}

static void end_connection(struct store *st, struct domain *d)
{
    struct conn *c = d->conn;

    if (c != NULL) {
        st->be.disconnect(st->be.arg, c);
        store_disconnect(st, c);
    }
    d->introduced = false;
    note_domain(st, d);
}

void store_domain_shutdown(struct store *st, unsigned int domid)
{
    struct domain *d = domain_find(st, domid);

    if (d != NULL && d->introduced && !d->shutdown) {
        d->shutdown = true;
        note_domain(st, d);
        watch_fire_special(st, 1);
    }
}

/*
 * Its entries in permission lists are void from now on, in constant time: they carry an older
 * generation.  What it owned becomes domain 0's.
 */
void store_domain_gone(struct store *st, unsigned int domid)
{
    struct domain *d = domain_find(st, domid), **at = &st->first_domain;
    bool introduced;

    if (d == NULL || domid == 0) {
        return;
    }
    introduced = d->introduced;
    end_connection(st, d);
    note_gone(st, (uint16_t)domid);
    st->death_gen[domid] = ++st->gen;
    domain_account(st, 0, d->nodes, d->bytes);
    tx_domain_gone(st, domid);
    while (*at != d) {
        at = &(*at)->next;
    }
    *at = d->next;
    st->domains[domid] = NULL;
    free(d);
    /* A guest can make very many domains known by naming them: no walk for each in vain. */
    for (struct domain *other = st->targets ? st->first_domain : NULL; other != NULL;
         other = other->next) {
        if (other->target == domid) {
            other->target = DOMID_NONE; /* NOTE_GONE says so as well */
        }
    }
    if (introduced) {
        watch_fire_special(st, 1);
    }
}

/* The request's first string as a domain; @max strings are wanted in all. */
static int domain_args(struct req *r, const char **args, size_t max, unsigned int *domid)
{
    if (req_strings(r, args, max) != max) {
        return -EINVAL;
    }
    return req_domid(args[0], domid);
}

static int number(const char *text, uint64_t max, uint64_t *out)
{
    char *end;

    if (text[0] < '0' || text[0] > '9') {
        return -EINVAL;
    }
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *out <= max ? 0 : -EINVAL;
}

int op_introduce(struct req *r)
{
    const char *args[3];
    unsigned int domid;
    uint64_t gfn, port;
    struct domain *d;
    int rc = domain_args(r, args, 3, &domid);

    if (rc != 0 || number(args[1], UINT64_MAX, &gfn) != 0 ||
        number(args[2], UINT32_MAX, &port) != 0 || domid == 0) {
        return -EINVAL;
    }
    d = domain_get(r->st, domid);
    if (d == NULL) {
        return -ENOMEM;
    }
    rc = r->st->be.introduce(r->st->be.arg, domid, gfn, (uint32_t)port);
    if (rc != 0) {
        return rc;
    }
    d->shutdown = false;
    reply_ok(r);
    if (!d->introduced) {
        d->introduced = true;
        watch_fire_special(r->st, 0);
    }
    note_domain(r->st, d);
    return 0;
}

static int introduced(struct req *r, struct domain **d)
{
    const char *arg;
    unsigned int domid;
    int rc = domain_args(r, &arg, 1, &domid);

    if (rc != 0) {
        return rc;
    }
    *d = domain_find(r->st, domid);
    return *d != NULL && (*d)->introduced ? 0 : -ENOENT;
}

int op_release(struct req *r)
{
    struct domain *d;
    int rc = introduced(r, &d);

    if (rc != 0) {
        return rc;
    }
    if (d->domid == 0) {
        return -EINVAL;
    }
    end_connection(r->st, d);
    reply_ok(r);
    watch_fire_special(r->st, 1);
    return 0;
}

int op_resume(struct req *r)
{
    struct domain *d;
    int rc = introduced(r, &d);

    if (rc != 0) {
        return rc;
    }
    d->shutdown = false;
    note_domain(r->st, d);
    return reply_ok(r);
}

int op_set_target(struct req *r)
{
    const char *args[2];
    unsigned int domid, target;
    int rc = domain_args(r, args, 2, &domid);

    rc = rc == 0 ? req_domid(args[1], &target) : rc;
    if (rc != 0) {
        return rc;
    }
    if (domain_find(r->st, domid) == NULL || domain_find(r->st, target) == NULL) {
        return -ENOENT;
    }
    if (domid == target || target == 0) {
        return -EINVAL;
    }
    r->st->domains[domid]->target = (uint16_t)target;
    r->st->targets = true;
    note_domain(r->st, r->st->domains[domid]);
    return reply_ok(r);
}

int op_is_introduced(struct req *r)
{
    struct domain *d;
    int rc = introduced(r, &d);

    return rc == -EINVAL ? rc : reply(r, rc == 0 ? "T" : "F", 2);
}

int op_domain_path(struct req *r)
{
    const char *arg;
    unsigned int domid;
    char text[32];
    int rc = domain_args(r, &arg, 1, &domid);

    if (rc != 0) {
        return rc;
    }
    return reply(r, text, (size_t)snprintf(text, sizeof(text), "/local/domain/%u", domid) + 1);
}
