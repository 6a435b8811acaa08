/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's disks, cards, channels, screen: wishes; adding, listing, removing them. */
#ifndef XYL_DEVICE_H
#define XYL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xyl_err.h"

struct xyl_light;

#define XYL_UNSET (-1L)

enum xyl_discard { XYL_DISCARD_DEFAULT, XYL_DISCARD_ON, XYL_DISCARD_OFF };

/*
 * A disk.
 * Invariants after parsing:
 *   V1  target and vdev are set; xyl_vdev_number(vdev) is not negative.
 *   V2  cdrom implies readonly.
 *   V3  each string is allocated or NULL, and owned.
 */
struct xyl_disk {
    char *target;               /* file or block device of domain 0; with a script, its business */
    char *vdev;                 /* as the guest knows it: "xvda", "hda1", "51712" */
    char *script;               /* a name in /etc/xen/scripts, or a path; NULL: built in */
    bool readonly, cdrom, removable, direct_io_safe, untrusted;
    enum xyl_discard discard;
};

/*
 * A network card.
 * Invariants after parsing:
 *   N1  mac is no multicast address and not zero, if mac_given.
 *   N2  rate_bytes is 0 (no limit) exactly when rate_usecs is.
 *   N3  each string is allocated or NULL, and owned; bridge and vifname fit an interface's name.
 */
struct xyl_vif {
    long devid;                 /* XYL_UNSET: the first that is free */
    uint8_t mac[6];
    bool mac_given;             /* false: one of Xen's range is chosen */
    bool untrusted;
    char *bridge;               /* NULL: XYL_BRIDGE_DEFAULT */
    char *gatewaydev, *ip, *model, *vifname;
    char *script;               /* NULL: built in */
    uint64_t rate_bytes;        /* that the guest may send in rate_usecs */
    uint32_t rate_usecs;
    long mtu;                   /* XYL_UNSET: the bridge's */
};

/*
 * A channel: one more console of the guest, for programs.
 * Invariants after parsing:
 *   C1  name is set; path is set and absolute, or NULL: a terminal.
 *   C2  each string is allocated or NULL, and owned; path fits a socket's address.
 */
struct xyl_channel {
    char *name;                 /* by which the guest's program finds it */
    char *path;                 /* of the socket in domain 0 */
};

#define XYL_CHANNELS_MAX 9      /* Linux takes the last digit of a console for its number */

/*
 * A screen, which a VNC viewer shows.
 * Invariants after parsing:
 *   S1  listen is an IPv4 or IPv6 address as inet_pton() takes it, without brackets, or NULL.
 *   S2  display is XYL_UNSET or 0 to XYL_VNC_DISPLAY_MAX.
 *   S3  each string is allocated or NULL, and owned; keymap has letters, digits, dashes only.
 */
struct xyl_vfb {
    char *listen;               /* address that VNC is served at; NULL: XYL_VNC_LISTEN */
    long display;               /* port XYL_VNC_PORT and so many; XYL_UNSET: 0 */
    bool this_display;          /* no later one if that is taken */
    char *keymap;               /* NULL: the server's own */
};

/*
 * A keyboard with its pointer.
 * Invariants after parsing:
 *   B1  width and height are XYL_UNSET or 1 to 65535.
 *   B2  unique_id is allocated or NULL, and owned.
 */
struct xyl_vkb {
    char *unique_id;
    bool no_keyboard, no_pointer;       /* parts that the guest is not to have */
    long width, height;                 /* range of the pointer; XYL_UNSET: the guest's own */
};

#define XYL_VNC_LISTEN      "127.0.0.1"
#define XYL_VNC_PORT        5900
#define XYL_VNC_DISPLAY_MAX 59635       /* the last port is 65535 */

#define XYL_BRIDGE_DEFAULT "xenbr0"
#define XYL_IFNAME_MAX     15       /* characters of a network interface's name in Linux */
#define XYL_MAC_TEXT       18       /* "00:16:3e:xx:xx:xx" and a NUL */

void xyl_disk_init(struct xyl_disk *disk);
void xyl_disk_dispose(struct xyl_disk *disk);       /* may be called again */
void xyl_vif_init(struct xyl_vif *vif);
void xyl_vif_dispose(struct xyl_vif *vif);
void xyl_channel_dispose(struct xyl_channel *channel);
void xyl_vfb_init(struct xyl_vfb *vfb);
void xyl_vfb_dispose(struct xyl_vfb *vfb);          /* these two likewise */
void xyl_vkb_init(struct xyl_vkb *vkb);
void xyl_vkb_dispose(struct xyl_vkb *vkb);
void xyl_mac_format(const uint8_t mac[6], char text[XYL_MAC_TEXT]);

/* ------------------------------------------------------------ names of virtual disks */

#define XYL_VDEV_TEXT 24            /* bytes that any name needs */

/*
 * xyl_vdev_number - xvdXN, sdXN, hdXN, dNpN, or the number itself, as the ABI numbers them
 * (202 << 8 | disk << 4 | partition, and so on).
 * Errors: -EINVAL no such form; -ERANGE a disk or partition that the form has no number for.
 */
int xyl_vdev_number(const char *name);

/* xyl_vdev_name - the name Linux guests use for a number; the number itself if there is none. */
void xyl_vdev_name(uint32_t number, char name[XYL_VDEV_TEXT]);

/* ------------------------------------------------------------ devices of a domain */

/*
 * xyl_disk_add, xyl_vif_add - give a domain one more device while it runs; returns when the
 * backend is ready for the guest.  @vif's devid and mac are filled in if they were not given.
 * Errors: -EEXIST the domain has it already; -EBUSY the target is in use; others from the
 * system.  On error nothing of the device remains.
 */
int xyl_disk_add(struct xyl_light *light, uint32_t domid, const struct xyl_disk *disk,
                 struct xyl_err *err);
int xyl_vif_add(struct xyl_light *light, uint32_t domid, struct xyl_vif *vif,
                struct xyl_err *err);

/* Those from XYL_VFB on are QEMU's. */
enum xyl_device_type { XYL_VBD, XYL_VIF, XYL_CONSOLE, XYL_VFB, XYL_VKB };

/*
 * xyl_device_remove - take a device away; the guest is asked to let go of it.
 * @force  if it has not done so after ten seconds, close its side for it.
 * Errors: -ENODEV no such device; -EBUSY without @force: the guest still uses it after ten seconds:
 * it goes when the guest lets go.
 */
int xyl_device_remove(struct xyl_light *light, uint32_t domid, enum xyl_device_type type,
                      uint32_t id, bool force, struct xyl_err *err);

/* A device that a domain has, as `xl block-list`, `network-list`, `channel-list` show it. */
struct xyl_device_info {
    uint32_t id;
    uint32_t backend_id;
    uint32_t domid;             /* of the guest */
    int state;                  /* the frontend's; -1 unknown */
    int evtchn, evtchn_rx;      /* -1: not connected; vif: for sending and receiving */
    int ring, ring_rx;          /* grant references; -1: not connected, or several pages */
    char back[160];             /* path of the backend in the store */
    uint8_t mac[6];             /* vif */
    bool socket;                /* channel */
    char path[160];             /* channel: of its socket or terminal; "": none yet */
};

/*
 * xyl_devices - the devices of a domain, in order of their numbers.
 * Returns an array for free(), or NULL with @err set.
 */
struct xyl_device_info *xyl_devices(struct xyl_light *light, uint32_t domid,
                                    enum xyl_device_type type, size_t *nr, struct xyl_err *err);

/*
 * xyl_screen_address - where viewers find a domain's screen, as "127.0.0.1::5900", for free().
 * Errors: NULL with @err set, also if there is none.
 */
char *xyl_screen_address(struct xyl_light *light, uint32_t domid, struct xyl_err *err);

struct xyl_domain_config;

/*
 * xyl_devices_load - replace the configuration's disks and network cards by those that the
 * domain has now, so that what was attached and detached stays so when it is started again.
 * Errors: as the store gives them; @config is unchanged then.
 */
int xyl_devices_load(struct xyl_light *light, uint32_t domid, struct xyl_domain_config *config,
                     struct xyl_err *err);

#endif
