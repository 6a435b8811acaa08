/* SPDX-License-Identifier: GPL-2.0-only */
/* Verbs that stop domains and let them go on. */
#include "xl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int xl_destroy(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    if (args->domid == 0 && args->flag['f']) {
        return xyl_fail(err, -EINVAL, "even -f does not destroy domain 0: it runs this command; "
                        "power the machine off instead");
    }
    if (xl_dry_run(xl, "destroy domain %u", args->domid)) {
        return 0;
    }
    return xyl_domain_destroy(xl->light, args->domid, err);
}

int xl_pause(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    return xl_dry_run(xl, "pause domain %u", args->domid) ? 0 :
           xyl_domain_pause(xl->light, args->domid, err);
}

int xl_unpause(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    return xl_dry_run(xl, "unpause domain %u", args->domid) ? 0 :
           xyl_domain_unpause(xl->light, args->domid, err);
}

int xl_rename(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    return xl_dry_run(xl, "rename domain %u to %s", args->domid, args->words[1]) ? 0 :
           xyl_domain_rename(xl->light, args->domid, args->words[1], err);
}

int xl_dump_core(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    char *path = args->nr > 1 ? strdup(args->words[1]) : NULL;
    int rc = args->nr > 1 ? path != NULL ? 0 : xyl_fail_sys(err, -ENOMEM, "no memory") :
             xyl_dump_path(xl->light, args->domid, &path, err);

    if (rc == 0 && !xl_dry_run(xl, "dump domain %u to %s", args->domid, path)) {
        if (args->nr == 1) {
            xyl_dump_folder();
        }
        rc = xyl_domain_dump_core(xl->light, args->domid, path, args->flag['f'], err);
    }
    free(path);
    return rc;
}

static int request_one(struct xl *xl, uint32_t domid, const char *what, bool wait,
                       struct xyl_err *err)
{
    int rc;

    if (xl_dry_run(xl, "ask domain %u to %s", domid, what)) {
        return 0;
    }
    xl_log(xl, 0, "Asking domain %u to %s", domid, what);
    rc = xyl_domain_request(xl->light, domid, what, err);
    if (rc == 0 && wait && isatty(STDERR_FILENO)) {
        xl_log(xl, 0, "Waiting for domain %u to end", domid);
    }
    return rc == 0 && wait ? xyl_domain_wait_end(xl->light, domid, err) : rc;
}

/* All guests: first each is asked, then all are waited for. */
static int request_all(struct xl *xl, const char *what, bool wait, struct xyl_err *err)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(xl->light, &nr, err);
    int rc = all != NULL ? 0 : -ENODEV, first = 0;

    for (size_t i = 0; rc == 0 && i < nr; i++) {
        if (all[i].domain != 0 && !(all[i].flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown))) {
            int one = request_one(xl, all[i].domain, what, false, err);

            first = first == 0 ? one : first;
        }
    }
    for (size_t i = 0; rc == 0 && wait && !xl->dry_run && i < nr; i++) {
        if (all[i].domain != 0) {
            rc = xyl_domain_wait_end(xl->light, all[i].domain, err);
        }
    }
    free(all);
    return rc == 0 ? first : rc;
}

static int request(struct xl *xl, const struct xl_args *args, const char *what,
                   struct xyl_err *err)
{
    if (args->flag['a']) {
        return request_all(xl, what, args->flag['w'], err);
    }
    return request_one(xl, args->domid, what, args->flag['w'], err);
}

int xl_shutdown(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    return request(xl, args, "poweroff", err);
}

int xl_reboot(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    return request(xl, args, "reboot", err);
}
