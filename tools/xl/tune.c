/* SPDX-License-Identifier: GPL-2.0-only */
/* Verbs that change a domain that runs: vCPUs, memory, keys, triggers, its kept configuration. */
#include "xl.h"

#include <errno.h>
#include <string.h>

#include "xyl_cfg.h"

#define MIB_OF(kib) ((long)(((kib) + 1023) / 1024))

/* What was done to a domain that runs shall not be undone by its reboot. */
static int keep_change(struct xl *xl, uint32_t domid, const struct xyl_config_change *change,
                       struct xyl_err *err)
{
    struct xyl_err why = XYL_ERR_INIT;
    int rc;

    xyl_light_reader(xl->light, xl_config_text_read);
    rc = xyl_domain_config_change(xl->light, domid, change, xyl_cfg_domain_text, &why);
    return rc == 0 ? 0 : xyl_fail(err, rc, "domain %u has it now, but a reboot will undo it: %s",
                                  domid, why.text);
}

int xl_vcpu_set(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    struct xen_sysctl_physinfo host;
    unsigned long nr;
    int rc = xl_number(args->words[1], 1, XYL_VCPUS_MAX, "number of vCPUs", &nr, err);

    if (rc == 0) {
        rc = ctrl == NULL ? -ENODEV : xyl_ctrl_physinfo(ctrl, &host);
    }
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor about the machine");
    }
    if (nr > host.nr_cpus && !args->flag['i']) {
        return xyl_fail(err, -EINVAL, "%lu vCPUs are more than the machine's %u CPUs and would "
                        "only take turns; -i does it all the same", nr, host.nr_cpus);
    }
    if (xl_dry_run(xl, "let domain %u have %lu vCPUs", args->domid, nr)) {
        return 0;
    }
    rc = xyl_domain_set_vcpus(xl->light, args->domid, (uint32_t)nr, err);
    return rc == 0 ? keep_change(xl, args->domid, &(struct xyl_config_change){
        (long)nr, XYL_UNSET, XYL_UNSET }, err) : rc;
}

int xl_mem_set(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    uint64_t kib;
    int rc = xl_memory_kib(args->words[1], &kib, err);

    if (rc < 0 || xl_dry_run(xl, "let domain %u have %llu KiB of memory", args->domid,
                             (unsigned long long)kib)) {
        return rc;
    }
    rc = xyl_domain_set_memory(xl->light, args->domid, kib, err);
    return rc == 0 ? keep_change(xl, args->domid, &(struct xyl_config_change){
        XYL_UNSET, MIB_OF(kib), XYL_UNSET }, err) : rc;
}

int xl_mem_max(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    uint64_t kib;
    int rc = xl_memory_kib(args->words[1], &kib, err);

    if (rc < 0 || xl_dry_run(xl, "limit domain %u to %llu KiB of memory", args->domid,
                             (unsigned long long)kib)) {
        return rc;
    }
    rc = xyl_domain_set_max_memory(xl->light, args->domid, kib, err);
    return rc == 0 ? keep_change(xl, args->domid, &(struct xyl_config_change){
        XYL_UNSET, XYL_UNSET, MIB_OF(kib) }, err) : rc;
}

int xl_sysrq(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    const char *key = args->words[1];

    if (strlen(key) != 1) {
        return xyl_fail(err, -EINVAL, "\"%s\" is no key: expected one letter, as in \"xl sysrq "
                        "guest h\"", key);
    }
    return xl_dry_run(xl, "press SysRq and %s on domain %u", key, args->domid) ? 0 :
           xyl_domain_sysrq(xl->light, args->domid, key[0], err);
}

int xl_trigger(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    static const char *const others[] = { "reset", "init", "power", "sleep", "s3resume", NULL };
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    const char *what = args->words[1];
    unsigned long vcpu = 0;
    int rc = args->nr > 2 ? xl_number(args->words[2], 0, XYL_VCPUS_MAX - 1, "vCPU", &vcpu, err) :
             0;

    for (size_t i = 0; others[i] != NULL; i++) {
        if (strcmp(what, others[i]) == 0) {
            return xyl_fail(err, -EOPNOTSUPP, "a PV guest takes no %s trigger, nmi only; \"xl "
                            "shutdown\" and \"xl reboot\" ask it", what);
        }
    }
    if (rc < 0 || ctrl == NULL) {
        return rc < 0 ? rc : -ENODEV;
    }
    if (strcmp(what, "nmi") != 0) {
        return xyl_fail(err, -EINVAL, "\"%s\" is no trigger; there is nmi", what);
    }
    if (xl_dry_run(xl, "send an NMI to vCPU %lu of domain %u", vcpu, args->domid)) {
        return 0;
    }
    rc = xyl_ctrl_trigger(ctrl, args->domid, XEN_DOMCTL_SENDTRIGGER_NMI, (uint32_t)vcpu);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "vCPU %lu of domain %u takes no NMI", vcpu,
                                      args->domid);
}
