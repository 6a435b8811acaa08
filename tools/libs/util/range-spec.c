/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the machine a domain may use: ioports=[...], iomem=[...], irqs=[...]. */
#include "xyl_spec.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX  0xffffu
#define FRAME_MAX ((1ull << 40) - 1)    /* 52 bits of address */
#define IRQ_MAX   ((uint64_t)INT32_MAX)

/* A text that is being read: what is wrong is wrong at @pos. */
struct reader {
    const char *pos;
    struct xyl_err *err;
};

/* A number of @base, at most @max. */
static int read_number(struct reader *r, int base, uint64_t max, const char *what,
                       uint64_t *number)
{
    bool good = base == 16 ? isxdigit((unsigned char)*r->pos) : isdigit((unsigned char)*r->pos);
    char *end;

    errno = 0;
    *number = good ? strtoull(r->pos, &end, base) : 0;
    if (!good) {
        return xyl_fail(r->err, -EINVAL, "expected %s%s", what,
                        base == 16 ? " in hexadecimal digits" : "");
    }
    if (errno != 0 || *number > max) {
        return xyl_fail(r->err, -EINVAL, base == 16 ? "%s is out of range: 0 to %" PRIx64 :
                        "%s is out of range: 0 to %" PRIu64, what, max);
    }
    r->pos = end;
    return 0;
}

static int read_end(struct reader *r, const char *after)
{
    return *r->pos == '\0' ? 0 : xyl_fail(r->err, -EINVAL, "unexpected \"%s\" behind %s", r->pos,
                                         after);
}

/* "2f8" or "2f8-2ff". */
static int read_ports(struct reader *r, struct xyl_range *range)
{
    const char *second;
    int rc = read_number(r, 16, PORT_MAX, "a port", &range->first);

    range->last = range->first;
    if (rc == 0 && *r->pos == '-') {
        second = ++r->pos;
        rc = read_number(r, 16, PORT_MAX, "a port", &range->last);
        if (rc == 0 && range->last < range->first) {
            r->pos = second;
            return xyl_fail(r->err, -EINVAL, "the last port is below the first, %" PRIx64,
                            range->first);
        }
    }
    return rc == 0 ? read_end(r, "the port") : rc;
}

/* "fee00,1", and "@fee00" behind it, which says nothing to a PV guest: it maps frames itself. */
static int read_frames(struct reader *r, struct xyl_range *range)
{
    const char *start = r->pos;
    uint64_t nr = 0, gfn;
    int rc = read_number(r, 16, FRAME_MAX, "a frame number", &range->first);

    if (rc == 0 && *r->pos != ',') {
        rc = xyl_fail(r->err, -EINVAL, "the number of frames is missing, as in %.*s,1",
                      (int)(r->pos - start), start);
    }
    if (rc == 0) {
        start = ++r->pos;
        rc = read_number(r, 16, FRAME_MAX + 1, "a number of frames", &nr);
    }
    if (rc == 0 && (nr == 0 || nr - 1 > FRAME_MAX - range->first)) {
        r->pos = start;
        return xyl_fail(r->err, -EINVAL, "%s", nr == 0 ? "no frame at all" :
                        "so many frames end beyond the last one");
    }
    range->last = range->first + nr - 1;
    if (rc == 0 && *r->pos == '@') {
        start = ++r->pos;
        rc = read_number(r, 16, FRAME_MAX, "a frame number", &gfn);
        if (rc == 0 && gfn != range->first) {
            r->pos = start;
            return xyl_fail(r->err, -EOPNOTSUPP, "a PV guest has device memory at its own place "
                            "only; leave @%" PRIx64 " out", gfn);
        }
    }
    return rc == 0 ? read_end(r, "the frames") : rc;
}

static int read_irq(struct reader *r, struct xyl_range *range)
{
    int rc = read_number(r, 10, IRQ_MAX, "the number of an interrupt", &range->first);

    range->last = range->first;
    return rc == 0 ? read_end(r, "the number") : rc;
}

static int parse(const char *text, int (*read)(struct reader *r, struct xyl_range *range),
                 struct xyl_range *range, size_t *at, struct xyl_err *err)
{
    struct reader r = { .pos = text, .err = err };
    int rc = read(&r, range);

    if (rc < 0 && at != NULL) {
        *at = (size_t)(r.pos - text);
    }
    return rc;
}

int xyl_ioports_parse(const char *text, struct xyl_range *range, size_t *at, struct xyl_err *err)
{
    return parse(text, read_ports, range, at, err);
}

int xyl_iomem_parse(const char *text, struct xyl_range *range, size_t *at, struct xyl_err *err)
{
    return parse(text, read_frames, range, at, err);
}

int xyl_irq_parse(const char *text, struct xyl_range *range, size_t *at, struct xyl_err *err)
{
    return parse(text, read_irq, range, at, err);
}

char *xyl_ioports_text(const struct xyl_range *range)
{
    char *text;

    return asprintf(&text, "%" PRIx64 "-%" PRIx64, range->first, range->last) < 0 ? NULL : text;
}

char *xyl_iomem_text(const struct xyl_range *range)
{
    char *text;

    return asprintf(&text, "%" PRIx64 ",%" PRIx64, range->first,
                    range->last - range->first + 1) < 0 ? NULL : text;
}
