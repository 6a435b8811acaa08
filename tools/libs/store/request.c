/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's calls on nodes, transactions and domains. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define TX_TRIES 1000u /* a guest that writes its nodes without end must not hold us for ever */

static void *null_with(int rc)
{
    errno = -rc;
    return NULL;
}

static struct iovec piece(const void *data, size_t len)
{
    return (struct iovec){ .iov_base = (void *)(uintptr_t)data, .iov_len = len };
}

static char *copy_reply(const struct store_reply *r, size_t *len)
{
    char *out = malloc(r->len + 1);

    if (out != NULL) {
        memcpy(out, r->data, r->len);
        out[r->len] = '\0';
        if (len != NULL) {
            *len = r->len;
        }
    }
    return out;
}

char *xyl_store_read(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *len)
{
    struct store_reply r;
    int rc = store_request_str(s, XS_READ, tx, path, &r);

    return rc != 0 ? null_with(rc) : copy_reply(&r, len);
}

int xyl_store_read_uint(struct xyl_store *s, xyl_store_tx tx, const char *path, uint64_t *value)
{
    size_t len;
    char *text = xyl_store_read(s, tx, path, &len), *end;
    int rc = -EINVAL;

    if (text == NULL) {
        return -errno;
    }
    if (len > 0 && text[0] >= '0' && text[0] <= '9') {
        errno = 0;
        *value = strtoull(text, &end, 10);
        rc = errno == 0 && *end == '\0' ? 0 : -EINVAL;
    }
    free(text);
    return rc;
}

/* A directory too long for one message comes in parts that carry its generation. */
static int directory_parts(struct xyl_store *s, xyl_store_tx tx, const char *path, char **names,
                           size_t *len)
{
    char offset[24], gen[24] = "";
    struct iovec iov[2] = { piece(path, strlen(path) + 1) };
    struct store_reply r;
    char *all = NULL, *more;
    size_t have = 0, glen;
    int rc;

    for (;;) {
        iov[1] = piece(offset, (size_t)snprintf(offset, sizeof(offset), "%zu", have) + 1);
        rc = store_request(s, XS_DIRECTORY_PART, tx, iov, 2, &r);
        if (rc != 0) {
            break;
        }
        glen = strnlen(r.data, r.len);
        if (glen >= sizeof(gen) || glen == r.len) {
            rc = -EIO;
            break;
        }
        if (have > 0 && strcmp(gen, r.data) != 0) {
            have = 0; /* it changed under us: once more from the start */
            continue;
        }
        memcpy(gen, r.data, glen + 1);
        r.data += glen + 1;
        r.len -= glen + 1;
        more = realloc(all, have + r.len + 1);
        if (more == NULL) {
            rc = -ENOMEM;
            break;
        }
        all = more;
        memcpy(all + have, r.data, r.len);
        have += r.len;
        if (r.len == 0 || (r.len == 1 && r.data[0] == '\0') ||
            (r.len >= 2 && r.data[r.len - 1] == '\0' && r.data[r.len - 2] == '\0')) {
            *names = all;
            *len = r.len > 0 ? have - 1 : have;
            return 0;
        }
    }
    free(all);
    return rc;
}

/* NUL-ended names to an array of pointers in front of a copy of them. */
static char **split_names(const char *names, size_t len, size_t *nr)
{
    size_t count = 0;
    char **out, *text;

    if (len > 0 && names[len - 1] != '\0') {
        return null_with(-EIO);
    }
    for (size_t i = 0; i < len; i++) {
        count += names[i] == '\0';
    }
    out = malloc((count + 1) * sizeof(*out) + len);
    if (out == NULL) {
        return NULL;
    }
    text = (char *)(out + count + 1);
    memcpy(text, names, len);
    for (size_t i = 0; i < count; i++, text += strlen(text) + 1) {
        out[i] = text;
    }
    out[count] = NULL;
    if (nr != NULL) {
        *nr = count;
    }
    return out;
}

char **xyl_store_directory(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *nr)
{
    struct store_reply r;
    char *all, **out;
    size_t len;
    int rc = store_request_str(s, XS_DIRECTORY, tx, path, &r);

    if (rc == 0) {
        return split_names(r.data, r.len, nr);
    }
    if (rc != -E2BIG) {
        return null_with(rc);
    }
    rc = directory_parts(s, tx, path, &all, &len);
    if (rc != 0) {
        return null_with(rc);
    }
    out = split_names(all, len, nr);
    free(all);
    return out;
}

int xyl_store_write(struct xyl_store *s, xyl_store_tx tx, const char *path, const void *data,
                    size_t len)
{
    struct iovec iov[2] = { piece(path, strlen(path) + 1), piece(data, len) };

    return store_request(s, XS_WRITE, tx, iov, 2, NULL);
}

int xyl_store_write_str(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *value)
{
    return xyl_store_write(s, tx, path, value, strlen(value));
}

int xyl_store_write_fmt(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *fmt,
                        ...)
{
    char value[XENSTORE_PAYLOAD_MAX];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(value)) {
        return -E2BIG;
    }
    return xyl_store_write(s, tx, path, value, (size_t)n);
}

int xyl_store_mkdir(struct xyl_store *s, xyl_store_tx tx, const char *path)
{
    return store_request_str(s, XS_MKDIR, tx, path, NULL);
}

int xyl_store_rm(struct xyl_store *s, xyl_store_tx tx, const char *path)
{
    return store_request_str(s, XS_RM, tx, path, NULL);
}

static bool parse_perm(const char *text, struct xyl_store_perm *perm)
{
    static const char letters[] = "nrwb";
    const char *letter = text[0] != '\0' ? strchr(letters, text[0]) : NULL;
    unsigned long id;
    char *end;

    if (letter == NULL || text[1] < '0' || text[1] > '9') {
        return false;
    }
    id = strtoul(text + 1, &end, 10);
    if (*end != '\0' || id > UINT16_MAX) {
        return false;
    }
    perm->domid = (unsigned int)id;
    perm->rights = (unsigned int)(letter - letters);
    return true;
}

struct xyl_store_perm *xyl_store_get_perms(struct xyl_store *s, xyl_store_tx tx, const char *path,
                                           size_t *nr)
{
    struct xyl_store_perm *out;
    struct store_reply r;
    char **texts;
    size_t count;
    int rc = store_request_str(s, XS_GET_PERMS, tx, path, &r);

    if (rc != 0) {
        return null_with(rc);
    }
    texts = split_names(r.data, r.len, &count);
    if (texts == NULL) {
        return NULL;
    }
    out = calloc(count + 1, sizeof(*out));
    for (size_t i = 0; out != NULL && i < count; i++) {
        if (!parse_perm(texts[i], &out[i])) {
            free(out);
            free(texts);
            return null_with(-EIO);
        }
    }
    free(texts);
    *nr = count;
    return out;
}

int xyl_store_set_perms(struct xyl_store *s, xyl_store_tx tx, const char *path,
                        const struct xyl_store_perm *perms, size_t nr)
{
    char text[XENSTORE_PAYLOAD_MAX];
    struct iovec iov[2] = { piece(path, strlen(path) + 1) };
    size_t len = 0;

    for (size_t i = 0; i < nr; i++) {
        if (perms[i].rights > 3 || len + 16 > sizeof(text)) {
            return -EINVAL;
        }
        len += (size_t)sprintf(text + len, "%c%u", "nrwb"[perms[i].rights], perms[i].domid) + 1;
    }
    iov[1] = piece(text, len);
    return store_request(s, XS_SET_PERMS, tx, iov, 2, NULL);
}

int xyl_store_tx_start(struct xyl_store *s, xyl_store_tx *tx)
{
    struct store_reply r;
    int rc = store_request_str(s, XS_TRANSACTION_START, 0, "", &r);

    if (rc != 0) {
        return rc;
    }
    if (r.len == 0 || r.data[r.len - 1] != '\0') {
        return -EIO;
    }
    *tx = (xyl_store_tx)strtoul(r.data, NULL, 10);
    rc = *tx != 0 ? store_keep_tx(s, *tx) : -EIO;
    if (rc == -ENOMEM) {
        struct iovec drop = piece("F", 2);

        store_request_once(s, XS_TRANSACTION_END, *tx, &drop, 1, NULL);
    }
    return rc;
}

int xyl_store_tx_end(struct xyl_store *s, xyl_store_tx tx, bool abort)
{
    int rc = store_request_str(s, XS_TRANSACTION_END, tx, abort ? "F" : "T", NULL);

    store_drop_tx(s, tx);
    return abort && rc == -EAGAIN ? 0 : rc;
}

int xyl_store_transact(struct xyl_store *s,
                       int (*fn)(struct xyl_store *s, xyl_store_tx tx, void *arg), void *arg)
{
    unsigned int before = s->connections, left = TX_TRIES;
    xyl_store_tx tx;
    int rc, end;

    do {
        if (s->connections - before >= STORE_LOST_MAX) {
            return -EIO; /* something in it may be what the daemon dies of */
        }
        rc = xyl_store_tx_start(s, &tx);
        if (rc != 0) {
            return rc;
        }
        rc = fn(s, tx, arg);
        end = xyl_store_tx_end(s, tx, rc != 0);
    } while ((rc == -EAGAIN || (rc == 0 && end == -EAGAIN)) && --left > 0);
    return rc != 0 ? rc : end;
}

static int domain_request(struct xyl_store *s, enum xsd_sockmsg_type type, unsigned int domid,
                          struct store_reply *reply)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", domid);
    return store_request_str(s, type, 0, text, reply);
}

int xyl_store_introduce(struct xyl_store *s, unsigned int domid, uint64_t gfn, unsigned int port)
{
    char d[16], g[24], p[16];
    struct iovec iov[3] = {
        piece(d, (size_t)snprintf(d, sizeof(d), "%u", domid) + 1),
        piece(g, (size_t)snprintf(g, sizeof(g), "%" PRIu64, gfn) + 1),
        piece(p, (size_t)snprintf(p, sizeof(p), "%u", port) + 1),
    };

    return store_request(s, XS_INTRODUCE, 0, iov, 3, NULL);
}

int xyl_store_release(struct xyl_store *s, unsigned int domid)
{
    return domain_request(s, XS_RELEASE, domid, NULL);
}

int xyl_store_resume(struct xyl_store *s, unsigned int domid)
{
    return domain_request(s, XS_RESUME, domid, NULL);
}

int xyl_store_set_target(struct xyl_store *s, unsigned int domid, unsigned int target)
{
    char d[16], t[16];
    struct iovec iov[2] = {
        piece(d, (size_t)snprintf(d, sizeof(d), "%u", domid) + 1),
        piece(t, (size_t)snprintf(t, sizeof(t), "%u", target) + 1),
    };

    return store_request(s, XS_SET_TARGET, 0, iov, 2, NULL);
}

int xyl_store_is_introduced(struct xyl_store *s, unsigned int domid)
{
    struct store_reply r;
    int rc = domain_request(s, XS_IS_DOMAIN_INTRODUCED, domid, &r);

    return rc != 0 ? rc : r.len > 0 && r.data[0] == 'T';
}

char *xyl_store_domain_path(struct xyl_store *s, unsigned int domid)
{
    struct store_reply r;
    int rc = domain_request(s, XS_GET_DOMAIN_PATH, domid, &r);

    return rc != 0 ? null_with(rc) : copy_reply(&r, NULL);
}

int xyl_store_reset_watches(struct xyl_store *s)
{
    while (s->watches != NULL) {
        store_drop_watch(s, s->watches->path, s->watches->token);
    }
    return store_request_str(s, XS_RESET_WATCHES, 0, "", NULL);
}
