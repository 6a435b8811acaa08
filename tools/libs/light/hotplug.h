/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domain 0 has to do for a device: block devices, network interfaces, scripts, QEMU.
 * All that touches the system lies behind this; unit tests replace it.
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

/*
 * hotplug_vif_wait - for the interface: Linux's netback says that it is ready, and makes it then.
 * Errors: -ENODEV it is not there after 10 s.
 */
int hotplug_vif_wait(const char *ifname, struct xyl_err *err);

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

/*
 * hotplug_backend_gone - the kernel has no such backend device (any more).
 * hotplug_backend_wait - until that is so; ten seconds at most.
 */
bool hotplug_backend_gone(enum xyl_device_type type, uint32_t domid, uint32_t id);
void hotplug_backend_wait(enum xyl_device_type type, uint32_t domid, uint32_t id);

/* ------------------------------------------------------------ hotplug-socket.c */

/* hotplug_socket_forget - remove a socket's file, if nobody listens there. */
void hotplug_socket_forget(const char *path);

/* ------------------------------------------------------------ hotplug-qemu.c */

/* A process as the store remembers it: the number alone may be another's one day. */
struct hotplug_process {
    long pid;
    uint64_t start;             /* in ticks since boot */
};

struct hotplug_qemu_wish {
    uint32_t domid;
    const char *name;           /* of the guest */
    const struct xyl_vfb *vfb;
};

/*
 * A QEMU that is being started.
 * Invariants: talk is a descriptor or -1; process.pid is 0 or our child's, which waits for a word
 * from there until runs is true.
 */
struct hotplug_qemu {
    struct hotplug_process process;
    int talk;
    bool runs;
    char log[300];
};

extern const char *hotplug_qemu_program, *hotplug_qemu_log_dir;     /* tests choose others */

/*
 * hotplug_qemu_begin - make its process, which does nothing yet, so that its number can be
 * recorded first: it ends if we do.
 * Errors: -ENOENT there is no QEMU; others from the system.  Nothing to close then.
 */
int hotplug_qemu_begin(struct hotplug_qemu *q, const struct hotplug_qemu_wish *wish,
                       struct xyl_err *err);

/*
 * hotplug_qemu_run - let it go, until a viewer can connect; a minute at most.
 * @port  out: where.
 * Errors: -EIO it ended, with its last words; -ETIMEDOUT.  It may run still: hotplug_qemu_end().
 */
int hotplug_qemu_run(struct hotplug_qemu *q, unsigned int *port, struct xyl_err *err);

/* hotplug_qemu_close - leave it; one that was not let go is ended. */
void hotplug_qemu_close(struct hotplug_qemu *q);

/* hotplug_qemu_end - end it and wait for its end; one that is gone is no error. */
int hotplug_qemu_end(const struct hotplug_process *process, struct xyl_err *err);

/* hotplug_qemu_watch - a descriptor, readable when it ends.  Errors: -ESRCH it has. */
int hotplug_qemu_watch(const struct hotplug_process *process);

/* hotplug_qemu_reap - forget one that has ended, if it was our child. */
void hotplug_qemu_reap(const struct hotplug_process *process);

#endif
