/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys that are lists of specifications, each in a little language of its own (xyl_spec.h). */
#include "keys.h"

#include <errno.h>
#include <stdlib.h>

#include "xyl_spec.h"

/*
 * take_disk and so on - read item @i of the list, which gets longer by it.
 * @at  out, on error: where in @text it is wrong.
 */
#define TAKE(what, list)                                                                         \
    static int take_##what(struct xyl_domain_config *config, size_t i, const char *text,         \
                           size_t *at, struct xyl_err *err)                                      \
    {                                                                                            \
        struct xyl_##what *more = realloc(config->list, (i + 1) * sizeof(*more));                \
        int rc;                                                                                  \
                                                                                                 \
        if (more == NULL) {                                                                      \
            return xyl_fail(err, -ENOMEM, "out of memory");                                      \
        }                                                                                        \
        config->list = more;                                                                     \
        rc = xyl_##what##_parse(text, &more[i], at, err);                                        \
        config->nr_##list = rc == 0 ? i + 1 : i;                                                 \
        return rc;                                                                               \
    }

TAKE(disk, disks)
TAKE(vif, vifs)
TAKE(channel, channels)
TAKE(vfb, vfbs)
TAKE(vkb, vkbs)

/* Room for one more. */
static struct xyl_range *range_at(struct xyl_ranges *ranges, size_t i, struct xyl_err *err)
{
    struct xyl_range *more = realloc(ranges->at, (i + 1) * sizeof(*more));

    if (more == NULL) {
        xyl_fail(err, -ENOMEM, "out of memory");
        return NULL;
    }
    ranges->at = more;
    ranges->nr = i + 1;
    return &more[i];
}

static int take_ioports(struct xyl_domain_config *config, size_t i, const char *text, size_t *at,
                        struct xyl_err *err)
{
    struct xyl_range *range = range_at(&config->ioports, i, err);

    return range == NULL ? -ENOMEM : xyl_ioports_parse(text, range, at, err);
}

static int take_iomem(struct xyl_domain_config *config, size_t i, const char *text, size_t *at,
                      struct xyl_err *err)
{
    struct xyl_range *range = range_at(&config->iomem, i, err);

    return range == NULL ? -ENOMEM : xyl_iomem_parse(text, range, at, err);
}

static int take_irq(struct xyl_domain_config *config, size_t i, const char *text, size_t *at,
                    struct xyl_err *err)
{
    struct xyl_range *range = range_at(&config->irqs, i, err);

    return range == NULL ? -ENOMEM : xyl_irq_parse(text, range, at, err);
}

static int take_cpuid(struct xyl_domain_config *config, size_t i, const char *text, size_t *at,
                      struct xyl_err *err)
{
    (void)i;
    return xyl_cpuid_parse(text, &config->cpuid, &config->nr_cpuid, at, err);
}

/* @numbers: they may stand without quotes. */
static const struct {
    int (*take)(struct xyl_domain_config *config, size_t i, const char *text, size_t *at,
                struct xyl_err *err);
    bool numbers;
} kinds[] = {
    [KEY_DISKS] = { take_disk, false }, [KEY_VIFS] = { take_vif, false },
    [KEY_CHANNELS] = { take_channel, false }, [KEY_VFBS] = { take_vfb, false },
    [KEY_VKBS] = { take_vkb, false }, [KEY_IOPORTS] = { take_ioports, false },
    [KEY_IOMEM] = { take_iomem, false }, [KEY_IRQS] = { take_irq, true },
    [KEY_CPUID] = { take_cpuid, false },
};

int key_read_items(const struct xyl_cfg_setting *s, enum key_kind kind,
                   struct xyl_domain_config *config, struct xyl_err *err)
{
    const struct xyl_cfg_value *value = &s->value, *item;
    size_t nr = value->type == XYL_CFG_LIST ? value->nr_items : value->text[0] != '\0';
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < nr; i++) {
        struct xyl_err why = XYL_ERR_INIT;
        size_t at = 0;

        item = value->type == XYL_CFG_LIST ? &value->items[i] : value;
        if (item->type == XYL_CFG_LIST || (item->type == XYL_CFG_NUMBER && !kinds[kind].numbers)) {
            return xyl_fail(err, -EINVAL, "%s:%u:%u: %s: expected text in quotes", s->source,
                            item->line, item->column, s->name);
        }
        rc = kinds[kind].take(config, i, item->text, &at, &why);
        if (rc < 0) {
            /* Behind the quote; escapes are not counted back. */
            xyl_fail(err, rc, "%s:%u:%zu: %s: %s", s->source, item->line,
                     item->column + (item->type == XYL_CFG_TEXT) + at, s->name, why.text);
        }
    }
    return rc;
}
