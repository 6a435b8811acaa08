/* SPDX-License-Identifier: GPL-2.0-only */
/* Disk specifications. */
#include "spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Old prefixes of a target that say how it is served. */
struct prefix {
    const char *name;
    const char *format;         /* that it stands for; NULL: script=block-NAME */
};

static const struct prefix prefixes[] = {
    { "phy:", "raw" }, { "file:", "raw" }, { "raw:", "raw" }, { "aio:", "raw" }, { "tap:", "" },
    { "tap2:", "" }, { "tapdisk:", "" }, { "ioemu:", "" }, { "qcow:", "qcow" },
    { "qcow2:", "qcow2" }, { "vhd:", "vhd" }, { "qed:", "qed" }, { "iscsi:", NULL },
    { "nbd:", NULL }, { "enbd:", NULL }, { "drbd:", NULL }, { NULL, NULL },
};

static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd", "qed" };

static bool is_format(const char *word)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(word, formats[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int take_target(struct spec *spec, void *out, const char *value)
{
    struct xyl_disk *disk = out;

    /* An empty drive; whether that can be is seen at the end. */
    return value[0] == '\0' ? 0 : spec_store(spec, &disk->target, value);
}

static int take_format(struct spec *spec, void *out, const char *value)
{
    (void)out;
    if (value[0] == '\0' || strcmp(value, "raw") == 0) {
        return 0;
    }
    if (strcmp(value, "empty") == 0) {
        return spec_bad(spec, -EOPNOTSUPP, "format empty: a PV guest has no drive whose tray "
                        "could be empty; attach the disk when there is one");
    }
    if (is_format(value)) {
        return spec_bad(spec, -EOPNOTSUPP, "format %s is not supported yet, only raw is; "
                        "\"qemu-img convert -O raw\" makes a raw image of it", value);
    }
    return spec_bad(spec, -EINVAL, "format \"%s\" is unknown; there is raw", value);
}

static int take_vdev(struct spec *spec, void *out, const char *value)
{
    struct xyl_disk *disk = out;
    char *colon;
    int rc = spec_store(spec, &disk->vdev, value);

    colon = rc == 0 ? strchr(disk->vdev, ':') : NULL;
    if (colon != NULL) {
        *colon = '\0';
        rc = spec_give(spec, "devtype", colon + 1);
        spec->word = "vdev";
    }
    if (rc == 0) {
        rc = xyl_vdev_number(disk->vdev);
    }
    if (rc == -ERANGE) {
        return spec_bad(spec, -EINVAL, "vdev %s: there is no number for such a disk or partition",
                        disk->vdev);
    }
    return rc == -EINVAL ? spec_bad(spec, rc, "vdev \"%s\" is no disk's name; xvda, sda1, hdb and "
                                    "the like are", disk->vdev) : rc < 0 ? rc : 0;
}

static int take_access(struct spec *spec, void *out, const char *value)
{
    struct xyl_disk *disk = out;

    disk->readonly = strcmp(value, "r") == 0 || strcmp(value, "ro") == 0;
    if (disk->readonly || strcmp(value, "w") == 0 || strcmp(value, "rw") == 0 ||
        value[0] == '\0') {
        return 0;
    }
    return spec_bad(spec, -EINVAL, "access \"%s\": expected r, ro, w or rw", value);
}

static int take_devtype(struct spec *spec, void *out, const char *value)
{
    struct xyl_disk *disk = out;

    disk->cdrom = strcmp(value, "cdrom") == 0;
    return disk->cdrom || strcmp(value, "disk") == 0 ? 0 :
           spec_bad(spec, -EINVAL, "devtype \"%s\": expected disk or cdrom", value);
}

static int take_cdrom(struct spec *spec, void *out, const char *value)
{
    (void)out;
    (void)value;
    return spec_give(spec, "devtype", "cdrom");
}

static int take_script(struct spec *spec, void *out, const char *value)
{
    struct xyl_disk *disk = out;

    return spec_store(spec, &disk->script, value);
}

static int take_backend(struct spec *spec, void *out, const char *value)
{
    (void)out;
    if (strcmp(value, "0") == 0 || strcmp(value, "Domain-0") == 0) {
        return 0;
    }
    return spec_bad(spec, -EOPNOTSUPP, "backend \"%s\": disks come from domain 0 only so far",
                    value);
}

static int take_backendtype(struct spec *spec, void *out, const char *value)
{
    (void)out;
    if (strcmp(value, "phy") == 0) {
        return 0;
    }
    if (strcmp(value, "qdisk") == 0 || strcmp(value, "tap") == 0) {
        return spec_bad(spec, -EOPNOTSUPP, "backendtype %s is not supported; phy serves files "
                        "and block devices", value);
    }
    return spec_bad(spec, -EINVAL, "backendtype \"%s\": expected phy", value);
}

static int take_removable(struct spec *spec, void *out, const char *value)
{
    (void)spec;
    (void)value;
    ((struct xyl_disk *)out)->removable = true;
    return 0;
}

static int take_direct_io_safe(struct spec *spec, void *out, const char *value)
{
    (void)spec;
    (void)value;
    ((struct xyl_disk *)out)->direct_io_safe = true;
    return 0;
}

static int take_discard(struct spec *spec, void *out, const char *value)
{
    struct xyl_disk *disk = out;

    (void)value;
    disk->discard = strcmp(spec->word, "discard") == 0 ? XYL_DISCARD_ON : XYL_DISCARD_OFF;
    return 0;
}

static int take_trust(struct spec *spec, void *out, const char *value)
{
    (void)value;
    ((struct xyl_disk *)out)->untrusted = strcmp(spec->word, "untrusted") == 0;
    return 0;
}

static const struct spec_key disk_keys[] = {
    { "target", true, true, take_target },
    { "format", true, false, take_format },
    { "vdev", true, false, take_vdev },
    { "access", true, false, take_access },
    { "devtype", true, false, take_devtype },
    { "cdrom", false, false, take_cdrom },
    { "script", true, false, take_script },
    { "backend", true, false, take_backend },
    { "backendtype", true, false, take_backendtype },
    { "removable", false, false, take_removable },
    { "direct-io-safe", false, false, take_direct_io_safe },
    { "discard", false, false, take_discard },
    { "no-discard", false, false, take_discard },
    { "trusted", false, false, take_trust },
    { "untrusted", false, false, take_trust },
    { NULL, false, false, NULL },
};

/* The first word: a target that may have old prefixes, one or several ("tap:aio:"). */
static int take_prefixed(struct spec *spec, const char *word)
{
    const struct prefix *prefix = prefixes;
    char script[32];
    int rc = 0;

    while (rc == 0 && prefix->name != NULL) {
        size_t len = strlen(prefix->name);

        if (strncmp(word, prefix->name, len) != 0) {
            prefix++;
            continue;
        }
        word += len + strspn(word + len, " \t");
        if (prefix->format == NULL) {
            snprintf(script, sizeof(script), "block-%.*s", (int)len - 1, prefix->name);
            rc = spec_give(spec, "script", script);
        }
        if (prefix->format != NULL && prefix->format[0] == '\0') {
            /* "tap:" says nothing of the format; another prefix may follow. */
            prefix = prefixes;
            continue;
        }
        rc = rc == 0 ? spec_give(spec, "format", prefix->format != NULL ? prefix->format :
                                 "raw") : rc;
        break;
    }
    return rc == 0 ? spec_give(spec, "target", word) : rc;
}

static int positional(struct spec *spec, void *out, const char *word)
{
    (void)out;
    if (!spec_seen(spec, "target")) {
        return take_prefixed(spec, word);
    }
    if (!spec_seen(spec, "format")) {
        return spec_give(spec, "format", word);
    }
    if (!spec_seen(spec, "vdev")) {
        return word[0] == '\0' ? 0 : spec_give(spec, "vdev", word);
    }
    if (!spec_seen(spec, "access")) {
        return spec_give(spec, "access", word);
    }
    return spec_bad(spec, -EINVAL, "\"%s\" is one word too many; a disk is "
                    "TARGET,FORMAT,VDEV,ACCESS", word);
}

/* What is said by several words together. */
static int finish(struct spec *spec, struct xyl_disk *disk, bool said_access)
{
    if (disk->target == NULL) {
        return spec_bad(spec, disk->cdrom ? -EOPNOTSUPP : -EINVAL, disk->cdrom ?
                        "an empty CD-ROM drive: a PV guest has no tray; attach the disk when "
                        "there is one" : "target is missing: the file or block device");
    }
    if (disk->vdev == NULL) {
        return spec_bad(spec, -EINVAL, "vdev is missing: the guest's name of the disk, as in "
                        "vdev=xvda");
    }
    if (disk->cdrom && said_access && !disk->readonly) {
        return spec_bad(spec, -EINVAL, "a CD-ROM cannot be written: access=r");
    }
    disk->readonly = disk->readonly || disk->cdrom;
    return 0;
}

int xyl_disk_parse(const char *text, struct xyl_disk *disk, size_t *at, struct xyl_err *err)
{
    struct spec spec = {
        .kind = "disk", .keys = disk_keys, .positional = positional, .out = disk, .err = err,
    };
    int rc;

    xyl_disk_init(disk);
    rc = spec_read(&spec, text, at);
    if (rc == 0) {
        rc = finish(&spec, disk, spec_seen(&spec, "access"));
    }
    if (rc < 0) {
        xyl_disk_dispose(disk);
    }
    return rc;
}

char *xyl_disk_text(const struct xyl_disk *disk)
{
    char *text;

    /* The target last: it may hold commas. */
    if (asprintf(&text, "format=raw,vdev=%s,access=%s%s%s%s%s%s%s%s%s,target=%s", disk->vdev,
                 disk->readonly ? "ro" : "rw", disk->cdrom ? ",devtype=cdrom" : "",
                 disk->script != NULL ? ",script=" : "",
                 disk->script != NULL ? disk->script : "", disk->removable ? ",removable" : "",
                 disk->direct_io_safe ? ",direct-io-safe" : "",
                 disk->discard == XYL_DISCARD_ON ? ",discard" : "",
                 disk->discard == XYL_DISCARD_OFF ? ",no-discard" : "",
                 disk->untrusted ? ",untrusted" : "", disk->target) < 0) {
        return NULL;
    }
    return text;
}
