/* SPDX-License-Identifier: GPL-2.0-only */
/* From a domain's configuration back to xl.cfg text. */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "xyl_spec.h"

static void put_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < ' ' || c == 127) {
            fprintf(out, "\\%03o", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void put_text(FILE *out, const char *key, const char *text)
{
    if (text != NULL) {
        fprintf(out, "%s = ", key);
        put_quoted(out, text);
        fputc('\n', out);
    }
}

static void put_texts(FILE *out, const char *key, char **items, size_t nr, bool each)
{
    if (items == NULL) {
        return;
    }
    fprintf(out, "%s = %s", key, each ? "[ " : "");
    for (size_t i = 0; i < nr; i++) {
        fputs(i > 0 ? ", " : "", out);
        put_quoted(out, items[i]);
    }
    fprintf(out, "%s\n", each ? " ]" : "");
}

/* Specifications; a NULL among them is memory that ran out, and makes the text fail. */
static void put_specs(FILE *out, const char *key, char *(*text)(const void *config, size_t i),
                      const void *config, size_t nr, bool *failed)
{
    if (nr == 0) {
        return;
    }
    fprintf(out, "%s = [ ", key);
    for (size_t i = 0; i < nr; i++) {
        char *spec = text(config, i);

        if (spec == NULL) {
            *failed = true;
            return;
        }
        fputs(i > 0 ? ", " : "", out);
        put_quoted(out, spec);
        free(spec);
    }
    fprintf(out, " ]\n");
}

static char *disk_text(const void *config, size_t i)
{
    return xyl_disk_text(&((const struct xyl_domain_config *)config)->disks[i]);
}

static char *vif_text(const void *config, size_t i)
{
    return xyl_vif_text(&((const struct xyl_domain_config *)config)->vifs[i]);
}

static char *cpuid_text(const void *config, size_t i)
{
    return xyl_cpuid_text(&((const struct xyl_domain_config *)config)->cpuid[i]);
}

static char *channel_text(const void *config, size_t i)
{
    return xyl_channel_text(&((const struct xyl_domain_config *)config)->channels[i]);
}

static char *vfb_text(const void *config, size_t i)
{
    return xyl_vfb_text(&((const struct xyl_domain_config *)config)->vfbs[i]);
}

static char *vkb_text(const void *config, size_t i)
{
    return xyl_vkb_text(&((const struct xyl_domain_config *)config)->vkbs[i]);
}

static char *ioports_text(const void *config, size_t i)
{
    return xyl_ioports_text(&((const struct xyl_domain_config *)config)->ioports.at[i]);
}

static char *iomem_text(const void *config, size_t i)
{
    return xyl_iomem_text(&((const struct xyl_domain_config *)config)->iomem.at[i]);
}

/* Keys that are lists of specifications: the text of an item, and where how many there are is. */
static const struct {
    char *(*text)(const void *config, size_t i);
    size_t nr;
} lists[] = {
#define LIST(text, field) { text, offsetof(struct xyl_domain_config, field) }
    [KEY_DISKS] = LIST(disk_text, nr_disks), [KEY_VIFS] = LIST(vif_text, nr_vifs),
    [KEY_CHANNELS] = LIST(channel_text, nr_channels), [KEY_CPUID] = LIST(cpuid_text, nr_cpuid),
    [KEY_VFBS] = LIST(vfb_text, nr_vfbs), [KEY_VKBS] = LIST(vkb_text, nr_vkbs),
    [KEY_IOPORTS] = LIST(ioports_text, ioports.nr), [KEY_IOMEM] = LIST(iomem_text, iomem.nr),
#undef LIST
};

static void put_number(FILE *out, const struct key_row *row,
                       const struct xyl_domain_config *config)
{
    const long *field = (const long *)((const char *)config + row->field);
    /* The one key whose unset value is 0 and whose -1 is a number. */
    long unset = field == &config->rtc_timeoffset ? 0 : XYL_UNSET;

    if (*field != unset) {
        fprintf(out, "%s = %ld\n", row->key, *field);
    }
}

static void put_irqs(FILE *out, const char *key, const struct xyl_ranges *irqs)
{
    for (size_t i = 0; i < irqs->nr; i++) {
        fprintf(out, i == 0 ? "%s = [ %lu" : "%s%lu", i == 0 ? key : ", ",
                (unsigned long)irqs->at[i].first);
    }
    fputs(irqs->nr != 0 ? " ]\n" : "", out);
}

static void put_row(FILE *out, const struct key_row *row, const struct xyl_domain_config *config,
                    bool *failed)
{
    const void *field = (const char *)config + row->field;
    char uuid[XYL_UUID_TEXT];

    switch (row->kind) {
    case KEY_TEXT:
        put_text(out, row->key, *(char *const *)field);
        break;
    case KEY_NUMBER:
        put_number(out, row, config);
        break;
    case KEY_BOOL:
        if (*(const bool *)field) {
            fprintf(out, "%s = 1\n", row->key);
        }
        break;
    case KEY_ACTION:
        put_text(out, row->key, xyl_action_name(*(const enum xyl_action *)field));
        break;
    case KEY_UUID:
        if (config->uuid_given) {
            xyl_uuid_format(config->uuid, uuid);
            put_text(out, row->key, uuid);
        }
        break;
    case KEY_CPUS:
        if (field == (const void *)&config->cpus) {
            put_texts(out, row->key, config->cpus, config->nr_cpus, config->cpus_each);
        } else {
            put_texts(out, row->key, config->cpus_soft, config->nr_cpus_soft,
                     config->cpus_soft_each);
        }
        break;
    case KEY_WORDS:
        put_texts(out, row->key, config->bootloader_args, config->nr_bootloader_args, true);
        break;
    case KEY_DISKS:
    case KEY_VIFS:
    case KEY_CHANNELS:
    case KEY_VFBS:
    case KEY_VKBS:
    case KEY_IOPORTS:
    case KEY_IOMEM:
    case KEY_CPUID:
        put_specs(out, row->key, lists[row->kind].text, config,
                  *(const size_t *)((const char *)config + lists[row->kind].nr), failed);
        break;
    case KEY_IRQS:
        put_irqs(out, row->key, &config->irqs);
        break;
    case KEY_CONST:
    case KEY_JOINED:
        break;
    }
}

char *xyl_cfg_domain_text(const struct xyl_domain_config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool failed = false;

    if (out == NULL) {
        return NULL;
    }
    for (const struct key_row *row = key_rows; row->key != NULL; row++) {
        put_row(out, row, config, &failed);
    }
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
