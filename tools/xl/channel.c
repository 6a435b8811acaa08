/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels of a running domain: xl channel-list. */
#include "xl.h"

#include <stdio.h>

#include "xyl_json.h"

static const char *connection(const struct xyl_device_info *d)
{
    return d->socket ? "socket" : "pty";
}

/* Counted from 0, as Xen's xl does; the console's number is one more. */
static void print_channel(const struct xyl_device_info *d)
{
    printf("%-3u %-2u %-5d %-6d %-8d %-10s %-30s \n", d->id - 1, d->backend_id, d->state,
           d->evtchn, d->ring, connection(d), d->path);
}

static void put_channel(struct xyl_json *json, const struct xyl_device_info *d)
{
    xyl_json_object(json);
    xyl_json_key_number(json, "devid", d->id - 1);
    xyl_json_key_number(json, "console", d->id);
    xyl_json_key_number(json, "backend_id", d->backend_id);
    xyl_json_key_number(json, "state", d->state);
    xyl_json_key_number(json, "evtch", d->evtchn);
    xyl_json_key_number(json, "rref", d->ring);
    xyl_json_key_text(json, "connection", connection(d));
    xyl_json_key_text(json, "path", d->path);
    xyl_json_key_text(json, "backend", d->back);
    xyl_json_object_end(json);
}

int xl_channel_list(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    static const struct xl_device_list list = {
        XYL_CONSOLE, "Idx BE state evt-ch ring-ref connection                               ",
        print_channel, put_channel,
    };

    return xl_list_devices(xl, args, &list, err);
}
