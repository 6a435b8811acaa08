/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domain 0's kernel has to do for a device: block devices, network interfaces,
 * scripts.  All that touches the system lies behind this; unit tests replace it.
 */
#ifndef LIGHT_HOTPLUG_H
#define LIGHT_HOTPLUG_H

#include "xyl_device.h"

/* ------------------------------------------------------------ hotplug-disk.c */

/*
 * A target as a block device.
 * Invariant: fd is -1 or keeps it alive: a loop device ends with its last user, which is us
 * until the backend has opened it, and the backend from then on.  So whatever kills us, and
 * however the domain ends, no loop device is left behind.
 */
struct hotplug_disk {
    int fd;
    unsigned int major, minor;
    char node[32];              /* "/dev/loop3", or "" for a target that is a block device */
};

/*
 * hotplug_disk_lock - no other process opens targets until the descriptor is closed, so
 * that nobody comes between the check for other users and the use.
 * Returns a descriptor or -Exxx.
 */
int hotplug_disk_lock(struct xyl_err *err);
void hotplug_unlock(int lock);

/*
 * hotplug_disk_open - the target's block device: itself, or a loop device on a file.
 * Errors: -EBUSY a file is in a loop device already and one of the two may write, or domain 0
 * uses the block device itself; others as the system gives them.
 */
int hotplug_disk_open(const struct xyl_disk *disk, struct hotplug_disk *hot, struct xyl_err *err);

/* hotplug_disk_close - let go; with @wait, not before the backend @domid/@id has opened it. */
int hotplug_disk_close(struct hotplug_disk *hot, bool wait, uint32_t domid, uint32_t id,
                       struct xyl_err *err);

/* ------------------------------------------------------------ hotplug-net.c */

/* An interface that the backend made, and what is to become of it. */
struct hotplug_vif {
    const char *ifname;         /* as the backend calls it */
    const char *rename;         /* NULL: it keeps the name */
    const char *bridge;
    long mtu;                   /* XYL_UNSET: the bridge's */
};

/* hotplug_vif_join - name it, put it into the bridge and switch it on, all or nothing. */
int hotplug_vif_join(const struct hotplug_vif *vif, struct xyl_err *err);

/* hotplug_bridge_check - errors: -ENODEV no such bridge, with what to do about it. */
int hotplug_bridge_check(const char *bridge, struct xyl_err *err);

/* ------------------------------------------------------------ hotplug-script.c */

struct hotplug_call {
    const char *script;         /* in /etc/xen/scripts, or a path */
    const char *action;         /* add, remove, online, offline */
    const char *type;           /* "vbd" or "vif" */
    const char *path;           /* backend/TYPE/DOMID/ID */
    const char *vif;            /* interface, or NULL */
};

/* hotplug_script - run a script to its end.  Errors: -EIO it failed; -ETIMEDOUT it was ended. */
int hotplug_script(const struct hotplug_call *call, struct xyl_err *err);

/* hotplug_driver - see that the backend driver for the type is loaded; loads it if not. */
int hotplug_driver(enum xyl_device_type type, struct xyl_err *err);

/*
 * A disk that domain 0 itself gets, as a guest of its own backend.
 * hotplug_front_driver - load the driver of its front end; what does not come shows in the wait.
 * hotplug_disk_named - there is a block device of that name, whoever made it.
 * hotplug_disk_node - the block device of that name, which is on its way: within five seconds.
 */
void hotplug_front_driver(void);
bool hotplug_disk_named(const char *name);
int hotplug_disk_node(const char *name, char node[32], struct xyl_err *err);

/* hotplug_backend_wait - until the kernel has forgotten the backend device; ten seconds at most. */
void hotplug_backend_wait(enum xyl_device_type type, uint32_t domid, uint32_t id);

/* ------------------------------------------------------------ hotplug-socket.c */

/* hotplug_socket_forget - remove a socket's file, if nobody listens there. */
void hotplug_socket_forget(const char *path);

#endif
