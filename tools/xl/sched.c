/* SPDX-License-Identifier: GPL-2.0-only */
/* xl sched-credit2, and the answer to who asks for another scheduler. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_json.h"

#define POOL "Pool-0"

static int check_scheduler(struct xyl_ctrl *ctrl, struct xyl_err *err)
{
    uint32_t id;
    int rc = xyl_ctrl_sched_id(ctrl, &id);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor for its scheduler");
    }
    return id == XEN_SCHEDULER_CREDIT2 ? 0 :
           xyl_fail(err, -EOPNOTSUPP, "the hypervisor's scheduler is not credit2; \"xl info\" "
                    "tells which it is");
}

static int print_domain(struct xl *xl, struct xyl_json *json, uint32_t domid,
                        struct xyl_err *err)
{
    char *name = xyl_domain_name(xl->light, domid);
    struct xyl_sched_params params = { 0, 0 };
    int rc = xyl_ctrl_sched_get(xyl_light_ctrl(xl->light, err), domid, XEN_SCHEDULER_CREDIT2,
                                &params);

    if (rc < 0) {
        free(name);
        /* Gone since it was listed. */
        return rc == -ESRCH ? 0 : xyl_fail_sys(err, rc, "cannot read the weight of domain %u",
                                               domid);
    }
    if (json == NULL) {
        printf("%-33s %4u %6u %4u\n", name != NULL ? name : "(null)", domid, params.weight,
               params.cap);
    } else {
        xyl_json_object(json);
        xyl_json_key_text(json, "name", name != NULL ? name : "(null)");
        xyl_json_key_number(json, "domid", domid);
        xyl_json_key_number(json, "weight", params.weight);
        xyl_json_key_number(json, "cap", params.cap);
        xyl_json_object_end(json);
    }
    free(name);
    return 0;
}

static int print_all(struct xl *xl, struct xyl_json *json, struct xyl_err *err)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(xl->light, &nr, err);
    int rc = all != NULL ? 0 : -ENODEV;

    for (size_t i = 0; rc == 0 && i < nr; i++) {
        rc = print_domain(xl, json, all[i].domain, err);
    }
    free(all);
    return rc;
}

static int print_pool(struct xl *xl, struct xyl_err *err)
{
    uint32_t us;
    int rc = xyl_ctrl_ratelimit(xyl_light_ctrl(xl->light, err), 0, false, &us);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor for its rate limit");
    }
    printf("Cpupool %s: ratelimit=%uus\n", POOL, us);
    return 0;
}

static int show(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_json json;
    bool as_json = args->flag['j'];
    uint32_t domid;
    int rc = 0;

    if (as_json) {
        xyl_json_start(&json, stdout);
        xyl_json_array(&json);
    } else {
        if (!args->flag['d']) {
            rc = print_pool(xl, err);
        }
        if (rc == 0) {
            printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
        }
    }
    if (rc == 0 && args->flag['d']) {
        rc = xyl_domain_find(xl->light, args->value['d'], &domid, err);
        rc = rc == 0 ? print_domain(xl, as_json ? &json : NULL, domid, err) : rc;
    } else if (rc == 0) {
        rc = print_all(xl, as_json ? &json : NULL, err);
    }
    if (as_json) {
        xyl_json_array_end(&json);
        xyl_json_end(&json);
    }
    return rc;
}

static int set(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    struct xyl_sched_params params;
    unsigned long number;
    uint32_t domid;
    int rc;

    if (!args->flag['d']) {
        return xyl_fail(err, -EINVAL, "-w and -c belong to one domain: name it with -d");
    }
    rc = xyl_domain_find(xl->light, args->value['d'], &domid, err);
    if (rc == 0) {
        rc = xyl_ctrl_sched_get(ctrl, domid, XEN_SCHEDULER_CREDIT2, &params);
    }
    if (rc == 0 && args->flag['w']) {
        rc = xl_number(args->value['w'], 1, 65535, "weight", &number, err);
        params.weight = (uint16_t)number;
    }
    if (rc == 0 && args->flag['c']) {
        rc = xl_number(args->value['c'], 0, 65535, "cap", &number, err);
        params.cap = (uint16_t)number;
    }
    if (rc == 0 && !xl_dry_run(xl, "give domain %u weight %u and cap %u", domid, params.weight,
                               params.cap)) {
        rc = xyl_ctrl_sched_set(ctrl, domid, XEN_SCHEDULER_CREDIT2, &params);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "the scheduler refuses weight and cap of domain %s",
                                      args->value['d']);
}

/* -s: of the pool, not of a domain. */
static int schedparam(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    unsigned long us;
    uint32_t value;
    int rc;

    if (args->flag['d'] || args->flag['w'] || args->flag['c']) {
        return xyl_fail(err, -EINVAL, "-s is about the pool; it goes with -p and -r alone");
    }
    if (!args->flag['r']) {
        return print_pool(xl, err);
    }
    rc = xl_number(args->value['r'], 0, 500000, "rate limit in microseconds", &us, err);
    if (rc < 0 || xl_dry_run(xl, "set the rate limit to %lu microseconds", us)) {
        return rc;
    }
    value = (uint32_t)us;
    rc = xyl_ctrl_ratelimit(xyl_light_ctrl(xl->light, err), 0, true, &value);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "the scheduler refuses a rate limit of %lu "
                                      "microseconds", us);
}

int xl_sched_credit2(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    int rc = ctrl == NULL || xyl_light_store(xl->light, err) == NULL ? -ENODEV :
             check_scheduler(ctrl, err);

    if (rc < 0) {
        return rc;
    }
    if (args->flag['p'] && strcmp(args->value['p'], POOL) != 0 &&
        strcmp(args->value['p'], "0") != 0) {
        return xyl_fail(err, -ENOENT, "there is no CPU pool \"%s\"; all CPUs are in " POOL,
                        args->value['p']);
    }
    if (args->flag['r'] && !args->flag['s']) {
        return xyl_fail(err, -EINVAL, "-r is about the pool: say -s too");
    }
    if (args->flag['s']) {
        return schedparam(xl, args, err);
    }
    return args->flag['w'] || args->flag['c'] ? set(xl, args, err) : show(xl, args, err);
}

int xl_sched_credit(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    (void)xl;
    (void)args;
    return xyl_fail(err, -EOPNOTSUPP, "the hypervisor's scheduler is not credit but credit2; use "
                    "\"xl sched-credit2\"");
}
