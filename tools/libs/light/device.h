/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices in the store: three folders each, written together and removed together. */
#ifndef LIGHT_DEVICE_H
#define LIGHT_DEVICE_H

#include "hotplug.h"
#include "light-private.h"

/* States of public/io/xenbus.h that matter here. */
#define STATE_GONE       0      /* no such node */
#define STATE_INITIAL    1
#define STATE_READY      2      /* InitWait: the backend waits for the frontend */
#define STATE_CONNECTED  4
#define STATE_CLOSING    5
#define STATE_CLOSED     6

/*
 * A device and its folders: the guest's, the backend's, and ours, which no guest can write and
 * which alone says what there is to be removed.
 */
struct device {
    uint32_t domid;
    enum xyl_device_type type;
    uint32_t id;
    char front[LIGHT_PATH], back[LIGHT_PATH], own[LIGHT_PATH];
    bool waiting;               /* for device_wait() */
};

void device_init(struct device *d, uint32_t domid, enum xyl_device_type type, uint32_t id);

/* device_type - "vbd", "vif" and so on, as in the store. */
const char *device_type(enum xyl_device_type type);

/* device_name - "disk xvda", "network card 0" or "channel 1", for people. */
const char *device_name(const struct device *d, char text[64]);

/* Nodes of a device that are to be written. */
#define IN_FRONT 1u
#define IN_BACK  2u             /* and in our own folder */
#define IN_OWN   4u
#define IN_FRONT_FIXED 8u       /* in the guest's, for it to read and not to write */
#define NODES_MAX 32

struct device_nodes {
    struct {
        unsigned int where;
        const char *key;
        char *value;
    } node[NODES_MAX];
    size_t nr;
    bool failed;                /* out of memory */
};

/* nodes_add - one more; what fails shows in device_write(). */
void nodes_add(struct device_nodes *nodes, unsigned int where, const char *key, const char *fmt,
               ...) __attribute__((format(printf, 4, 5)));
void nodes_free(struct device_nodes *nodes);

/*
 * device_write - the folders with their nodes, in one transaction; the kernel's backend driver
 * sees the device when it is complete.  Frees @nodes.
 * Errors: -EEXIST the domain has the device.
 */
int device_write(struct xyl_light *light, const struct device *d, struct device_nodes *nodes,
                 struct xyl_err *err);

/* device_state - of the frontend or backend folder; STATE_GONE if it has none. */
int device_state(struct xyl_store *store, const char *folder);

/*
 * device_wait - until each backend is in a state that @done accepts.
 * Errors: -ETIMEDOUT; -EIO a backend says that it failed.
 */
int device_wait(struct xyl_light *light, struct device *devices, size_t nr,
                bool (*done)(int state), int timeout_ms, struct xyl_err *err);

/* device_wait_ready - until the backends wait for their guest; a minute at most. */
int device_wait_ready(struct xyl_light *light, struct device *devices, size_t nr,
                      struct xyl_err *err);

/*
 * device_remove - end devices and forget them.
 * @ask  the guest lets go of them itself; without, its side is closed for it.
 * Errors: -EBUSY asked, and the guest still has one; it is left as it is.
 */
int device_remove(struct xyl_light *light, struct device *devices, size_t nr, bool ask,
                  struct xyl_err *err);

/*
 * device_scan - the devices of a type that a domain has; its first console is none.
 * Returns an array for free() (NULL if there are none), and their number in @nr.
 * Errors: NULL with *nr set to (size_t)-1.
 */
struct device *device_scan(struct xyl_light *light, uint32_t domid, enum xyl_device_type type,
                           size_t *nr);

/* device_forget - its folders go, ours last: as long as that is there, the rest is found again. */
void device_forget(struct xyl_store *store, const struct device *d);

/* ------------------------------------------------ device-disk.c, device-vif.c, device-channel.c */

/* devices_create - all devices of a new domain; all wait together. */
int devices_create(struct xyl_light *light, uint32_t domid, struct xyl_domain_config *config,
                   struct xyl_err *err);

/*
 * devices_destroy - all of a domain that does not run any more (paused, shut down, dead).
 * Errors: -EIO, -ENOMEM; none was taken away.
 */
int devices_destroy(struct xyl_light *light, uint32_t domid);

/* devices_any - whether the domain has any: 1, 0, or -Exxx of the store. */
int devices_any(struct xyl_light *light, uint32_t domid);

/*
 * disk_begin, vif_begin - first half of adding: what must be there is there, nodes are written.
 * @dev  out: the device.
 * @hot  out: to be closed by the caller whatever happens, at once or in disk_end().
 */
int disk_begin(struct xyl_light *light, uint32_t domid, const struct xyl_disk *disk,
               struct device *dev, struct hotplug_disk *hot, struct xyl_err *err);
/*
 * disk_begin_for - the same for a disk that domain 0 has only while a bootloader looks into it.
 * @boots  the guest that is to be booted: node DISK_BOOTS in our own folder.
 */
#define DISK_BOOTS "bootloader-of"
int disk_begin_for(struct xyl_light *light, uint32_t domid, const struct xyl_disk *disk,
                   const char *boots, struct device *dev, struct hotplug_disk *hot,
                   struct xyl_err *err);
int vif_begin(struct xyl_light *light, uint32_t domid, const struct xyl_vif *vif,
              struct device *dev, struct xyl_err *err);

/* channel_begin - likewise; the console daemon does the rest.  @id  from 1 on. */
int channel_begin(struct xyl_light *light, uint32_t domid, uint32_t id,
                  const struct xyl_channel *channel, struct device *dev, struct xyl_err *err);

/* channel_forget - a socket that no console daemon has taken away goes. */
void channel_forget(struct xyl_light *light, const struct device *dev);

/* ------------------------------------------------ device-screen.c */

/* screen_begin - likewise; a screen and its keyboard, of which the configuration has one each. */
int screen_begin(struct xyl_light *light, uint32_t domid, const struct xyl_domain_config *config,
                 struct device dev[2], struct xyl_err *err);

/*
 * screen_start - QEMU, until viewers can connect; it takes to the devices that are in state 1, so
 * channels have to be in another by now.
 * Errors: what failed may have left its process: screen_destroy().
 */
int screen_start(struct xyl_light *light, uint32_t domid, const struct xyl_domain_config *config,
                 struct xyl_err *err);

/*
 * screen_destroy - end QEMU, whatever the guest says, and forget screen and keyboard.
 * Errors: -EIO of the store; as hotplug_qemu_end().  Nothing was forgotten.
 */
int screen_destroy(struct xyl_light *light, uint32_t domid);

/*
 * screen_watch - a descriptor, readable when the domain's QEMU ends; one that has is screen_lost().
 * Errors: -ESRCH there is none.
 */
int screen_watch(struct xyl_light *light, uint32_t domid);

/* screen_lost - say that it has ended, unless it was meant to. */
void screen_lost(struct xyl_light *light, uint32_t domid);

/* ------------------------------------------------ device-disk.c, device-vif.c */

/* disk_end, vif_end - second half, when the backend is ready: scripts, interfaces. */
int disk_end(struct xyl_light *light, const struct device *dev, const struct xyl_disk *disk,
             struct hotplug_disk *hot, struct xyl_err *err);
int vif_end(struct xyl_light *light, const struct device *dev, const struct xyl_vif *vif,
            struct xyl_err *err);

/* vif_choose_mac - one of Xen's range, if the card has none. */
int vif_choose_mac(struct xyl_vif *vif, struct xyl_err *err);

/* device_script_path - a script's name or path as a path; one that does not fit is no script. */
int device_script_path(const char *script, char path[LIGHT_PATH], struct xyl_err *err);

/* device_script - run a script for a device and see in the store how it went. */
int device_script(struct xyl_light *light, const struct device *dev, const char *script,
                  const char *action, struct xyl_err *err);

#endif
