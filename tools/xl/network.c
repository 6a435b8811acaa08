/* SPDX-License-Identifier: GPL-2.0-only */
/* Network cards of a running domain: xl network-attach, network-detach, network-list. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "xyl_json.h"
#include "xyl_spec.h"

int xl_network_attach(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    char *text = xl_join_words(args, 1);
    struct xyl_err why = XYL_ERR_INIT;
    struct xyl_vif vif;
    size_t at;
    int rc;

    if (text == NULL) {
        return -ENOMEM;
    }
    rc = xyl_vif_parse(text, &vif, &at, &why);
    if (rc < 0) {
        rc = xl_spec_fail(text, &why, at, rc, err);
        free(text);
        return rc;
    }
    rc = xl_conf_apply_vif(XL_CONF, &vif, NULL, err);
    if (rc == 0 && !xl_dry_run(xl, "attach a network card to domain %u", args->domid)) {
        rc = xyl_vif_add(xl->light, args->domid, &vif, err);
    }
    xyl_vif_dispose(&vif);
    free(text);
    return rc;
}

/* A card by its number or its MAC. */
static int find_card(struct xl *xl, const struct xl_args *args, uint32_t *id,
                     struct xyl_err *err)
{
    const char *word = args->words[1];
    struct xyl_device_info *all;
    char mac[XYL_MAC_TEXT], *end;
    unsigned long number = strtoul(word, &end, 10);
    size_t nr;
    int rc = -ENODEV;

    if (word[0] != '\0' && *end == '\0' && number <= UINT32_MAX) {
        *id = (uint32_t)number;
        return 0;
    }
    all = xyl_devices(xl->light, args->domid, XYL_VIF, &nr, err);
    for (size_t i = 0; all != NULL && i < nr; i++) {
        xyl_mac_format(all[i].mac, mac);
        if (strcasecmp(mac, word) == 0) {
            *id = all[i].id;
            rc = 0;
        }
    }
    free(all);
    return rc == 0 ? 0 : xyl_fail(err, rc, "domain %u has no network card \"%s\"; xl network-list "
                                  "shows those that it has", args->domid, word);
}

int xl_network_detach(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    uint32_t id = 0;
    int rc = find_card(xl, args, &id, err);

    if (rc < 0 || xl_dry_run(xl, "detach network card %u from domain %u", id, args->domid)) {
        return rc;
    }
    return xyl_device_remove(xl->light, args->domid, XYL_VIF, id, args->flag['f'], err);
}

static void print_card(const struct xyl_device_info *d)
{
    char mac[XYL_MAC_TEXT];

    xyl_mac_format(d->mac, mac);
    printf("%-3u %-2u %-17s %5u %5d %6d %5d/%-11d %-30s\n", d->id, d->backend_id, mac, d->id,
           d->state, d->evtchn, d->ring, d->ring_rx, d->back);
}

static void put_card(struct xyl_json *json, const struct xyl_device_info *d)
{
    char mac[XYL_MAC_TEXT];

    xyl_mac_format(d->mac, mac);
    xyl_json_object(json);
    xyl_json_key_number(json, "devid", d->id);
    xyl_json_key_text(json, "mac", mac);
    xyl_json_key_number(json, "backend_id", d->backend_id);
    xyl_json_key_number(json, "state", d->state);
    xyl_json_key_number(json, "evtch_tx", d->evtchn);
    xyl_json_key_number(json, "evtch_rx", d->evtchn_rx);
    xyl_json_key_number(json, "rref_tx", d->ring);
    xyl_json_key_number(json, "rref_rx", d->ring_rx);
    xyl_json_key_text(json, "backend", d->back);
    xyl_json_object_end(json);
}

int xl_network_list(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    static const struct xl_device_list list = {
        XYL_VIF, "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path"
        "                       ", print_card, put_card,
    };

    return xl_list_devices(xl, args, &list, err);
}
