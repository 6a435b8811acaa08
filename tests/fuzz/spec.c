/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Input of people and of programs that write configurations: specifications of disks, network
 * cards, channels, screens, keyboards, ranges.  What is accepted has its invariants and a text that
 * parses to the same; what is refused has a reason and a place inside the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int claim)
{
    if (!claim) {
        abort();
    }
}

static void refused(const struct xyl_err *err, size_t at, const char *text)
{
    require(err->text[0] != '\0' && at <= strlen(text));
}

static void try_disk(const char *text)
{
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_disk disk, again;
    char *first, *second;
    size_t at = SIZE_MAX;

    if (xyl_disk_parse(text, &disk, &at, &err) < 0) {
        refused(&err, at, text);
        return;
    }
    require(disk.target != NULL && disk.vdev != NULL && xyl_vdev_number(disk.vdev) >= 0);
    require(!disk.cdrom || disk.readonly);
    first = xyl_disk_text(&disk);
    require(first != NULL);
    if (strlen(first) <= XYL_SPEC_MAX) {
        require(xyl_disk_parse(first, &again, NULL, &err) == 0);
        second = xyl_disk_text(&again);
        require(second != NULL && strcmp(first, second) == 0);
        free(second);
        xyl_disk_dispose(&again);
    }
    free(first);
    xyl_disk_dispose(&disk);
}

static void try_vif(const char *text)
{
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_vif vif, again;
    char *first, *second;
    size_t at = SIZE_MAX;

    if (xyl_vif_parse(text, &vif, &at, &err) < 0) {
        refused(&err, at, text);
        return;
    }
    require((vif.rate_bytes == 0) == (vif.rate_usecs == 0));
    require(!vif.mac_given || !(vif.mac[0] & 1));
    first = xyl_vif_text(&vif);
    require(first != NULL && xyl_vif_parse(first, &again, NULL, &err) == 0);
    second = xyl_vif_text(&again);
    require(second != NULL && strcmp(first, second) == 0);
    free(first);
    free(second);
    xyl_vif_dispose(&again);
    xyl_vif_dispose(&vif);
}

static void try_channel(const char *text)
{
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_channel channel, again;
    char *first, *second;
    size_t at = SIZE_MAX;

    if (xyl_channel_parse(text, &channel, &at, &err) < 0) {
        refused(&err, at, text);
        return;
    }
    require(channel.name != NULL && (channel.path == NULL || channel.path[0] == '/'));
    first = xyl_channel_text(&channel);
    require(first != NULL && xyl_channel_parse(first, &again, NULL, &err) == 0);
    second = xyl_channel_text(&again);
    require(second != NULL && strcmp(first, second) == 0);
    free(first);
    free(second);
    xyl_channel_dispose(&again);
    xyl_channel_dispose(&channel);
}

static void try_vfb(const char *text)
{
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_vfb vfb, again;
    char *first, *second;
    size_t at = SIZE_MAX;

    if (xyl_vfb_parse(text, &vfb, &at, &err) < 0) {
        refused(&err, at, text);
        return;
    }
    require(vfb.display == XYL_UNSET || (vfb.display >= 0 && vfb.display <= XYL_VNC_DISPLAY_MAX));
    require(vfb.listen == NULL || strpbrk(vfb.listen, "[],/") == NULL);
    first = xyl_vfb_text(&vfb);
    require(first != NULL && xyl_vfb_parse(first, &again, NULL, &err) == 0);
    second = xyl_vfb_text(&again);
    require(second != NULL && strcmp(first, second) == 0);
    free(first);
    free(second);
    xyl_vfb_dispose(&again);
    xyl_vfb_dispose(&vfb);
}

static void try_vkb(const char *text)
{
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_vkb vkb, again;
    char *first, *second;
    size_t at = SIZE_MAX;

    if (xyl_vkb_parse(text, &vkb, &at, &err) < 0) {
        refused(&err, at, text);
        return;
    }
    first = xyl_vkb_text(&vkb);
    require(first != NULL && xyl_vkb_parse(first, &again, NULL, &err) == 0);
    second = xyl_vkb_text(&again);
    require(second != NULL && strcmp(first, second) == 0);
    free(first);
    free(second);
    xyl_vkb_dispose(&again);
    xyl_vkb_dispose(&vkb);
}

/* Ports and frames are ranges alike; an interrupt has no text. */
static void try_range(const char *text,
                      int (*parse)(const char *text, struct xyl_range *range, size_t *at,
                                   struct xyl_err *err),
                      char *(*to_text)(const struct xyl_range *range))
{
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_range range, again;
    size_t at = SIZE_MAX;
    char *back;

    if (parse(text, &range, &at, &err) < 0) {
        refused(&err, at, text);
        return;
    }
    require(range.first <= range.last && range.last < 1ull << 40);
    back = to_text != NULL ? to_text(&range) : NULL;
    require(to_text == NULL || (back != NULL && parse(back, &again, NULL, &err) == 0 &&
                                again.first == range.first && again.last == range.last));
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    try_disk(text);
    try_vif(text);
    try_channel(text);
    try_vfb(text);
    try_vkb(text);
    try_range(text, xyl_ioports_parse, xyl_ioports_text);
    try_range(text, xyl_iomem_parse, xyl_iomem_text);
    try_range(text, xyl_irq_parse, NULL);
    free(text);
    return 0;
}
