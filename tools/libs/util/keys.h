/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of xl.cfg keys: reading, writing and the manual all walk it. */
#ifndef UTIL_KEYS_H
#define UTIL_KEYS_H

#include "xyl_cfg.h"

enum key_kind {
    KEY_TEXT,           /* char *, owned */
    KEY_NUMBER,         /* long, min to max */
    KEY_BOOL,           /* bool */
    KEY_ACTION,         /* enum xyl_action */
    KEY_UUID,           /* uuid and uuid_given */
    KEY_CPUS,           /* cpus; field is the offset of the array's pointer */
    KEY_WORDS,          /* bootloader_args: a list of texts, or one that is split at blanks */
    KEY_DISKS,          /* disks, vifs and so on: a list of specifications, or one */
    KEY_VIFS,
    KEY_CHANNELS,
    KEY_VFBS,
    KEY_VKBS,
    KEY_IOPORTS,        /* struct xyl_ranges, these three: likewise */
    KEY_IOMEM,
    KEY_IRQS,
    KEY_CPUID,          /* cpuid: a list of changes, or one */
    KEY_CONST,          /* must be one of the words of range; nothing is stored */
    KEY_JOINED,         /* root and extra: joined to a command line */
};

struct key_row {
    const char *key;
    enum key_kind kind;
    size_t field;       /* offset in struct xyl_domain_config */
    long min, max;      /* KEY_NUMBER */
    const char *range;  /* for people; for KEY_CONST the words, divided by " or " */
    const char *help;
};

/* Both end with a row without a key. */
extern const struct key_row key_rows[];

/* A key that the parser knows and does not act on. */
struct key_other {
    const char *key;
    enum xyl_key_state state;   /* LATER or NO_EFFECT */
    const char *neutral;        /* LATER: a value that asks for nothing, beside 0, "" and [] */
    const char *refusal;        /* LATER: why, and what to do; NULL: nothing more to say */
    const char *help;
};
extern const struct key_other key_others[];

/*
 * key_read_items - into @config: the items of a list, or one text that stands for a list of one.
 * @kind  KEY_DISKS to KEY_CPUID.
 * Errors: what the item's language says, with source, line, column and key.
 */
int key_read_items(const struct xyl_cfg_setting *s, enum key_kind kind,
                   struct xyl_domain_config *config, struct xyl_err *err);

#endif
