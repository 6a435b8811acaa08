/* SPDX-License-Identifier: GPL-2.0-only */
/* What a domain shall be: the settings of xl.cfg after checking, independent of any syntax. */
#ifndef XYL_DOMAIN_CONFIG_H
#define XYL_DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xyl_cpuid.h"
#include "xyl_device.h"
#include "xyl_err.h"

/* What to do with a domain that has shut down. */
enum xyl_action {
    XYL_ACTION_DESTROY,
    XYL_ACTION_RESTART,
    XYL_ACTION_RENAME_RESTART,
    XYL_ACTION_PRESERVE,
    XYL_ACTION_COREDUMP_DESTROY,        /* these two: its memory to a file first */
    XYL_ACTION_COREDUMP_RESTART,
    /* not there for PV: acted upon as destroy, with a line in the log */
    XYL_ACTION_SOFT_RESET,
};

/* xyl_action_name - "destroy", ...; as xl.cfg spells it. */
const char *xyl_action_name(enum xyl_action action);

#define XYL_NAME_MAX     255        /* bytes of a domain's name */
#define XYL_VCPUS_MAX    8192

/* Ports, frames or interrupts that a domain may use, both ends included: first <= last. */
struct xyl_range {
    uint64_t first, last;
};

/* Invariant: at holds nr ranges, is allocated or NULL, and owned. */
struct xyl_ranges {
    struct xyl_range *at;
    size_t nr;
};

/*
 * Invariants after xyl_domain_config_check():
 *   D1  name is set, and kernel or bootloader; name is printable, has no '/' and is no number.
 *   D2  0 < memory_mib <= maxmem_mib;  0 < vcpus <= maxvcpus <= XYL_VCPUS_MAX.
 *   D3  each string, and each item of cpus and bootloader_args, is allocated or NULL, and owned.
 *   D4  no two disks have one number, no two vifs one devid or MAC; each vif has a devid.
 *   D5  at most XYL_CHANNELS_MAX channels, no two with one name or one socket.
 *   D6  at most one screen; as many keyboards.
 */
struct xyl_domain_config {
    char *name;
    char *kernel;
    char *ramdisk;              /* NULL: none */
    char *cmdline;              /* NULL: none */
    char *bootloader;           /* program that finds these three in the first disk; NULL: none */
    char **bootloader_args;
    size_t nr_bootloader_args;
    uint8_t uuid[16];
    bool uuid_given;
    long memory_mib;
    long maxmem_mib;            /* XYL_UNSET: as memory_mib */
    long vcpus;
    long maxvcpus;              /* XYL_UNSET: as vcpus */
    char **cpus, **cpus_soft;   /* affinities: one text for all vCPUs, or one for each */
    size_t nr_cpus, nr_cpus_soft;
    bool cpus_each, cpus_soft_each;
    struct xyl_disk *disks;
    struct xyl_vif *vifs;
    size_t nr_disks, nr_vifs;
    struct xyl_channel *channels;
    size_t nr_channels;
    struct xyl_vfb *vfbs;
    struct xyl_vkb *vkbs;
    size_t nr_vfbs, nr_vkbs;
    struct xyl_ranges ioports, iomem, irqs;     /* of the machine's */
    struct xyl_cpuid *cpuid;    /* owned; U1 to U3 */
    size_t nr_cpuid;
    long cpu_weight;            /* XYL_UNSET: the scheduler's own */
    long cap;                   /* percent of a CPU; XYL_UNSET or 0: none */
    long max_grant_frames;      /* these four: XYL_UNSET is the hypervisor's own */
    long max_maptrack_frames;
    long max_event_channels;
    long max_grant_version;
    long rtc_timeoffset;        /* seconds added to UTC */
    bool localtime;
    bool nomigrate;
    enum xyl_action on_poweroff, on_reboot, on_crash, on_watchdog, on_soft_reset;
};

/* xyl_domain_config_init - nothing said: every field its default. */
void xyl_domain_config_init(struct xyl_domain_config *config);

/* xyl_domain_config_dispose - free what it owns; may be called again. */
void xyl_domain_config_dispose(struct xyl_domain_config *config);

/* xyl_domain_config_drop_devices - free the disks and vifs, leave the rest. */
void xyl_domain_config_drop_devices(struct xyl_domain_config *config);

/* xyl_domain_name_check - errors: -EINVAL no domain can have that name. */
int xyl_domain_name_check(const char *name, struct xyl_err *err);

/* xyl_domain_config_check_devices - bring D4 to D6 about, a part of the check below. */
int xyl_domain_config_check_devices(struct xyl_domain_config *config, struct xyl_err *err);

/*
 * xyl_domain_config_check - bring D1 to D6 about: fill in what follows from other
 * settings, refuse what cannot be.
 * Errors: -EINVAL with the setting named.
 */
int xyl_domain_config_check(struct xyl_domain_config *config, struct xyl_err *err);

/* A UUID's text form, 36 characters and a NUL. */
#define XYL_UUID_TEXT 37
void xyl_uuid_format(const uint8_t uuid[16], char text[XYL_UUID_TEXT]);
/* xyl_uuid_parse - 32 hexadecimal digits with the four dashes in place, or none; false if not. */
bool xyl_uuid_parse(const char *text, uint8_t uuid[16]);

/*
 * xyl_cpus_parse - "all", "0-3,^2", "5", "node:1": a set of CPUs.
 * @node  NUMA node of each CPU; NULL: all are in node 0.
 * @map   out: @nr_cpus bits, least first, in whole bytes.
 * Errors: -EINVAL bad syntax, a CPU that does not exist, or an empty set.
 */
int xyl_cpus_parse(const char *text, unsigned int nr_cpus, const uint32_t *node, uint8_t *map,
                   struct xyl_err *err);

#endif
