/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * offload IFACE on|off|none: scatter and gather and segments are left to a network card, or done by
 * this kernel; none: check sums too.  Netfront makes no check sums itself: "off" leaves them on.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const struct feature {
    const char *name;
    uint32_t get, set;
} features[] = {                /* each needs those before it */
    { "check sums", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM },
    { "scatter and gather", ETHTOOL_GSG, ETHTOOL_SSG },
    { "TCP segments", ETHTOOL_GTSO, ETHTOOL_STSO },
    { "segments", ETHTOOL_GGSO, ETHTOOL_SGSO },
    { "received segments", ETHTOOL_GGRO, ETHTOOL_SGRO },
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

static uint32_t ethtool(const char *iface, uint32_t cmd, uint32_t data)
{
    struct ethtool_value value = { .cmd = cmd, .data = data };
    struct ifreq request = { .ifr_data = (char *)&value };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", iface);
    if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0) {
        fprintf(stderr, "offload: %s: %s\n", iface, strerror(errno));
        exit(1);
    }
    return value.data;
}

int main(int argc, char **argv)
{
    uint32_t on = argc == 3 && strcmp(argv[2], "on") == 0;
    size_t first = argc == 3 && strcmp(argv[2], "off") == 0 ? 1 : 0;

    if (argc != 3) {
        fprintf(stderr, "usage: offload IFACE on|off|none\n");
        return 2;
    }
    for (size_t i = first; i < FEATURES; i++) {
        const struct feature *f = &features[on != 0 ? i : FEATURES - 1 - (i - first)];

        (void)ethtool(argv[1], f->set, on);
        if (ethtool(argv[1], f->get, 0) != on) {
            fprintf(stderr, "offload: %s: %s cannot be set to %u\n", argv[1], f->name, on);
            return 1;
        }
    }
    return 0;
}
