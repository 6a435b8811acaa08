/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding domains by number and name. */
#include "light-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_STEP 64u

xyl_domain_info *xyl_domains(struct xyl_light *light, size_t *nr, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    xyl_domain_info *all = NULL;
    uint32_t first = 0;
    int got;

    *nr = 0;
    if (ctrl == NULL) {
        return NULL;
    }
    do {
        xyl_domain_info *more = realloc(all, (*nr + LIST_STEP) * sizeof(*all));

        if (more == NULL) {
            free(all);
            xyl_fail(err, -ENOMEM, "out of memory");
            return NULL;
        }
        all = more;
        got = xyl_ctrl_domain_list(ctrl, first, LIST_STEP, all + *nr);
        if (got < 0) {
            free(all);
            xyl_fail_sys(err, got, "cannot list the domains");
            return NULL;
        }
        *nr += (size_t)got;
        first = got > 0 ? all[*nr - 1].domain + 1u : first;
    } while (got == (int)LIST_STEP);
    return all;
}

char *xyl_domain_name(struct xyl_light *light, uint32_t domid)
{
    struct xyl_store *store = xyl_light_store(light, NULL);
    char path[LIGHT_PATH];

    if (store == NULL) {
        return NULL;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    return xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
}

static int find_number(struct xyl_light *light, const char *who, uint32_t *domid,
                       struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    xyl_domain_info info;
    unsigned long number;
    int rc;

    if (ctrl == NULL) {
        return -ENODEV;
    }
    errno = 0;
    number = strtoul(who, NULL, 10);
    rc = errno != 0 || number >= DOMID_FIRST_RESERVED ? -ESRCH :
         xyl_ctrl_domain_info(ctrl, (uint32_t)number, &info);
    if (rc == -ESRCH) {
        return xyl_fail(err, rc, "there is no domain with the number %s", who);
    }
    *domid = (uint32_t)number;
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "domain %s", who);
}

int xyl_domain_find(struct xyl_light *light, const char *who, uint32_t *domid,
                    struct xyl_err *err)
{
    xyl_domain_info *all;
    size_t nr;
    int rc = -ESRCH;

    if (who[0] != '\0' && strspn(who, "0123456789") == strlen(who)) {
        return find_number(light, who, domid, err);
    }
    if (xyl_light_store(light, err) == NULL) {
        return -ENOTCONN;
    }
    all = xyl_domains(light, &nr, err);
    if (all == NULL) {
        return -ENODEV;
    }
    for (size_t i = 0; rc != 0 && i < nr; i++) {
        char *name = xyl_domain_name(light, all[i].domain);

        if (name != NULL && strcmp(name, who) == 0) {
            *domid = all[i].domain;
            rc = 0;
        }
        free(name);
    }
    free(all);
    return rc == 0 ? 0 : xyl_fail(err, rc, "there is no domain with the name \"%s\"", who);
}
