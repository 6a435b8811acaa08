/* SPDX-License-Identifier: GPL-2.0-only */
/* xl vcpu-list. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool cpu_in(const uint8_t *map, unsigned int cpu)
{
    return map[cpu / 8] >> cpu % 8 & 1;
}

/* "all", "0-3,5" or "none". */
static void print_cpus(const uint8_t *map, unsigned int nr_cpus)
{
    unsigned int set = 0, first, cpu;
    const char *comma = "";

    for (cpu = 0; cpu < nr_cpus; cpu++) {
        set += cpu_in(map, cpu);
    }
    if (set == nr_cpus || set == 0) {
        printf("%s", set != 0 ? "all" : "none");
        return;
    }
    for (cpu = 0; cpu < nr_cpus; cpu++) {
        if (!cpu_in(map, cpu)) {
            continue;
        }
        for (first = cpu; cpu + 1 < nr_cpus && cpu_in(map, cpu + 1); cpu++) {
        }
        printf("%s%u", comma, first);
        if (cpu > first) {
            printf("-%u", cpu);
        }
        comma = ",";
    }
}

static int print_vcpu(struct xyl_ctrl *ctrl, const char *name, const xyl_domain_info *info,
                      uint32_t vcpu, uint32_t nr_cpus, uint8_t *maps)
{
    struct xen_domctl_getvcpuinfo v;
    size_t bytes = (nr_cpus + 7) / 8;
    int rc = xyl_ctrl_vcpu_info(ctrl, info->domain, vcpu, &v);

    if (rc == 0) {
        rc = xyl_ctrl_vcpu_get_affinity(ctrl, info->domain, vcpu, nr_cpus, maps, maps + bytes);
    }
    if (rc < 0) {
        /* A vCPU that was never made is not listed. */
        return rc == -ESRCH ? 0 : rc;
    }
    printf("%-32s %5u %5u", name, info->domain, vcpu);
    if (v.online) {
        printf(" %4u   %c%c-", v.cpu, v.running ? 'r' : '-', v.blocked ? 'b' : '-');
    } else {
        printf("    -   --p");
    }
    printf("  %8.1f  ", (double)v.cpu_time / 1e9);
    print_cpus(maps, nr_cpus);
    printf(" / ");
    print_cpus(maps + bytes, nr_cpus);
    putchar('\n');
    return 0;
}

static int print_domain(struct xl *xl, const xyl_domain_info *info, uint32_t nr_cpus,
                        struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    char *name = xyl_domain_name(xl->light, info->domain);
    uint8_t *maps = calloc(2, (nr_cpus + 7) / 8);
    int rc = maps != NULL ? 0 : -ENOMEM;

    for (uint32_t vcpu = 0; rc == 0 && info->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID &&
         vcpu <= info->max_vcpu_id; vcpu++) {
        rc = print_vcpu(ctrl, name != NULL ? name : "(null)", info, vcpu, nr_cpus, maps);
    }
    free(maps);
    free(name);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot list the vCPUs of domain %u",
                                      info->domain);
}

static int print_named(struct xl *xl, const char *word, uint32_t nr_cpus, struct xyl_err *err)
{
    xyl_domain_info info;
    uint32_t domid;
    int rc = xyl_domain_find(xl->light, word, &domid, err);

    if (rc == 0) {
        rc = xyl_ctrl_domain_info(xyl_light_ctrl(xl->light, err), domid, &info);
    }
    return rc == 0 ? print_domain(xl, &info, nr_cpus, err) :
           xyl_fail_sys(err, rc, "domain %s", word);
}

int xl_vcpu_list(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    struct xen_sysctl_physinfo host;
    xyl_domain_info *all;
    uint32_t nr_cpus;
    size_t nr;
    int rc = ctrl == NULL || xyl_light_store(xl->light, err) == NULL ? -ENODEV :
             xyl_ctrl_physinfo(ctrl, &host);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor about the machine");
    }
    nr_cpus = host.max_cpu_id + 1;
    printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)",
           "Affinity (Hard / Soft)");
    for (int i = 0; rc == 0 && i < args->nr; i++) {
        rc = print_named(xl, args->words[i], nr_cpus, err);
    }
    if (args->nr > 0) {
        return rc;
    }
    all = xyl_domains(xl->light, &nr, err);
    rc = all != NULL ? 0 : -ENODEV;
    for (size_t i = 0; rc == 0 && i < nr; i++) {
        rc = print_domain(xl, &all[i], nr_cpus, err);
    }
    free(all);
    return rc;
}
