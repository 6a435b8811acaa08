/* SPDX-License-Identifier: GPL-2.0-only */
/* From a message to its handler: the table of operations, arguments, replies. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

const char *store_error_name(int err)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (xsd_errors[i].errnum == err) {
            return xsd_errors[i].errstring;
        }
    }
    return "EINVAL";
}

void store_log(struct store *st, const char *fmt, ...)
{
    char line[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    st->be.log(st->be.arg, line);
}

/* --- arguments --- */

size_t req_strings(const struct req *r, const char **out, size_t max)
{
    const char *at = r->data, *end = r->data + r->len;
    size_t nr = 0;

    if (r->len == 0 || end[-1] != '\0') {
        return 0;
    }
    for (; at < end; at += strlen(at) + 1, nr++) {
        if (nr < max) {
            out[nr] = at;
        }
    }
    return nr;
}

int req_domid(const char *text, unsigned int *domid)
{
    unsigned long v = 0;

    if (text[0] == '\0' || strlen(text) > 5) {
        return -EINVAL;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -EINVAL;
        }
        v = v * 10 + (unsigned long)(*text - '0');
    }
    if (v > STORE_DOMID_MAX) {
        return -EINVAL;
    }
    *domid = (unsigned int)v;
    return 0;
}

static const bool path_char[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
    ['-'] = true, ['/'] = true, ['_'] = true, ['@'] = true,
};

bool path_valid(const char *text, size_t len)
{
    char last = '\0';

    if (len == 0 || len > (text[0] == '/' ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX)) {
        return false;
    }
    for (size_t i = 0; i < len; last = text[i], i++) {
        if (!path_char[(unsigned char)text[i]] || (text[i] == '/' && last == '/')) {
            return false;
        }
    }
    return last != '/' || len == 1;
}

int req_path(struct req *r, const char *text, struct path *out)
{
    size_t len = strlen(text), prefix;

    if (!path_valid(text, len) || text[0] == '@') {
        return -EINVAL;
    }
    if (text[0] == '/') {
        *out = (struct path){ .s = text, .len = len };
        return 0;
    }
    prefix = (size_t)sprintf(r->st->path, "/local/domain/%u/", r->c->domid);
    memcpy(r->st->path + prefix, text, len + 1);
    *out = (struct path){ .s = r->st->path, .len = prefix + len };
    return 0;
}

/* --- replies --- */

int reply(struct req *r, const void *data, size_t len)
{
    char *msg = conn_message(r->c, r->hdr->type, r->hdr->req_id, r->hdr->tx_id, len);

    if (msg != NULL) {
        memcpy(msg, data, len);
    }
    return 0;
}

int reply_ok(struct req *r)
{
    return reply(r, "OK", 3);
}

static void reply_error(struct req *r, int err)
{
    const char *name = store_error_name(err);
    size_t len = strlen(name) + 1;
    char *msg = conn_message(r->c, XS_ERROR, r->hdr->req_id, r->hdr->tx_id, len);

    if (msg != NULL) {
        memcpy(msg, name, len);
    }
}

/* --- the table --- */

static const struct op {
    const char *name;
    int (*handler)(struct req *r);
    bool privileged;
} ops[XS_TYPE_COUNT] = {
    [XS_CONTROL] = { "CONTROL", op_control, true },
    [XS_DIRECTORY] = { "DIRECTORY", op_directory, false },
    [XS_READ] = { "READ", op_read, false },
    [XS_GET_PERMS] = { "GET_PERMS", op_get_perms, false },
    [XS_WATCH] = { "WATCH", op_watch, false },
    [XS_UNWATCH] = { "UNWATCH", op_unwatch, false },
    [XS_TRANSACTION_START] = { "TRANSACTION_START", op_tx_start, false },
    [XS_TRANSACTION_END] = { "TRANSACTION_END", op_tx_end, false },
    [XS_INTRODUCE] = { "INTRODUCE", op_introduce, true },
    [XS_RELEASE] = { "RELEASE", op_release, true },
    [XS_GET_DOMAIN_PATH] = { "GET_DOMAIN_PATH", op_domain_path, false },
    [XS_WRITE] = { "WRITE", op_write, false },
    [XS_MKDIR] = { "MKDIR", op_mkdir, false },
    [XS_RM] = { "RM", op_rm, false },
    [XS_SET_PERMS] = { "SET_PERMS", op_set_perms, false },
    [XS_IS_DOMAIN_INTRODUCED] = { "IS_DOMAIN_INTRODUCED", op_is_introduced, true },
    [XS_RESUME] = { "RESUME", op_resume, true },
    [XS_SET_TARGET] = { "SET_TARGET", op_set_target, true },
    [XS_RESET_WATCHES] = { "RESET_WATCHES", op_reset_watches, false },
    [XS_DIRECTORY_PART] = { "DIRECTORY_PART", op_directory_part, false },
};

static int run(struct req *r, const struct op *op)
{
    if (op == NULL || op->handler == NULL) {
        return -ENOSYS;
    }
    if (op->privileged && !r->c->privileged) {
        return -EACCES;
    }
    if (r->hdr->tx_id != 0) {
        r->tx = tx_find(r->c, r->hdr->tx_id);
        if (r->tx == NULL) {
            return -ENOENT;
        }
    }
    return op->handler(r);
}

static void trace(struct req *r, const struct op *op, int rc)
{
    char text[128];
    size_t len = r->len < sizeof(text) - 1 ? r->len : sizeof(text) - 1;

    for (size_t i = 0; i < len; i++) {
        text[i] = isprint((unsigned char)r->data[i]) ? r->data[i] : ' ';
    }
    text[len] = '\0';
    store_log(r->st, "domain %u: %s tx %u: %s%s%s", r->c->domid,
              op != NULL && op->name != NULL ? op->name : "unknown", r->hdr->tx_id, text,
              rc != 0 ? ": " : "", rc != 0 ? store_error_name(-rc) : "");
}

void store_refuse(struct store *st, struct conn *c, const struct xsd_sockmsg *hdr)
{
    struct req r = { .st = st, .c = c, .hdr = hdr };

    reply_error(&r, EIO);
}

void store_message(struct store *st, struct conn *c, const struct xsd_sockmsg *hdr, char *payload)
{
    struct req r = { .st = st, .c = c, .hdr = hdr, .data = payload, .len = hdr->len };
    const struct op *op = hdr->type < XS_TYPE_COUNT ? &ops[hdr->type] : NULL;
    int rc = run(&r, op);

    if (rc != 0) {
        reply_error(&r, -rc);
    }
    if (st->tracing) {
        trace(&r, op, rc);
    }
}
