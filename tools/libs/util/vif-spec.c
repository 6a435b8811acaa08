/* SPDX-License-Identifier: GPL-2.0-only */
/* Network card specifications. */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_USECS   50000u     /* the interval if none is given */
#define MTU_MIN      68         /* RFC 791 */
#define MTU_MAX      65535
#define DEVID_MAX    65535
#define RATE_MAX     1000000000000000000ull  /* bytes or bits a second */

static int take_mac(struct spec *spec, void *out, const char *value)
{
    struct xyl_vif *vif = out;
    unsigned int mac[6], any = 0;
    int end = -1;

    /* A sign or a blank would be part of a number to sscanf(). */
    if (strspn(value, "0123456789abcdefABCDEF:") != strlen(value) ||
        sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
               &mac[5], &end) != 6 || end != (int)strlen(value) || strlen(value) != 17) {
        return spec_bad(spec, -EINVAL, "mac \"%s\": expected six bytes, as in 00:16:3e:12:34:56",
                        value);
    }
    for (size_t i = 0; i < 6; i++) {
        vif->mac[i] = (uint8_t)mac[i];
        any |= mac[i];
    }
    if ((mac[0] & 1) || any == 0) {
        return spec_bad(spec, -EINVAL, "mac %s: %s", value, any == 0 ? "zero is no address" :
                        "the first byte is odd, which is a group's address, not a card's");
    }
    vif->mac_given = true;
    return 0;
}

/* A name that Linux takes for an interface. */
static int take_ifname(struct spec *spec, char **field, const char *value)
{
    size_t len = strlen(value);

    if (len > XYL_IFNAME_MAX) {
        return spec_bad(spec, -EINVAL, "%s \"%s\": an interface's name has at most %d characters",
                        spec->word, value, XYL_IFNAME_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        if (!isgraph((unsigned char)value[i]) || value[i] == '/' || value[i] == ':') {
            return spec_bad(spec, -EINVAL, "%s \"%s\": no interface can have such a name",
                            spec->word, value);
        }
    }
    if (strcmp(value, ".") == 0 || strcmp(value, "..") == 0) {
        return spec_bad(spec, -EINVAL, "%s \"%s\": no interface can have such a name",
                        spec->word, value);
    }
    return spec_store(spec, field, value);
}

static int take_bridge(struct spec *spec, void *out, const char *value)
{
    return take_ifname(spec, &((struct xyl_vif *)out)->bridge, value);
}

static int take_vifname(struct spec *spec, void *out, const char *value)
{
    return take_ifname(spec, &((struct xyl_vif *)out)->vifname, value);
}

static int take_gatewaydev(struct spec *spec, void *out, const char *value)
{
    return take_ifname(spec, &((struct xyl_vif *)out)->gatewaydev, value);
}

static int take_ip(struct spec *spec, void *out, const char *value)
{
    return spec_store(spec, &((struct xyl_vif *)out)->ip, value);
}

static int take_script(struct spec *spec, void *out, const char *value)
{
    return spec_store(spec, &((struct xyl_vif *)out)->script, value);
}

static int take_model(struct spec *spec, void *out, const char *value)
{
    return spec_store(spec, &((struct xyl_vif *)out)->model, value);
}

static int take_type(struct spec *spec, void *out, const char *value)
{
    (void)out;
    if (strcmp(value, "vif") == 0) {
        return 0;
    }
    if (strcmp(value, "ioemu") == 0) {
        return spec_bad(spec, -EOPNOTSUPP, "type ioemu needs a device model, which PV guests do "
                        "not have; use type=vif");
    }
    return spec_bad(spec, -EINVAL, "type \"%s\": expected vif", value);
}

static int take_backend(struct spec *spec, void *out, const char *value)
{
    (void)out;
    if (strcmp(value, "0") == 0 || strcmp(value, "Domain-0") == 0) {
        return 0;
    }
    return spec_bad(spec, -EOPNOTSUPP, "backend \"%s\": network cards come from domain 0 only so "
                    "far", value);
}

static int bad_rate(struct spec *spec, const char *value)
{
    return spec_bad(spec, -EINVAL, "rate \"%s\": expected as in 10Mb/s (bits), 1MB/s (bytes) or "
                    "1MB/s@20ms", value);
}

/* "20ms", "100us", "1s": microseconds, or 0 if it is none or too long. */
static uint32_t interval(const char *text)
{
    static const struct { const char *unit; uint64_t usecs; } units[] = {
        { "us", 1 }, { "ms", 1000 }, { "s", 1000000 },
    };
    char *end;
    uint64_t number = strtoul(text, &end, 10);

    if (!isdigit((unsigned char)text[0]) || number > UINT32_MAX) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].unit) == 0) {
            return number * units[i].usecs <= UINT32_MAX ? (uint32_t)(number * units[i].usecs) : 0;
        }
    }
    return 0;
}

static int take_rate(struct spec *spec, void *out, const char *value)
{
    struct xyl_vif *vif = out;
    static const char prefixes[] = "KMG";
    const char *prefix;
    uint64_t per_second, factor = 1;
    char *end;

    per_second = strtoul(value, &end, 10);
    prefix = *end != '\0' ? strchr(prefixes, *end) : NULL;
    for (const char *p = prefixes; prefix != NULL && p <= prefix; p++) {
        factor *= 1000;
    }
    if (!isdigit((unsigned char)value[0]) || per_second > RATE_MAX / factor) {
        return bad_rate(spec, value);
    }
    end += prefix != NULL;
    if (strncmp(end, "b/s", 3) != 0 && strncmp(end, "B/s", 3) != 0) {
        return bad_rate(spec, value);
    }
    per_second = per_second * factor / (*end == 'b' ? 8 : 1);
    end += 3;
    vif->rate_usecs = *end == '\0' ? RATE_USECS : *end == '@' ? interval(end + 1) : 0;
    /* The product is more than 64 bits hold. */
    vif->rate_bytes = (uint64_t)((unsigned __int128)per_second * vif->rate_usecs / 1000000);
    if (vif->rate_usecs == 0 || vif->rate_bytes == 0) {
        return bad_rate(spec, value);
    }
    return 0;
}

static int take_mtu(struct spec *spec, void *out, const char *value)
{
    return spec_number(spec, value, MTU_MIN, MTU_MAX, &((struct xyl_vif *)out)->mtu);
}

static int take_devid(struct spec *spec, void *out, const char *value)
{
    return spec_number(spec, value, 0, DEVID_MAX, &((struct xyl_vif *)out)->devid);
}

static int take_trust(struct spec *spec, void *out, const char *value)
{
    (void)value;
    ((struct xyl_vif *)out)->untrusted = strcmp(spec->word, "untrusted") == 0;
    return 0;
}

static const struct spec_key vif_keys[] = {
    { "mac", true, false, take_mac },
    { "bridge", true, false, take_bridge },
    { "gatewaydev", true, false, take_gatewaydev },
    { "ip", true, false, take_ip },
    { "script", true, false, take_script },
    { "vifname", true, false, take_vifname },
    { "type", true, false, take_type },
    { "model", true, false, take_model },
    { "backend", true, false, take_backend },
    { "rate", true, false, take_rate },
    { "mtu", true, false, take_mtu },
    { "devid", true, false, take_devid },
    { "trusted", false, false, take_trust },
    { "untrusted", false, false, take_trust },
    { NULL, false, false, NULL },
};

/* Nothing at all is a card with all defaults; so is a comma at the end. */
static int positional(struct spec *spec, void *out, const char *word)
{
    (void)out;
    return word[0] == '\0' ? 0 :
           spec_bad(spec, -EINVAL, "\"%s\": a network card is described by KEY=VALUE, as in "
                    "bridge=xenbr0", word);
}

int xyl_vif_parse(const char *text, struct xyl_vif *vif, size_t *at, struct xyl_err *err)
{
    struct spec spec = {
        .kind = "vif", .keys = vif_keys, .positional = positional, .out = vif, .err = err,
    };
    int rc;

    xyl_vif_init(vif);
    rc = spec_read(&spec, text, at);
    if (rc < 0) {
        xyl_vif_dispose(vif);
    }
    return rc;
}

static void put(FILE *out, const char *key, const char *value)
{
    if (value != NULL) {
        fprintf(out, "%s%s=%s", ftell(out) > 0 ? "," : "", key, value);
    }
}

static void put_long(FILE *out, const char *key, long value)
{
    if (value != XYL_UNSET) {
        fprintf(out, "%s%s=%ld", ftell(out) > 0 ? "," : "", key, value);
    }
}

char *xyl_vif_text(const struct xyl_vif *vif)
{
    char *text = NULL, mac[XYL_MAC_TEXT];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return NULL;
    }
    xyl_mac_format(vif->mac, mac);
    put(out, "mac", vif->mac_given ? mac : NULL);
    put(out, "bridge", vif->bridge);
    put(out, "gatewaydev", vif->gatewaydev);
    put(out, "ip", vif->ip);
    put(out, "script", vif->script);
    put(out, "vifname", vif->vifname);
    put(out, "model", vif->model);
    put_long(out, "mtu", vif->mtu);
    put_long(out, "devid", vif->devid);
    if (vif->rate_usecs != 0) {
        /* Rounded up, so that the division on reading gives the same number again. */
        uint64_t per_second = (uint64_t)(((unsigned __int128)vif->rate_bytes * 1000000 +
                                          vif->rate_usecs - 1) / vif->rate_usecs);
        fprintf(out, "%srate=%" PRIu64 "B/s@%" PRIu32 "us", ftell(out) > 0 ? "," : "", per_second,
                vif->rate_usecs);
    }
    if (vif->untrusted) {
        fprintf(out, "%suntrusted", ftell(out) > 0 ? "," : "");
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
