/* SPDX-License-Identifier: GPL-2.0-only */
/* Building a PV domain: the order of the steps. */
#include "guest-private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void guest_log(const struct guest *g, const char *fmt, ...)
{
    char line[400];
    va_list ap;

    if (g->spec->log != NULL) {
        va_start(ap, fmt);
        vsnprintf(line, sizeof(line), fmt, ap);
        va_end(ap);
        xyl_plain(line);
        g->spec->log(g->spec->log_ctx, line);
    }
}

static int ramdisk_open(struct guest *g, int *fd, uint64_t *size)
{
    struct stat st;

    *fd = -1;
    *size = 0;
    if (g->spec->ramdisk == NULL) {
        return 0;
    }
    *fd = open(g->spec->ramdisk, O_RDONLY | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &st) < 0) {
        return xyl_fail_sys(g->err, -errno, "cannot open the ramdisk %s", g->spec->ramdisk);
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        return xyl_fail(g->err, -EINVAL, "ramdisk %s: not a file, or empty", g->spec->ramdisk);
    }
    *size = (uint64_t)st.st_size;
    return 0;
}

static int build(struct guest *g)
{
    uint64_t ramdisk_size;
    int ramdisk_fd, rc = ramdisk_open(g, &ramdisk_fd, &ramdisk_size);

    if (rc == 0) {
        rc = guest_populate(g);
    }
    if (rc == 0) {
        guest_log(g, "memory: %" PRIu64 " pages", g->spec->nr_pages);
        rc = guest_reset_shared_info(g);
    }
    if (rc == 0) {
        rc = guest_fill(g, ramdisk_fd, ramdisk_size);
    }
    if (ramdisk_fd >= 0) {
        close(ramdisk_fd);
    }
    return rc == 0 ? guest_bring_alive(g) : rc;
}

int xyl_guest_build(struct xyl_ctrl *ctrl, const struct xyl_guest_spec *spec,
                    struct xyl_guest_result *result, struct xyl_err *err)
{
    struct guest g = { .ctrl = ctrl, .spec = spec, .err = err };
    int rc = build(&g);

    if (rc == 0) {
        result->store_mfn = g.p2m[g.layout.store_pfn];
        result->console_mfn = g.p2m[g.layout.console_pfn];
    }
    free(g.p2m);
    return rc;
}
