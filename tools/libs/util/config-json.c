/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's settings as JSON, with the names that scripts know from `xl list -l`. */
#include "xyl_json.h"

#include <string.h>

#include "xyl_spec.h"

/* The number that stands for "no domain yet" in a configuration. */
#define NO_DOMID 4294967295LL

static void put_empty(struct xyl_json *json, const char *key)
{
    xyl_json_key(json, key);
    xyl_json_object(json);
    xyl_json_object_end(json);
}

static void put_create_info(struct xyl_json *json, const struct xyl_domain_config *config,
                            const struct xyl_json_live *live)
{
    char uuid[XYL_UUID_TEXT];

    xyl_json_key(json, "c_info");
    xyl_json_object(json);
    xyl_json_key_text(json, "type", "pv");
    xyl_json_key_text(json, "name", live->name != NULL ? live->name : config->name);
    if (config != NULL) {
        xyl_json_key_number(json, "domid", NO_DOMID);
        if (config->uuid_given) {
            xyl_uuid_format(config->uuid, uuid);
            xyl_json_key_text(json, "uuid", uuid);
        }
        xyl_json_key_bool(json, "run_hotplug_scripts", true);
    }
    xyl_json_object_end(json);
}

static void put_vcpus(struct xyl_json *json, const struct xyl_domain_config *config,
                      const struct xyl_json_live *live)
{
    unsigned int online = live->domid < 0 ? (unsigned int)config->vcpus : live->online_vcpus;

    xyl_json_key_number(json, "max_vcpus", config->maxvcpus);
    xyl_json_key(json, "avail_vcpus");
    xyl_json_array(json);
    for (unsigned int i = 0; i < online; i++) {
        xyl_json_number(json, i);
    }
    xyl_json_array_end(json);
}

static void put_sched(struct xyl_json *json, const struct xyl_domain_config *config,
                      const struct xyl_json_live *live)
{
    xyl_json_key(json, "sched_params");
    xyl_json_object(json);
    if (live->sched != NULL) {
        xyl_json_key_text(json, "sched", live->sched);
        xyl_json_key_number(json, "weight", live->weight);
        xyl_json_key_number(json, "cap", live->cap);
    } else if (config != NULL) {
        if (config->cpu_weight != XYL_UNSET) {
            xyl_json_key_number(json, "weight", config->cpu_weight);
        }
        if (config->cap != XYL_UNSET) {
            xyl_json_key_number(json, "cap", config->cap);
        }
    }
    xyl_json_object_end(json);
}

static void put_limit(struct xyl_json *json, const char *key, long value)
{
    if (value != XYL_UNSET) {
        xyl_json_key_number(json, key, value);
    }
}

static void put_words(struct xyl_json *json, const char *key, char **words, size_t nr)
{
    if (nr == 0) {
        return;
    }
    xyl_json_key(json, key);
    xyl_json_array(json);
    for (size_t i = 0; i < nr; i++) {
        xyl_json_text(json, words[i]);
    }
    xyl_json_array_end(json);
}

static void put_ranges(struct xyl_json *json, const char *key, const struct xyl_ranges *ranges,
                       const char *first)
{
    if (ranges->nr == 0) {
        return;
    }
    xyl_json_key(json, key);
    xyl_json_array(json);
    for (size_t i = 0; i < ranges->nr; i++) {
        const struct xyl_range *r = &ranges->at[i];

        xyl_json_object(json);
        xyl_json_key_number(json, first, (long long)r->first);
        xyl_json_key_number(json, "number", (long long)(r->last - r->first + 1));
        xyl_json_object_end(json);
    }
    xyl_json_array_end(json);
}

static void put_irqs(struct xyl_json *json, const struct xyl_ranges *irqs)
{
    if (irqs->nr == 0) {
        return;
    }
    xyl_json_key(json, "irqs");
    xyl_json_array(json);
    for (size_t i = 0; i < irqs->nr; i++) {
        xyl_json_number(json, (long long)irqs->at[i].first);
    }
    xyl_json_array_end(json);
}

static void put_kernel(struct xyl_json *json, const struct xyl_domain_config *config)
{
    put_ranges(json, "ioports", &config->ioports, "first");
    put_irqs(json, &config->irqs);
    put_ranges(json, "iomem", &config->iomem, "start");
    xyl_json_key_bool(json, "claim_mode", false);
    put_limit(json, "max_grant_frames", config->max_grant_frames);
    put_limit(json, "max_maptrack_frames", config->max_maptrack_frames);
    put_limit(json, "max_grant_version", config->max_grant_version);
    put_limit(json, "event_channels", config->max_event_channels);
    if (config->localtime) {
        xyl_json_key_bool(json, "localtime", true);
    }
    if (config->rtc_timeoffset != 0) {
        xyl_json_key_number(json, "rtc_timeoffset", config->rtc_timeoffset);
    }
    if (config->nomigrate) {
        xyl_json_key_bool(json, "disable_migrate", true);
    }
    if (config->bootloader != NULL) {
        xyl_json_key_text(json, "bootloader", config->bootloader);
        put_words(json, "bootloader_args", config->bootloader_args, config->nr_bootloader_args);
    }
    if (config->kernel != NULL) {
        xyl_json_key_text(json, "kernel", config->kernel);
    }
    if (config->cmdline != NULL) {
        xyl_json_key_text(json, "cmdline", config->cmdline);
    }
    if (config->ramdisk != NULL) {
        xyl_json_key_text(json, "ramdisk", config->ramdisk);
    }
}

static bool same_leaf(const struct xyl_cpuid *a, const struct xyl_cpuid *b)
{
    return a->leaf == b->leaf && a->subleaf == b->subleaf;
}

/* A leaf with all its registers that are changed. */
static void put_leaf(struct xyl_json *json, const struct xyl_domain_config *config,
                     const struct xyl_cpuid *first)
{
    char bits[XYL_CPUID_BITS];

    xyl_json_object(json);
    xyl_json_key_number(json, "leaf", first->leaf);
    if (first->subleaf != XYL_CPUID_NO_SUBLEAF) {
        xyl_json_key_number(json, "subleaf", first->subleaf);
    }
    for (enum xyl_cpuid_reg reg = XYL_CPUID_EAX; reg <= XYL_CPUID_EDX; reg++) {
        for (size_t i = 0; i < config->nr_cpuid; i++) {
            if (config->cpuid[i].reg == reg && same_leaf(&config->cpuid[i], first)) {
                xyl_cpuid_bits(&config->cpuid[i], bits);
                xyl_json_key_text(json, xyl_cpuid_reg_name(reg), bits);
            }
        }
    }
    xyl_json_object_end(json);
}

/* As libxl has it, which knows MSRs besides; xl.cfg does not. */
static void put_cpuid(struct xyl_json *json, const struct xyl_domain_config *config)
{
    const struct xyl_cpuid *list = config->cpuid;

    if (config->nr_cpuid == 0) {
        return;
    }
    xyl_json_key(json, "cpuid");
    xyl_json_object(json);
    xyl_json_key(json, "cpuid");
    xyl_json_array(json);
    for (size_t i = 0; i < config->nr_cpuid; i++) {
        size_t before = 0;

        while (before < i && !same_leaf(&list[before], &list[i])) {
            before++;
        }
        if (before == i) {
            put_leaf(json, config, &list[i]);
        }
    }
    xyl_json_array_end(json);
    xyl_json_key(json, "msr");
    xyl_json_array(json);
    xyl_json_array_end(json);
    xyl_json_object_end(json);
}

static void put_build_info(struct xyl_json *json, const struct xyl_domain_config *config,
                           const struct xyl_json_live *live)
{
    bool running = live->domid >= 0;

    xyl_json_key(json, "b_info");
    xyl_json_object(json);
    if (config != NULL) {
        put_vcpus(json, config, live);
    }
    xyl_json_key_number(json, "max_memkb", running ? live->max_memkb :
                        (long long)config->maxmem_mib * 1024);
    xyl_json_key_number(json, "target_memkb", running ? live->target_memkb :
                        (long long)config->memory_mib * 1024);
    if (config != NULL) {
        xyl_json_key_number(json, "video_memkb", 0);
        put_cpuid(json, config);
    }
    put_sched(json, config, live);
    if (config != NULL) {
        put_kernel(json, config);
    }
    put_empty(json, "type.pv");
    put_empty(json, "arch_arm");
    xyl_json_key(json, "arch_x86");
    xyl_json_object(json);
    if (config != NULL) {
        xyl_json_key_bool(json, "msr_relaxed", false);
    }
    xyl_json_object_end(json);
    xyl_json_object_end(json);
}

/* The first action's name is left out, as the zero of an enumeration is. */
static void put_action(struct xyl_json *json, const char *key, enum xyl_action action)
{
    char name[24];

    if (action == XYL_ACTION_DESTROY) {
        return;
    }
    strncpy(name, xyl_action_name(action), sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    xyl_json_key_text(json, key, name);
}

static void put_if(struct xyl_json *json, const char *key, const char *text)
{
    if (text != NULL) {
        xyl_json_key_text(json, key, text);
    }
}

static void put_disks(struct xyl_json *json, const struct xyl_domain_config *config)
{
    if (config->nr_disks == 0) {
        return;
    }
    xyl_json_key(json, "disks");
    xyl_json_array(json);
    for (size_t i = 0; i < config->nr_disks; i++) {
        const struct xyl_disk *disk = &config->disks[i];

        xyl_json_object(json);
        xyl_json_key_text(json, "pdev_path", disk->target);
        xyl_json_key_text(json, "vdev", disk->vdev);
        xyl_json_key_text(json, "format", "raw");
        put_if(json, "script", disk->script);
        if (disk->removable) {
            xyl_json_key_number(json, "removable", 1);
        }
        if (!disk->readonly) {
            xyl_json_key_number(json, "readwrite", 1);
        }
        if (disk->cdrom) {
            xyl_json_key_number(json, "is_cdrom", 1);
        }
        if (disk->direct_io_safe) {
            xyl_json_key_bool(json, "direct_io_safe", true);
        }
        if (disk->discard != XYL_DISCARD_DEFAULT) {
            xyl_json_key_bool(json, "discard_enable", disk->discard == XYL_DISCARD_ON);
        }
        xyl_json_key_bool(json, "colo_restore_enable", false);
        if (disk->untrusted) {
            xyl_json_key_bool(json, "trusted", false);
        }
        xyl_json_object_end(json);
    }
    xyl_json_array_end(json);
}

static void put_vif(struct xyl_json *json, const struct xyl_vif *vif)
{
    char mac[XYL_MAC_TEXT];

    xyl_json_object(json);
    put_limit(json, "devid", vif->devid);
    put_limit(json, "mtu", vif->mtu);
    put_if(json, "model", vif->model);
    if (vif->mac_given) {
        xyl_mac_format(vif->mac, mac);
        xyl_json_key_text(json, "mac", mac);
    }
    put_if(json, "ip", vif->ip);
    put_if(json, "bridge", vif->bridge);
    put_if(json, "ifname", vif->vifname);
    put_if(json, "script", vif->script);
    xyl_json_key_text(json, "nictype", "vif");
    if (vif->rate_usecs != 0) {
        xyl_json_key_number(json, "rate_bytes_per_interval", (long long)vif->rate_bytes);
        xyl_json_key_number(json, "rate_interval_usecs", vif->rate_usecs);
    }
    put_if(json, "gatewaydev", vif->gatewaydev);
    if (vif->untrusted) {
        xyl_json_key_bool(json, "trusted", false);
    }
    xyl_json_object_end(json);
}

static void put_vifs(struct xyl_json *json, const struct xyl_domain_config *config)
{
    if (config->nr_vifs == 0) {
        return;
    }
    xyl_json_key(json, "nics");
    xyl_json_array(json);
    for (size_t i = 0; i < config->nr_vifs; i++) {
        put_vif(json, &config->vifs[i]);
    }
    xyl_json_array_end(json);
}

static void put_channels(struct xyl_json *json, const struct xyl_domain_config *config)
{
    if (config->nr_channels == 0) {
        return;
    }
    xyl_json_key(json, "channels");
    xyl_json_array(json);
    for (size_t i = 0; i < config->nr_channels; i++) {
        const struct xyl_channel *channel = &config->channels[i];

        xyl_json_object(json);
        xyl_json_key_number(json, "devid", (long long)i);
        xyl_json_key_text(json, "name", channel->name);
        if (channel->path == NULL) {
            put_empty(json, "connection.pty");
        } else {
            xyl_json_key(json, "connection.socket");
            xyl_json_object(json);
            xyl_json_key_text(json, "path", channel->path);
            xyl_json_object_end(json);
        }
        xyl_json_object_end(json);
    }
    xyl_json_array_end(json);
}

static void put_vfbs(struct xyl_json *json, const struct xyl_domain_config *config)
{
    if (config->nr_vfbs == 0) {
        return;
    }
    xyl_json_key(json, "vfbs");
    xyl_json_array(json);
    for (size_t i = 0; i < config->nr_vfbs; i++) {
        const struct xyl_vfb *vfb = &config->vfbs[i];

        xyl_json_object(json);
        xyl_json_key_number(json, "devid", (long long)i);
        xyl_json_key(json, "vnc");
        xyl_json_object(json);
        xyl_json_key_bool(json, "enable", true);
        xyl_json_key_text(json, "listen", vfb->listen != NULL ? vfb->listen : XYL_VNC_LISTEN);
        if (vfb->display != XYL_UNSET) {
            xyl_json_key_number(json, "display", vfb->display);
        }
        xyl_json_key_bool(json, "findunused", !vfb->this_display);
        xyl_json_object_end(json);
        xyl_json_key(json, "sdl");
        xyl_json_object(json);
        xyl_json_key_bool(json, "enable", false);
        xyl_json_object_end(json);
        put_if(json, "keymap", vfb->keymap);
        xyl_json_object_end(json);
    }
    xyl_json_array_end(json);
}

static void put_vkbs(struct xyl_json *json, const struct xyl_domain_config *config)
{
    if (config->nr_vkbs == 0) {
        return;
    }
    xyl_json_key(json, "vkbs");
    xyl_json_array(json);
    for (size_t i = 0; i < config->nr_vkbs; i++) {
        const struct xyl_vkb *vkb = &config->vkbs[i];

        xyl_json_object(json);
        xyl_json_key_number(json, "devid", (long long)i);
        xyl_json_key_text(json, "backend_type", "qemu");
        put_if(json, "unique_id", vkb->unique_id);
        if (vkb->no_keyboard) {
            xyl_json_key_bool(json, "feature_disable_keyboard", true);
        }
        if (vkb->no_pointer) {
            xyl_json_key_bool(json, "feature_disable_pointer", true);
        }
        put_limit(json, "width", vkb->width);
        put_limit(json, "height", vkb->height);
        xyl_json_object_end(json);
    }
    xyl_json_array_end(json);
}

void xyl_json_domain(struct xyl_json *json, const struct xyl_domain_config *config,
                     const struct xyl_json_live *live)
{
    xyl_json_object(json);
    if (live->domid >= 0) {
        xyl_json_key_number(json, "domid", live->domid);
        xyl_json_key(json, "config");
        xyl_json_object(json);
    }
    put_create_info(json, config, live);
    put_build_info(json, config, live);
    if (config != NULL) {
        put_disks(json, config);
        put_vifs(json, config);
        put_vfbs(json, config);
        put_vkbs(json, config);
        put_channels(json, config);
        put_action(json, "on_poweroff", config->on_poweroff);
        put_action(json, "on_reboot", config->on_reboot);
        put_action(json, "on_watchdog", config->on_watchdog);
        put_action(json, "on_crash", config->on_crash);
        put_action(json, "on_soft_reset", config->on_soft_reset);
    }
    if (live->domid >= 0) {
        xyl_json_object_end(json);
    }
    xyl_json_object_end(json);
}
