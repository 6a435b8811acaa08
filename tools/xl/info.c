/* SPDX-License-Identifier: GPL-2.0-only */
/* xl info: names and their order are read by many scripts. */
#include "xl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "xyl_json.h"

#define PAGES_PER_MIB 256u

/* Where the lines go: NULL is text, else the members of an object. */
static struct xyl_json *json;
static bool lost;               /* a line that there was no memory for */

__attribute__((format(printf, 2, 3)))
static void line(const char *key, const char *fmt, ...)
{
    char *text;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (len < 0) {
        lost = true;
        return;
    }
    if (json != NULL) {
        xyl_json_key_text(json, key, text);
    } else {
        printf("%-23s: %s\n", key, text);
    }
    free(text);
}

static void print_kernel(void)
{
    struct utsname name;

    if (uname(&name) == 0) {
        line("host", "%s", name.nodename);
        line("release", "%s", name.release);
        line("version", "%s", name.version);
        line("machine", "%s", name.machine);
    }
}

/* A row per capability; those that devices add need the I/O capability too. */
static void print_virt_caps(uint32_t caps)
{
    static const struct {
        uint32_t need;
        const char *name;
    } rows[] = {
        { XEN_SYSCTL_PHYSCAP_pv, "pv" },
        { XEN_SYSCTL_PHYSCAP_hvm, "hvm" },
        { XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_directio, "pv_directio" },
        { XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_directio, "hvm_directio" },
        { XEN_SYSCTL_PHYSCAP_hap, "hap" },
        { XEN_SYSCTL_PHYSCAP_shadow, "shadow" },
        { XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share, "iommu_hap_pt_share" },
        { XEN_SYSCTL_PHYSCAP_vmtrace, "vmtrace" },
        { XEN_SYSCTL_PHYSCAP_vpmu, "vpmu" },
        { XEN_SYSCTL_PHYSCAP_gnttab_v1, "gnttab-v1" },
        { XEN_SYSCTL_PHYSCAP_gnttab_v2, "gnttab-v2" },
    };
    char text[200] = "";

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((caps & rows[i].need) == rows[i].need) {
            strcat(text, text[0] != '\0' ? " " : "");
            strcat(text, rows[i].name);
        }
    }
    line("virt_caps", "%s", text);
}

static void print_memory(struct xyl_ctrl *ctrl, const struct xen_sysctl_physinfo *host)
{
    long freed = xyl_ctrl_sharing_freed(ctrl), used = xyl_ctrl_sharing_used(ctrl);

    line("total_memory", "%lu", (unsigned long)(host->total_pages / PAGES_PER_MIB));
    line("free_memory", "%lu",
         (unsigned long)((host->free_pages - host->outstanding_pages) / PAGES_PER_MIB));
    line("sharing_freed_memory", "%ld", freed > 0 ? freed / PAGES_PER_MIB : 0);
    line("sharing_used_memory", "%ld", used > 0 ? used / PAGES_PER_MIB : 0);
    line("outstanding_claims", "%lu", (unsigned long)(host->outstanding_pages / PAGES_PER_MIB));
}

static int print_host(struct xyl_ctrl *ctrl, const struct xen_sysctl_physinfo *host)
{
    const uint32_t *caps = host->hw_cap;
    int free_cpus;

    line("nr_cpus", "%u", host->nr_cpus);
    line("max_cpu_id", "%u", host->max_cpu_id);
    line("nr_nodes", "%u", host->nr_nodes);
    line("cores_per_socket", "%u", host->cores_per_socket);
    line("threads_per_core", "%u", host->threads_per_core);
    line("cpu_mhz", "%u.%03u", host->cpu_khz / 1000, host->cpu_khz % 1000);
    line("hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", caps[0], caps[1], caps[2],
         caps[3], caps[4], caps[5], caps[6], caps[7]);
    print_virt_caps(host->capabilities);
    print_memory(ctrl, host);
    free_cpus = xyl_ctrl_pool_free_cpus(ctrl, host->max_cpu_id + 1);
    line("free_cpus", "%d", free_cpus > 0 ? free_cpus : 0);
    return 0;
}

/* ------------------------------------------------------------ with -n */

static int print_cpus(struct xyl_ctrl *ctrl, const struct xen_sysctl_physinfo *host)
{
    uint32_t max = host->max_cpu_id + 1;
    struct xen_sysctl_cputopo *topo = calloc(max, sizeof(*topo));
    int nr = topo != NULL ? xyl_ctrl_cpu_topology(ctrl, topo, max) : -ENOMEM;

    printf("%-23s:\n", "cpu_topology");
    printf("cpu:    core    socket     node\n");
    for (int i = 0; i < nr; i++) {
        if (topo[i].core != XEN_INVALID_CORE_ID) {
            printf("%3d:    %4u     %4u     %4u\n", i, topo[i].core, topo[i].socket,
                   topo[i].node);
        }
    }
    free(topo);
    printf("device topology        :\ndevice           node\nNo device topology data available\n");
    return nr < 0 ? nr : 0;
}

static void print_node(const struct xen_sysctl_meminfo *mem, const uint32_t *distance, int nr,
                       int node)
{
    printf("%4d:    %6lu     %6lu      ", node, (unsigned long)(mem[node].memsize >> 20),
           (unsigned long)(mem[node].memfree >> 20));
    for (int to = 0; to < nr; to++) {
        printf("%s%u", to > 0 ? "," : "", distance[node * nr + to]);
    }
    putchar('\n');
}

static int print_nodes(struct xyl_ctrl *ctrl, const struct xen_sysctl_physinfo *host)
{
    uint32_t max = host->max_node_id + 1;
    struct xen_sysctl_meminfo *mem = calloc(max, sizeof(*mem));
    uint32_t *distance = calloc((size_t)max * max, sizeof(*distance));
    int nr = mem != NULL && distance != NULL ? xyl_ctrl_numa(ctrl, mem, distance, max) : -ENOMEM;

    printf("%-23s:\n", "numa_info");
    printf("node:    memsize    memfree    distances\n");
    for (int i = 0; i < nr; i++) {
        if (mem[i].memsize != XEN_INVALID_MEM_SZ) {
            print_node(mem, distance, nr, i);
        }
    }
    free(mem);
    free(distance);
    return nr < 0 ? nr : 0;
}

/* ------------------------------------------------------------ the hypervisor */

static const char *scheduler(uint32_t id)
{
    switch (id) {
    case XEN_SCHEDULER_CREDIT:
        return "credit";
    case XEN_SCHEDULER_CREDIT2:
        return "credit2";
    case XEN_SCHEDULER_ARINC653:
        return "arinc653";
    case XEN_SCHEDULER_RTDS:
        return "rtds";
    case XEN_SCHEDULER_NULL:
        return "null";
    default:
        return "unknown";
    }
}

static int print_version(struct xyl_ctrl *ctrl)
{
    struct xyl_version version;
    uint32_t sched = 0;
    int rc = xyl_ctrl_version(ctrl, &version);

    if (rc == 0) {
        rc = xyl_ctrl_sched_id(ctrl, &sched);
    }
    if (rc < 0) {
        return rc;
    }
    line("xen_major", "%u", version.major);
    line("xen_minor", "%u", version.minor);
    line("xen_extra", "%s", version.extra);
    line("xen_version", "%u.%u%s", version.major, version.minor, version.extra);
    line("xen_caps", "%s", version.capabilities);
    line("xen_scheduler", "%s", scheduler(sched));
    line("xen_pagesize", "%u", version.page_size);
    line("platform_params", "virt_start=%#lx", version.virt_start);
    line("xen_changeset", "%s", version.changeset);
    line("xen_commandline", "%s", version.command_line);
    line("cc_compiler", "%s", version.compiler);
    line("cc_compile_by", "%s", version.compile_by);
    line("cc_compile_domain", "%s", version.compile_domain);
    line("cc_compile_date", "%s", version.compile_date);
    line("build_id", "%s", version.build_id);
    line("xend_config_format", "4");
    return 0;
}

static int print_all(struct xyl_ctrl *ctrl, bool numa)
{
    struct xen_sysctl_physinfo host;
    int rc = xyl_ctrl_physinfo(ctrl, &host);

    if (rc == 0) {
        print_kernel();
        rc = print_host(ctrl, &host);
    }
    if (rc == 0 && numa) {
        rc = print_cpus(ctrl, &host);
    }
    if (rc == 0 && numa) {
        rc = print_nodes(ctrl, &host);
    }
    return rc == 0 ? print_version(ctrl) : rc;
}

int xl_info(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    struct xyl_json out;
    int rc;

    if (ctrl == NULL) {
        return -ENODEV;
    }
    if (args->flag['j'] && args->flag['n']) {
        return xyl_fail(err, -EINVAL, "-n prints tables, which have no JSON form yet: leave out -n "
                        "or --json");
    }
    lost = false;
    if (args->flag['j']) {
        json = &out;
        xyl_json_start(json, stdout);
        xyl_json_object(json);
    }
    rc = print_all(ctrl, args->flag['n']);
    if (json != NULL) {
        xyl_json_object_end(json);
        xyl_json_end(json);
        json = NULL;
    }
    if (rc == 0 && lost) {
        return xyl_fail(err, -ENOMEM, "out of memory: lines are missing");
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot ask the hypervisor");
}
