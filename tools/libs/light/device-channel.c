/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels: the second and later consoles, whose back end is xenconsoled. */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_LIMIT "1048576"  /* bytes that are kept while nobody reads */

/*
 * The guest's driver knows a channel by its name; what connects it is for the back end, which
 * believes its own folder only.  All that we say to the guest stays ours: a QEMU that serves its
 * screen takes any console for its own whose front end has "ioemu" as its type, and does with it
 * what the other nodes say.
 */
int channel_begin(struct xyl_light *light, uint32_t domid, uint32_t id,
                  const struct xyl_channel *channel, struct device *dev, struct xyl_err *err)
{
    struct device_nodes nodes = { .nr = 0 };
    const char *connection = channel->path != NULL ? "socket" : "pty";

    device_init(dev, domid, XYL_CONSOLE, id);
    nodes_add(&nodes, IN_FRONT_FIXED | IN_BACK, "name", "%s", channel->name);
    nodes_add(&nodes, IN_FRONT_FIXED | IN_BACK, "connection", "%s", connection);
    nodes_add(&nodes, IN_BACK, "protocol", "vt100");
    nodes_add(&nodes, IN_FRONT_FIXED | IN_BACK, "limit", OUTPUT_LIMIT);
    nodes_add(&nodes, IN_FRONT_FIXED, "type", "xenconsoled");
    nodes_add(&nodes, IN_FRONT_FIXED, "output", "%s", connection);
    if (channel->path != NULL) {
        nodes_add(&nodes, IN_FRONT_FIXED | IN_BACK, "path", "%s", channel->path);
    } else {
        nodes_add(&nodes, IN_FRONT_FIXED, "tty", "%s", "");
    }
    return device_write(light, dev, &nodes, err);
}

void channel_forget(struct xyl_light *light, const struct device *dev)
{
    char node[LIGHT_PATH + 8], *path;

    snprintf(node, sizeof(node), "%s/path", dev->own);
    path = xyl_store_read(light->store, XYL_STORE_NO_TX, node, NULL);
    if (path != NULL) {
        hotplug_socket_forget(path);
    }
    free(path);
}
