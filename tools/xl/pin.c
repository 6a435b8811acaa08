/* SPDX-License-Identifier: GPL-2.0-only */
/* xl vcpu-pin. */
#include "xl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where vCPUs shall run; NULL leaves a map as it is. */
struct pin {
    uint32_t domid, nr_cpus;
    uint8_t *hard, *soft;
    bool force;
};

static int pin_one(struct xyl_ctrl *ctrl, const struct pin *pin, uint32_t vcpu)
{
    int rc = 0;

    if (pin->force && pin->hard != NULL) {
        rc = xyl_ctrl_vcpu_force_affinity(ctrl, pin->domid, vcpu, pin->nr_cpus, pin->hard);
    }
    return rc == 0 ? xyl_ctrl_vcpu_set_affinity(ctrl, pin->domid, vcpu, pin->nr_cpus, pin->hard,
                                                pin->soft) : rc;
}

/* One vCPU, or all that the domain has. */
static int pin_vcpus(struct xyl_ctrl *ctrl, const struct pin *pin, const char *which,
                     struct xyl_err *err)
{
    xyl_domain_info info = { .max_vcpu_id = 0 };
    unsigned long first = 0, last = 0;
    int rc = xyl_ctrl_domain_info(ctrl, pin->domid, &info);

    if (rc == 0 && info.max_vcpu_id != XEN_INVALID_MAX_VCPU_ID) {
        last = info.max_vcpu_id;
    }
    if (rc == 0 && strcmp(which, "all") != 0) {
        rc = xl_number(which, 0, last, "vCPU of the domain, nor \"all\"", &first, err);
        last = first;
    }
    for (unsigned long vcpu = first; rc == 0 && vcpu <= last; vcpu++) {
        rc = pin_one(ctrl, pin, (uint32_t)vcpu);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "domain %u: cannot pin vCPU %s", pin->domid, which);
}

/* "-" leaves the map as it is. */
static int read_map(struct xl *xl, const char *text, uint32_t nr_cpus, uint8_t **map,
                    struct xyl_err *err)
{
    if (strcmp(text, "-") == 0) {
        return 0;
    }
    *map = calloc(1, nr_cpus / 8 + 1);
    return *map != NULL ? xyl_host_cpus(xl->light, text, nr_cpus, *map, err) :
           xyl_fail(err, -ENOMEM, "out of memory");
}

int xl_vcpu_pin(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    struct pin pin = { .domid = args->domid, .force = args->flag['f'] };
    struct xen_sysctl_physinfo host;
    int rc = ctrl == NULL ? -ENODEV : xyl_ctrl_physinfo(ctrl, &host);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor about the machine");
    }
    pin.nr_cpus = host.max_cpu_id + 1;
    rc = read_map(xl, args->words[2], pin.nr_cpus, &pin.hard, err);
    if (rc == 0 && args->nr > 3) {
        rc = read_map(xl, args->words[3], pin.nr_cpus, &pin.soft, err);
    }
    if (rc == 0 && pin.hard == NULL && pin.soft == NULL) {
        rc = xyl_fail(err, -EINVAL, "\"-\" for both leaves all as it is; name CPUs for one");
    }
    if (rc == 0 && !xl_dry_run(xl, "pin vCPU %s of domain %u to CPUs %s, softly to %s",
                               args->words[1], pin.domid, args->words[2],
                               args->nr > 3 ? args->words[3] : "-")) {
        rc = pin_vcpus(ctrl, &pin, args->words[1], err);
    }
    free(pin.hard);
    free(pin.soft);
    return rc;
}
