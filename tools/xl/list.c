/* SPDX-License-Identifier: GPL-2.0-only */
/* xl list. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <public/sched.h>

#include "xyl_cfg.h"
#include "xyl_json.h"

static void print_header(const struct xl_args *args)
{
    printf("%-40s %5s %5s %5s\tState\tTime(s)", "Name", "ID", "Mem", "VCPUs");
    if (args->flag['v']) {
        printf("   UUID                            Reason-Code\tSecurity Label");
    }
    if (args->flag['Z'] && !args->flag['v']) {
        printf("   Security Label");
    }
    if (args->flag['c']) {
        printf("         Cpupool");
    }
    if (args->flag['n']) {
        printf(" NODE Affinity");
    }
    putchar('\n');
}

void xl_state_letters(const xyl_domain_info *info, char state[7])
{
    bool shut = info->flags & XEN_DOMINF_shutdown;

    state[0] = info->flags & XEN_DOMINF_running ? 'r' : '-';
    state[1] = info->flags & XEN_DOMINF_blocked ? 'b' : '-';
    state[2] = info->flags & XEN_DOMINF_paused ? 'p' : '-';
    state[3] = shut ? 's' : '-';
    state[4] = shut && xyl_shutdown_reason(info) == SHUTDOWN_crash ? 'c' : '-';
    state[5] = info->flags & XEN_DOMINF_dying ? 'd' : '-';
    state[6] = '\0';
}

static void print_row(struct xl *xl, const struct xl_args *args, const xyl_domain_info *info)
{
    char *name = xyl_domain_name(xl->light, info->domain);
    char state[7], uuid[XYL_UUID_TEXT], pool[16];

    xl_state_letters(info, state);
    printf("%-40s %5u %5lu %5u     %s  %8.1f", name != NULL ? name : "(null)", info->domain,
           (unsigned long)((info->tot_pages + info->outstanding_pages) >> 8),
           info->nr_online_vcpus, state, (double)info->cpu_time / 1e9);
    if (args->flag['v']) {
        xyl_uuid_format(info->handle, uuid);
        printf(" %s", uuid);
        if (info->flags & XEN_DOMINF_shutdown) {
            printf(" %8x", xyl_shutdown_reason(info));
        } else {
            printf(" %8s", "-");
        }
    }
    if (args->flag['v'] || args->flag['Z']) {
        /* Labels belong to a security module, which the hypervisor has none of. */
        printf(" %16s", "-");
    }
    if (args->flag['c']) {
        snprintf(pool, sizeof(pool), "Pool-%u", info->cpupool);
        printf("%16s", pool);
    }
    if (args->flag['n']) {
        printf(" %s", "all");
    }
    putchar('\n');
    free(name);
}

/* ------------------------------------------------------------ as JSON */

/* Weight and cap, if the scheduler has them. */
static int put_sched(struct xyl_ctrl *ctrl, uint32_t domid, struct xyl_json_live *live)
{
    struct xyl_sched_params params;
    uint32_t id = 0;
    int rc = xyl_ctrl_sched_id(ctrl, &id);

    if (rc < 0 || (id != XEN_SCHEDULER_CREDIT2 && id != XEN_SCHEDULER_CREDIT)) {
        return rc;
    }
    rc = xyl_ctrl_sched_get(ctrl, domid, id, &params);
    if (rc == 0) {
        live->sched = id == XEN_SCHEDULER_CREDIT2 ? "credit2" : "credit";
        live->weight = params.weight;
        live->cap = params.cap;
    }
    return rc;
}

/* A number in KiB from the store, or what the hypervisor says. */
static long long memory_node(struct xl *xl, uint32_t domid, const char *key, uint64_t pages)
{
    struct xyl_store *store = xyl_light_store(xl->light, NULL);
    char path[80];
    uint64_t kib;

    snprintf(path, sizeof(path), "/local/domain/%u/memory/%s", domid, key);
    if (store != NULL && xyl_store_read_uint(store, XYL_STORE_NO_TX, path, &kib) == 0) {
        return (long long)kib;
    }
    return (long long)pages * 4;
}

static void put_domain(struct xl *xl, struct xyl_json *json, const xyl_domain_info *info,
                       const struct xyl_domain_config *config)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, NULL);
    char *name = xyl_domain_name(xl->light, info->domain);
    struct xyl_json_live live = {
        .domid = info->domain,
        .name = name != NULL ? name : "(null)",
        .max_memkb = memory_node(xl, info->domain, "static-max",
                                 config != NULL ? info->tot_pages :
                                 info->max_pages < (1ull << 40) ? info->max_pages :
                                 info->tot_pages),
        .target_memkb = memory_node(xl, info->domain, "target", info->tot_pages),
        .online_vcpus = info->nr_online_vcpus,
    };
    int rc = put_sched(ctrl, info->domain, &live);

    if (rc < 0) {
        xl_log(xl, 0, "xl: warning: domain %u: its weight and cap cannot be read: %s",
               info->domain, strerror(-rc));
    }
    xyl_json_domain(json, config, &live);
    free(name);
}

/* With the configuration it was made from, if it was us who made it. */
static void put_with_config(struct xl *xl, struct xyl_json *json, const xyl_domain_info *info)
{
    char *text = xyl_domain_config_load(info);
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_domain_config config;
    int rc = text == NULL ? -errno : 0;
    bool known;

    xyl_domain_config_init(&config);
    if (rc == 0) {
        rc = xl_config_text_read(text, &config, &err);
    }
    known = rc == 0;
    if (known) {
        /* The devices of now; those of then stay if the store does not tell. */
        rc = xyl_devices_load(xl->light, info->domain, &config, &err);
    }
    if (rc < 0 && rc != -ENOENT) {
        xl_log(xl, 0, "xl: warning: domain %u: its %s cannot be read: %s", info->domain,
               known ? "devices" : "configuration", err.text[0] != '\0' ? err.text :
               strerror(-rc));
    }
    put_domain(xl, json, info, known ? &config : NULL);
    xyl_domain_config_dispose(&config);
    free(text);
}

/* ------------------------------------------------------------ the verb */

struct listing {
    struct xl *xl;
    const struct xl_args *args;
    struct xyl_json json;
};

static void show(struct listing *l, const xyl_domain_info *info)
{
    if (l->args->flag['l'] || l->args->flag['j']) {
        put_with_config(l->xl, &l->json, info);
    } else {
        print_row(l->xl, l->args, info);
    }
}

static int show_named(struct listing *l, const char *word, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(l->xl->light, err);
    xyl_domain_info info = { .domain = 0 };
    uint32_t domid;
    int rc = xyl_domain_find(l->xl->light, word, &domid, err);

    if (rc == 0) {
        rc = xyl_ctrl_domain_info(ctrl, domid, &info);
    }
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "domain %s", word);
    }
    show(l, &info);
    return 0;
}

static int show_all(struct listing *l, struct xyl_err *err)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(l->xl->light, &nr, err);

    if (all == NULL) {
        return -ENODEV;
    }
    for (size_t i = 0; i < nr; i++) {
        show(l, &all[i]);
    }
    free(all);
    return 0;
}

int xl_list(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct listing l = { .xl = xl, .args = args };
    bool json = args->flag['l'] || args->flag['j'];
    int rc = 0;

    if (xyl_light_store(xl->light, err) == NULL) {
        return -ENOTCONN;
    }
    if (json) {
        xyl_json_start(&l.json, stdout);
        xyl_json_array(&l.json);
    } else {
        print_header(args);
    }
    if (args->nr == 0) {
        rc = show_all(&l, err);
    }
    for (int i = 0; rc == 0 && i < args->nr; i++) {
        rc = show_named(&l, args->words[i], err);
    }
    if (json) {
        xyl_json_array_end(&l.json);
        xyl_json_end(&l.json);
        putchar('\n');
    }
    return rc;
}
