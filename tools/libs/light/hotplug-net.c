/* SPDX-License-Identifier: GPL-2.0-only */
/* Network interfaces: one rtnetlink message (RFC 3549) does all that a card needs. */
#include "hotplug.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RENAME_STEPS 1000           /* an old interface of that name is on its way out: 2 s */
#define APPEAR_STEPS 5000           /* 10 s */
#define STEP_NS      2000000

struct message {
    struct nlmsghdr header;
    struct ifinfomsg link;
    char attributes[128];
};

static void add(struct message *m, unsigned short type, const void *data, size_t len)
{
    struct rtattr *attr = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->header.nlmsg_len));

    attr->rta_type = type;
    attr->rta_len = (unsigned short)RTA_LENGTH(len);
    memcpy(RTA_DATA(attr), data, len);
    m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + RTA_ALIGN(attr->rta_len);
}

/* Send, and wait for the kernel's answer: 0 or -Exxx. */
static int talk(struct message *m)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[sizeof(struct message)];
    } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), rc;
    ssize_t len;

    if (fd < 0) {
        return -errno;
    }
    if (send(fd, m, m->header.nlmsg_len, 0) < 0) {
        rc = -errno;
    } else {
        do {
            len = recv(fd, &answer, sizeof(answer), 0);
        } while (len < 0 && errno == EINTR);
        rc = len < 0 ? -errno :
             (size_t)len < sizeof(answer.header) + sizeof(answer.error.error) ||
             answer.header.nlmsg_type != NLMSG_ERROR ? -EPROTO : answer.error.error;
    }
    close(fd);
    return rc;
}

/* The interface's number, or -ENODEV, or why the kernel could not be asked. */
static int index_of(const char *name)
{
    int index = (int)if_nametoindex(name);

    return index > 0 ? index : -errno;
}

int hotplug_vif_wait(const char *ifname, struct xyl_err *err)
{
    int index = index_of(ifname);

    for (int i = 0; index == -ENODEV && i < APPEAR_STEPS; i++) {
        nanosleep(&(struct timespec){ 0, STEP_NS }, NULL);
        index = index_of(ifname);
    }
    if (index == -ENODEV) {
        return xyl_fail(err, index, "the backend made no interface %s; see domain 0's kernel log",
                        ifname);
    }
    return index < 0 ? xyl_fail_sys(err, index, "cannot find %s", ifname) : 0;
}

int hotplug_bridge_check(const char *bridge, struct xyl_err *err)
{
    int rc = index_of(bridge);
    char path[64];

    if (rc == -ENODEV) {
        return xyl_fail(err, -ENODEV, "there is no bridge %s in domain 0; make it (\"ip link add "
                        "%s type bridge; ip link set %s up\"), or name another with bridge=",
                        bridge, bridge, bridge);
    }
    snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", bridge);
    rc = rc < 0 ? rc : access(path, F_OK) == 0 ? 0 : -errno;
    if (rc == -ENOENT) {
        return xyl_fail(err, -ENODEV, "%s is a network interface, but no bridge; name a bridge "
                        "with bridge=", bridge);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot see whether %s is a bridge", bridge);
}

static int mtu_of(const char *name, long *mtu)
{
    char path[64];
    FILE *file;
    int rc;

    snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", name);
    file = fopen(path, "re");
    if (file == NULL) {
        return -errno;
    }
    rc = fscanf(file, "%ld", mtu) == 1 ? 0 : -EIO;
    fclose(file);
    return rc;
}

/* Everything in one message: the kernel does it in the order that it needs. */
static void make_message(struct message *m, const struct hotplug_vif *vif, int index,
                         int bridge, uint32_t mtu)
{
    uint32_t master = (uint32_t)bridge;

    memset(m, 0, sizeof(*m));
    m->header.nlmsg_len = NLMSG_LENGTH(sizeof(m->link));
    m->header.nlmsg_type = RTM_NEWLINK;
    m->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    m->link.ifi_family = AF_UNSPEC;
    m->link.ifi_index = index;
    /* A bridge's port has no address of its own, and nothing to say itself. */
    m->link.ifi_flags = IFF_UP | IFF_NOARP;
    m->link.ifi_change = IFF_UP | IFF_NOARP | IFF_MULTICAST;
    add(m, IFLA_MTU, &mtu, sizeof(mtu));
    if (vif->rename != NULL) {
        add(m, IFLA_IFNAME, vif->rename, strlen(vif->rename) + 1);
    }
    add(m, IFLA_MASTER, &master, sizeof(master));
}

int hotplug_vif_join(const struct hotplug_vif *vif, struct xyl_err *err)
{
    int index = index_of(vif->ifname), bridge = index_of(vif->bridge), rc;
    long mtu = vif->mtu;
    struct message m;

    if (bridge == -ENODEV && (rc = hotplug_bridge_check(vif->bridge, err)) < 0) {
        return rc;
    }
    if (index < 0 || bridge < 0) {
        return xyl_fail_sys(err, index < 0 ? index : bridge, "cannot find %s",
                            index < 0 ? vif->ifname : vif->bridge);
    }
    rc = mtu == XYL_UNSET ? mtu_of(vif->bridge, &mtu) : 0;
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot read the mtu of the bridge %s; say mtu= for the card",
                            vif->bridge);
    }
    make_message(&m, vif, index, bridge, (uint32_t)mtu);
    rc = talk(&m);
    for (int i = 0; rc == -EEXIST && i < RENAME_STEPS; i++) {
        nanosleep(&(struct timespec){ 0, STEP_NS }, NULL);
        rc = talk(&m);
    }
    if (rc == -EEXIST) {
        return xyl_fail(err, rc, "vifname %s: an interface with this name is there already",
                        vif->rename);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot put %s into the bridge %s", vif->ifname,
                                      vif->bridge);
}
