/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks of a running domain: xl block-attach, block-detach, block-list. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xyl_json.h"
#include "xyl_spec.h"

char *xl_join_words(const struct xl_args *args, int first)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return NULL;
    }
    for (int i = first; i < args->nr; i++) {
        fprintf(out, "%s%s", i > first ? "," : "", args->words[i]);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

int xl_disk_absolute(struct xyl_disk *disk, struct xyl_err *err)
{
    char *folder, *path;

    /* With a script, the target is the script's business. */
    if (disk->script != NULL || disk->target[0] == '/') {
        return 0;
    }
    folder = getcwd(NULL, 0);
    if (folder == NULL || asprintf(&path, "%s/%s", folder, disk->target) < 0) {
        free(folder);
        return xyl_fail(err, -ENOMEM, "cannot find %s: out of memory, or no current folder",
                        disk->target);
    }
    free(folder);
    free(disk->target);
    disk->target = path;
    return 0;
}

int xl_spec_fail(const char *text, const struct xyl_err *why, size_t at, int rc,
                 struct xyl_err *err)
{
    /* The word that is wrong, when there are several. */
    return at > 0 ? xyl_fail(err, rc, "at \"%.*s\": %s", (int)strcspn(text + at, ","), text + at,
                             why->text) : xyl_fail(err, rc, "%s", why->text);
}

int xl_block_attach(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    char *text = xl_join_words(args, 1);
    struct xyl_err why = XYL_ERR_INIT;
    struct xyl_disk disk;
    size_t at;
    int rc;

    if (text == NULL) {
        return -ENOMEM;
    }
    rc = xyl_disk_parse(text, &disk, &at, &why);
    if (rc < 0) {
        rc = xl_spec_fail(text, &why, at, rc, err);
        free(text);
        return rc;
    }
    rc = xl_disk_absolute(&disk, err);
    if (rc == 0 && !xl_dry_run(xl, "attach %s to domain %u as %s", disk.target, args->domid,
                               disk.vdev)) {
        rc = xyl_disk_add(xl->light, args->domid, &disk, err);
    }
    xyl_disk_dispose(&disk);
    free(text);
    return rc;
}

int xl_block_detach(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    int id = xyl_vdev_number(args->words[1]);

    if (id < 0) {
        return xyl_fail(err, -EINVAL, "\"%s\" is no disk's name or number; xl block-list shows "
                        "those of the domain", args->words[1]);
    }
    if (xl_dry_run(xl, "detach disk %s from domain %u", args->words[1], args->domid)) {
        return 0;
    }
    return xyl_device_remove(xl->light, args->domid, XYL_VBD, (uint32_t)id, args->flag['f'], err);
}

static void print_disk(const struct xyl_device_info *d)
{
    printf("%-5u %-3u %-6u %-5d %-6d %-8d %-30s\n", d->id, d->backend_id, d->domid, d->state,
           d->evtchn, d->ring, d->back);
}

static void put_disk(struct xyl_json *json, const struct xyl_device_info *d)
{
    char name[XYL_VDEV_TEXT];

    xyl_vdev_name(d->id, name);
    xyl_json_object(json);
    xyl_json_key_text(json, "vdev", name);
    xyl_json_key_number(json, "devid", d->id);
    xyl_json_key_number(json, "backend_id", d->backend_id);
    xyl_json_key_number(json, "state", d->state);
    xyl_json_key_number(json, "evtch", d->evtchn);
    xyl_json_key_number(json, "rref", d->ring);
    xyl_json_key_text(json, "backend", d->back);
    xyl_json_object_end(json);
}

int xl_list_devices(struct xl *xl, const struct xl_args *args, const struct xl_device_list *list,
                    struct xyl_err *err)
{
    struct xyl_json json;
    int rc = 0;

    if (args->flag['j']) {
        xyl_json_start(&json, stdout);
        xyl_json_array(&json);
    } else {
        printf("%s\n", list->title);
    }
    for (int w = 0; rc == 0 && w < args->nr; w++) {
        struct xyl_device_info *all;
        uint32_t domid;
        size_t nr;

        rc = xyl_domain_find(xl->light, args->words[w], &domid, err);
        all = rc == 0 ? xyl_devices(xl->light, domid, list->type, &nr, err) : NULL;
        rc = rc == 0 && all == NULL ? -EIO : rc;
        for (size_t i = 0; all != NULL && i < nr; i++) {
            if (args->flag['j']) {
                list->put(&json, &all[i]);
            } else {
                list->print(&all[i]);
            }
        }
        free(all);
    }
    if (args->flag['j']) {
        xyl_json_array_end(&json);
        xyl_json_end(&json);
    }
    return rc;
}

int xl_block_list(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    static const struct xl_device_list list = {
        XYL_VBD, "Vdev  BE  handle state evt-ch ring-ref BE-path                       ",
        print_disk, put_disk,
    };

    return xl_list_devices(xl, args, &list, err);
}
