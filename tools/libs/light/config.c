/* SPDX-License-Identifier: GPL-2.0-only */
/* Settings of a domain: defaults, checks, disposal. */
#include "xyl_domain_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const action_names[] = {
    [XYL_ACTION_DESTROY]        = "destroy",
    [XYL_ACTION_RESTART]        = "restart",
    [XYL_ACTION_RENAME_RESTART] = "rename-restart",
    [XYL_ACTION_PRESERVE]       = "preserve",
    [XYL_ACTION_COREDUMP_DESTROY] = "coredump-destroy",
    [XYL_ACTION_COREDUMP_RESTART] = "coredump-restart",
    [XYL_ACTION_SOFT_RESET]     = "soft-reset",
};

const char *xyl_action_name(enum xyl_action action)
{
    return action_names[action];
}

void xyl_domain_config_init(struct xyl_domain_config *config)
{
    *config = (struct xyl_domain_config){
        .memory_mib = XYL_UNSET,
        .maxmem_mib = XYL_UNSET,
        .vcpus = 1,
        .maxvcpus = XYL_UNSET,
        .cpu_weight = XYL_UNSET,
        .cap = XYL_UNSET,
        .max_grant_frames = XYL_UNSET,
        .max_maptrack_frames = XYL_UNSET,
        .max_event_channels = XYL_UNSET,
        .max_grant_version = XYL_UNSET,
        .on_poweroff = XYL_ACTION_DESTROY,
        .on_reboot = XYL_ACTION_RESTART,
        .on_crash = XYL_ACTION_DESTROY,
        .on_watchdog = XYL_ACTION_DESTROY,
        .on_soft_reset = XYL_ACTION_SOFT_RESET,
    };
}

static void free_list(char ***items, size_t *nr)
{
    for (size_t i = 0; i < *nr; i++) {
        free((*items)[i]);
    }
    free(*items);
    *items = NULL;
    *nr = 0;
}

void xyl_domain_config_dispose(struct xyl_domain_config *config)
{
    free(config->name);
    free(config->kernel);
    free(config->ramdisk);
    free(config->cmdline);
    free(config->bootloader);
    free_list(&config->bootloader_args, &config->nr_bootloader_args);
    free_list(&config->cpus, &config->nr_cpus);
    free_list(&config->cpus_soft, &config->nr_cpus_soft);
    free(config->cpuid);
    xyl_domain_config_drop_devices(config);
    for (size_t i = 0; i < config->nr_channels; i++) {
        xyl_channel_dispose(&config->channels[i]);
    }
    free(config->channels);
    for (size_t i = 0; i < config->nr_vfbs; i++) {
        xyl_vfb_dispose(&config->vfbs[i]);
    }
    for (size_t i = 0; i < config->nr_vkbs; i++) {
        xyl_vkb_dispose(&config->vkbs[i]);
    }
    free(config->vfbs);
    free(config->vkbs);
    free(config->ioports.at);
    free(config->iomem.at);
    free(config->irqs.at);
    xyl_domain_config_init(config);
}

/* A name is a path element of the store and must not look like a domain number. */
int xyl_domain_name_check(const char *name, struct xyl_err *err)
{
    size_t len = strlen(name);

    if (len == 0 || len > XYL_NAME_MAX) {
        return xyl_fail(err, -EINVAL, "name: 1 to %d characters, not %zu", XYL_NAME_MAX, len);
    }
    for (size_t i = 0; i < len; i++) {
        if (!isgraph((unsigned char)name[i]) || name[i] == '/') {
            return xyl_fail(err, -EINVAL, "name: character %zu is a blank, '/', or not printable "
                            "ASCII; use letters, digits, '-', '_' and '.'", i + 1);
        }
    }
    if (strspn(name, "0123456789") == len) {
        return xyl_fail(err, -EINVAL, "name: \"%s\" is a number and would be taken for a domain id",
                        name);
    }
    return 0;
}

/* The end of the chain: memory that the interface's KiB fields hold without overflow. */
#define MEMORY_MIB_MAX (1L << 34)

static int check_memory(struct xyl_domain_config *config, struct xyl_err *err)
{
    if (config->memory_mib == XYL_UNSET) {
        config->memory_mib = config->maxmem_mib;
    }
    if (config->memory_mib == XYL_UNSET) {
        return xyl_fail(err, -EINVAL, "memory is missing; say how many MiB, as in memory = 256");
    }
    if (config->maxmem_mib == XYL_UNSET) {
        config->maxmem_mib = config->memory_mib;
    }
    if (config->memory_mib < 1 || config->maxmem_mib > MEMORY_MIB_MAX) {
        return xyl_fail(err, -EINVAL, "memory: %ld MiB is out of range", config->memory_mib);
    }
    if (config->memory_mib > config->maxmem_mib) {
        return xyl_fail(err, -EINVAL, "memory (%ld MiB) is above maxmem (%ld MiB)",
                        config->memory_mib, config->maxmem_mib);
    }
    return 0;
}

static int check_vcpus(struct xyl_domain_config *config, struct xyl_err *err)
{
    if (config->maxvcpus == XYL_UNSET) {
        config->maxvcpus = config->vcpus;
    }
    if (config->vcpus < 1 || config->maxvcpus > XYL_VCPUS_MAX) {
        return xyl_fail(err, -EINVAL, "vcpus: 1 to %d", XYL_VCPUS_MAX);
    }
    if (config->vcpus > config->maxvcpus) {
        return xyl_fail(err, -EINVAL, "vcpus (%ld) is above maxvcpus (%ld)", config->vcpus,
                        config->maxvcpus);
    }
    return 0;
}

int xyl_domain_config_check(struct xyl_domain_config *config, struct xyl_err *err)
{
    int rc;

    if (config->name == NULL) {
        return xyl_fail(err, -EINVAL, "name is missing, as in name = \"guest1\"");
    }
    if (config->kernel == NULL && config->bootloader == NULL) {
        return xyl_fail(err, -EINVAL, "kernel is missing; name the file of a PV kernel, as in "
                        "kernel = \"/boot/vmlinuz\", or a bootloader");
    }
    rc = xyl_domain_name_check(config->name, err);
    if (rc == 0) {
        rc = check_memory(config, err);
    }
    if (rc == 0) {
        rc = check_vcpus(config, err);
    }
    if (rc == 0) {
        rc = xyl_domain_config_check_devices(config, err);
    }
    return rc;
}
