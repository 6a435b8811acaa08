/* SPDX-License-Identifier: GPL-2.0-only */
/* xl vcpu-list. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_json.h"

/* What one run of the verb works with; json is NULL for rows. */
struct vcpus {
    struct xl *xl;
    struct xyl_json *json;
    bool lost;              /* a text that there was no memory for */
    uint32_t nr_cpus;
};

static bool cpu_in(const uint8_t *map, unsigned int cpu)
{
    return map[cpu / 8] >> cpu % 8 & 1;
}

/* "all", "0-3,5" or "none". */
static void put_cpus(FILE *out, const uint8_t *map, unsigned int nr_cpus)
{
    unsigned int set = 0, first, cpu;
    const char *comma = "";

    for (cpu = 0; cpu < nr_cpus; cpu++) {
        set += cpu_in(map, cpu);
    }
    if (set == nr_cpus || set == 0) {
        fprintf(out, "%s", set != 0 ? "all" : "none");
        return;
    }
    for (cpu = 0; cpu < nr_cpus; cpu++) {
        if (!cpu_in(map, cpu)) {
            continue;
        }
        for (first = cpu; cpu + 1 < nr_cpus && cpu_in(map, cpu + 1); cpu++) {
        }
        fprintf(out, "%s%u", comma, first);
        if (cpu > first) {
            fprintf(out, "-%u", cpu);
        }
        comma = ",";
    }
}

static void json_cpus(struct vcpus *l, const char *key, const uint8_t *map)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out != NULL) {
        put_cpus(out, map, l->nr_cpus);
        fclose(out);
    }
    l->lost = l->lost || text == NULL;
    xyl_json_key_text(l->json, key, text != NULL ? text : "");
    free(text);
}

static void json_vcpu(struct vcpus *l, const char *name, uint32_t domid,
                      const struct xen_domctl_getvcpuinfo *v, const uint8_t *maps)
{
    xyl_json_object(l->json);
    xyl_json_key_text(l->json, "name", name);
    xyl_json_key_number(l->json, "domid", domid);
    xyl_json_key_number(l->json, "vcpu", v->vcpu);
    xyl_json_key_bool(l->json, "online", v->online);
    xyl_json_key_bool(l->json, "running", v->running);
    xyl_json_key_bool(l->json, "blocked", v->blocked);
    xyl_json_key_number(l->json, "cpu", v->cpu);
    xyl_json_key_number(l->json, "cpu_time_ns", (long long)v->cpu_time);
    json_cpus(l, "hard_affinity", maps);
    json_cpus(l, "soft_affinity", maps + (l->nr_cpus + 7) / 8);
    xyl_json_object_end(l->json);
}

static void row_vcpu(struct vcpus *l, const char *name, uint32_t domid,
                     const struct xen_domctl_getvcpuinfo *v, const uint8_t *maps)
{
    printf("%-32s %5u %5u", name, domid, v->vcpu);
    if (v->online) {
        printf(" %4u   %c%c-", v->cpu, v->running ? 'r' : '-', v->blocked ? 'b' : '-');
    } else {
        printf("    -   --p");
    }
    printf("  %8.1f  ", (double)v->cpu_time / 1e9);
    put_cpus(stdout, maps, l->nr_cpus);
    printf(" / ");
    put_cpus(stdout, maps + (l->nr_cpus + 7) / 8, l->nr_cpus);
    putchar('\n');
}

static int show_vcpu(struct vcpus *l, const char *name, uint32_t domid, uint32_t vcpu,
                     uint8_t *maps)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(l->xl->light, NULL);
    struct xen_domctl_getvcpuinfo v;
    int rc = xyl_ctrl_vcpu_info(ctrl, domid, vcpu, &v);

    if (rc == 0) {
        rc = xyl_ctrl_vcpu_get_affinity(ctrl, domid, vcpu, l->nr_cpus, maps,
                                        maps + (l->nr_cpus + 7) / 8);
    }
    if (rc < 0) {
        /* A vCPU that was never made is not listed. */
        return rc == -ESRCH ? 0 : rc;
    }
    v.vcpu = vcpu;
    (l->json != NULL ? json_vcpu : row_vcpu)(l, name, domid, &v, maps);
    return 0;
}

static int show_domain(struct vcpus *l, const xyl_domain_info *info, struct xyl_err *err)
{
    char *name = xyl_domain_name(l->xl->light, info->domain);
    uint8_t *maps = calloc(2, (l->nr_cpus + 7) / 8);
    int rc = maps != NULL ? 0 : -ENOMEM;

    for (uint32_t vcpu = 0; rc == 0 && info->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID &&
         vcpu <= info->max_vcpu_id; vcpu++) {
        rc = show_vcpu(l, name != NULL ? name : "(null)", info->domain, vcpu, maps);
    }
    free(maps);
    free(name);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot list the vCPUs of domain %u",
                                      info->domain);
}

static int show_named(struct vcpus *l, const char *word, struct xyl_err *err)
{
    xyl_domain_info info;
    uint32_t domid;
    int rc = xyl_domain_find(l->xl->light, word, &domid, err);

    if (rc == 0) {
        rc = xyl_ctrl_domain_info(xyl_light_ctrl(l->xl->light, err), domid, &info);
    }
    return rc == 0 ? show_domain(l, &info, err) : xyl_fail_sys(err, rc, "domain %s", word);
}

static int show_all(struct vcpus *l, struct xyl_err *err)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(l->xl->light, &nr, err);
    int rc = all != NULL ? 0 : -ENODEV;

    for (size_t i = 0; rc == 0 && i < nr; i++) {
        rc = show_domain(l, &all[i], err);
    }
    free(all);
    return rc;
}

int xl_vcpu_list(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    struct vcpus l = { .xl = xl };
    struct xen_sysctl_physinfo host;
    struct xyl_json json;
    int rc = ctrl == NULL || xyl_light_store(xl->light, err) == NULL ? -ENODEV :
             xyl_ctrl_physinfo(ctrl, &host);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor about the machine");
    }
    l.nr_cpus = host.max_cpu_id + 1;
    if (args->flag['j']) {
        l.json = &json;
        xyl_json_start(&json, stdout);
        xyl_json_array(&json);
    } else {
        printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State",
               "Time(s)", "Affinity (Hard / Soft)");
    }
    for (int i = 0; rc == 0 && i < args->nr; i++) {
        rc = show_named(&l, args->words[i], err);
    }
    if (rc == 0 && args->nr == 0) {
        rc = show_all(&l, err);
    }
    if (l.json != NULL) {
        xyl_json_array_end(&json);
        xyl_json_end(&json);
    }
    return rc == 0 && l.lost ? xyl_fail(err, -ENOMEM, "out of memory: affinities are missing") : rc;
}
