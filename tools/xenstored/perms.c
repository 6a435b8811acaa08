/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may do what with a node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

/* An entry made before its domain died says nothing about a new domain of the same number. */
bool perm_stale(const struct store *st, const struct perms *p, unsigned int domid)
{
    return st->death_gen[domid] > p->gen;
}

/* The owner; what a dead domain owned is domain 0's. */
unsigned int perms_owner(const struct store *st, const struct perms *p)
{
    return perm_stale(st, p, p->e[0].domid) ? 0 : p->e[0].domid;
}

unsigned int perms_rights(const struct store *st, const struct conn *c, const struct perms *p)
{
    unsigned int target = c->dom != NULL ? c->dom->target : DOMID_NONE;
    unsigned int owner = perms_owner(st, p);

    if (c->privileged || owner == c->domid || owner == target) {
        return RIGHT_READ | RIGHT_WRITE | RIGHT_OWNER;
    }
    for (uint32_t i = 1; i < p->nr; i++) {
        unsigned int id = p->e[i].domid;

        if ((id == c->domid || id == target) && !perm_stale(st, p, id)) {
            return p->e[i].rights;
        }
    }
    return p->e[0].rights;
}

struct perms *perms_inherit(struct store *st, const struct conn *c, struct perms *parent)
{
    unsigned int owner = c->privileged ? perms_owner(st, parent) : c->domid;
    bool same = owner == parent->e[0].domid;
    struct perms *p;
    uint32_t nr = 1;

    for (uint32_t i = 0; i < parent->nr; i++) {
        same = same && !perm_stale(st, parent, parent->e[i].domid);
    }
    if (same) {
        return perms_get(parent);
    }
    p = perms_new(parent->nr, st->gen);
    if (p == NULL) {
        return NULL;
    }
    p->e[0] = (struct perm){ .domid = (uint16_t)owner, .rights = parent->e[0].rights };
    for (uint32_t i = 1; i < parent->nr; i++) {
        if (!perm_stale(st, parent, parent->e[i].domid)) {
            p->e[nr++] = parent->e[i];
        }
    }
    p->nr = nr;
    return p;
}

static int parse_one(struct store *st, const char *text, struct perm *e)
{
    static const char letters[] = "nrwb";
    const char *letter = text[0] != '\0' ? strchr(letters, text[0]) : NULL;
    unsigned int domid;

    if (letter == NULL || req_domid(text + 1, &domid) != 0) {
        return -EINVAL;
    }
    if (domain_get(st, domid) == NULL) { /* known, so that its death is noticed */
        return -ENOMEM;
    }
    e->domid = (uint16_t)domid;
    e->rights = (uint16_t)(letter - letters);
    return 0;
}

int perms_parse(struct req *r, const char *data, size_t len, struct perms **out)
{
    size_t nr = 0;
    struct perms *p;
    int rc;

    if (len == 0 || data[len - 1] != '\0') {
        return -EINVAL;
    }
    for (size_t i = 0; i < len; i++) {
        nr += data[i] == '\0';
    }
    if (!r->c->privileged && nr > r->st->limits.perms) {
        return quota_hit(r->c, QUOTA_PERMS, nr);
    }
    p = perms_new(nr, r->st->gen);
    if (p == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < nr; i++, data += strlen(data) + 1) {
        rc = parse_one(r->st, data, &p->e[i]);
        if (rc != 0) {
            perms_put(p);
            return rc;
        }
    }
    *out = p;
    return 0;
}

int perms_format(const struct store *st, const struct perms *p, char *buf)
{
    size_t len = 0;

    for (uint32_t i = 0; i < p->nr; i++) {
        unsigned int domid = i == 0 ? perms_owner(st, p) : p->e[i].domid;

        if (i > 0 && perm_stale(st, p, domid)) {
            continue;
        }
        if (len + 8 > XENSTORE_PAYLOAD_MAX) {
            return -E2BIG;
        }
        len += (size_t)sprintf(buf + len, "%c%u", "nrwb"[p->e[i].rights & 3], domid) + 1;
    }
    return (int)len;
}
