/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parsers of device specifications share. */
#ifndef UTIL_SPEC_H
#define UTIL_SPEC_H

#include "xyl_spec.h"

struct spec;

/*
 * A key of a specification.  @take stores the value, or says why not with spec_bad();
 * a key without @has_value stands alone (its value is then "").
 */
struct spec_key {
    const char *name;
    bool has_value;
    bool takes_rest;            /* the value goes on to the end, commas too */
    int (*take)(struct spec *spec, void *out, const char *value);
};

/*
 * A specification that is being read.
 * Invariant: word, once it is set, points into copy or is the name of a key.
 */
struct spec {
    const char *kind;           /* "disk", "vif", "channel" and so on, for messages */
    const struct spec_key *keys;
    /* Called for a word that is no key; NULL: there are none such. */
    int (*positional)(struct spec *spec, void *out, const char *word);
    void *out;
    char *copy;
    const char *word;           /* the one that is read now */
    unsigned long seen;         /* a bit for each key that came */
    char note[8];               /* of the parser's own */
    struct xyl_err *err;
};

/* spec_read - split @text and give each word to its key.  Errors: as xyl_disk_parse. */
int spec_read(struct spec *spec, const char *text, size_t *at);

/* spec_seen - whether the key came, in its place or by position. */
bool spec_seen(const struct spec *spec, const char *name);

/* spec_give - a value for a key that came without its name. */
int spec_give(struct spec *spec, const char *name, const char *value);

/* spec_bad - "KEY: text" for the word that is read now. */
int spec_bad(struct spec *spec, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* spec_store - a copy of the value, which must not be empty. */
int spec_store(struct spec *spec, char **field, const char *value);

/* spec_number - a decimal number from @min to @max. */
int spec_number(struct spec *spec, const char *value, long min, long max, long *number);

#endif
