/* SPDX-License-Identifier: GPL-2.0-only */
/* The first domain: created here, filled by pv_build_dom0(). */
#include <xen/cmdline.h>
#include <xen/dom0.h>
#include <xen/domain.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/smp.h>

#define GRANT_FRAMES    64
#define MAPTRACK_FRAMES 1024
#define DOM0_MAX_VCPUS  8192

/* dom0_max_vcpus=N or MIN-MAX; without: one for each CPU. */
static unsigned int min_vcpus __initdata = 1, max_vcpus __initdata = DOM0_MAX_VCPUS;

static int __init parse_max_vcpus(const char *value)
{
    const char *end;
    uint64_t lo = 1, hi = DOM0_MAX_VCPUS;

    if (*value != '-') {
        lo = hi = str_to_u64(value, &end, 10);
        if (end == value) {
            return -EINVAL;
        }
        value = end;
    }
    if (*value == '-') {
        hi = DOM0_MAX_VCPUS;
        value++;
        if (*value != '\0') {
            hi = str_to_u64(value, &end, 10);
            value = end;
        }
    }
    if (*value != '\0' || lo < 1 || hi < lo || hi > DOM0_MAX_VCPUS) {
        return -EINVAL;
    }
    min_vcpus = (unsigned int)lo;
    max_vcpus = (unsigned int)hi;
    return 0;
}
PARAM_CUSTOM("dom0_max_vcpus", parse_max_vcpus);

static unsigned int __init nr_vcpus(void)
{
    unsigned int nr = min(smp_wanted_cpus(), max_vcpus);

    return max(nr, min_vcpus);
}

void __init dom0_create(const struct boot_info *bi)
{
    const struct xen_domctl_createdomain config = {
        .max_vcpus = nr_vcpus(),
        .max_evtchn_port = -1,
        .max_grant_frames = GRANT_FRAMES,
        .max_maptrack_frames = MAPTRACK_FRAMES,
        .grant_opts = XEN_DOMCTL_GRANT_version(2),
    };
    struct domain *d;
    int rc;

    d = domain_create(0, &config, true, &rc);
    if (d == NULL) {
        panic("dom0: could not be created (%d)\n", rc);
    }
    hardware_domain = d;
    for (unsigned int i = 0; i < config.max_vcpus; i++) {
        if (vcpu_create(d, i) == NULL) {
            panic("dom0: no memory for vcpu %u of %u: fewer with dom0_max_vcpus=\n", i,
                  config.max_vcpus);
        }
    }
    if (arch_dom0_rights(d) != 0) {
        panic("dom0: no memory for its rights to devices\n");
    }
    pr_info("Dom0 has maximum %u VCPUs\n", config.max_vcpus);
    pv_build_dom0(d, bi);
    d->controller_pause_count = 0;      /* boot unpauses it, no toolstack does */
    d->creation_finished = true;
}
