/* SPDX-License-Identifier: GPL-2.0-only */
/* Specifications of devices: words, keys, values. */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_cfg.h"

#define KEYS_MAX 32

int spec_bad(struct spec *spec, int rc, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return xyl_fail(spec->err, rc, "%s", text);
}

int spec_store(struct spec *spec, char **field, const char *value)
{
    if (value[0] == '\0') {
        return spec_bad(spec, -EINVAL, "%s: the value is empty", spec->word);
    }
    free(*field);
    *field = strdup(value);
    return *field != NULL ? 0 : spec_bad(spec, -ENOMEM, "out of memory");
}

int spec_number(struct spec *spec, const char *value, long min, long max, long *number)
{
    char *end;

    errno = 0;
    *number = strtol(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end != '\0') {
        return spec_bad(spec, -EINVAL, "%s: \"%s\" is not a number", spec->word, value);
    }
    if (errno != 0 || *number < min || *number > max) {
        return spec_bad(spec, -EINVAL, "%s: %s is out of range: %ld to %ld", spec->word, value,
                        min, max);
    }
    return 0;
}

static const struct spec_key *find_key(const struct spec *spec, const char *name)
{
    for (const struct spec_key *key = spec->keys; key->name != NULL; key++) {
        if (strcmp(key->name, name) == 0) {
            return key;
        }
    }
    return NULL;
}

bool spec_seen(const struct spec *spec, const char *name)
{
    return spec->seen >> (find_key(spec, name) - spec->keys) & 1;
}

static int take(struct spec *spec, const struct spec_key *key, const char *value)
{
    unsigned long bit = 1ul << (key - spec->keys);

    spec->word = key->name;
    if (spec->seen & bit) {
        return spec_bad(spec, -EINVAL, "%s is given twice", key->name);
    }
    spec->seen |= bit;
    return key->take(spec, spec->out, value);
}

int spec_give(struct spec *spec, const char *name, const char *value)
{
    return take(spec, find_key(spec, name), value);
}

static int unknown(struct spec *spec, const char *word)
{
    const char *names[KEYS_MAX + 1], *near;
    size_t nr = 0;

    for (const struct spec_key *key = spec->keys; key->name != NULL && nr < KEYS_MAX; key++) {
        names[nr++] = key->name;
    }
    names[nr] = NULL;
    near = xyl_nearest(word, names);
    return spec_bad(spec, -EINVAL, near != NULL ?
                    "\"%s\" is nothing that a %s has; do you mean \"%s\"?" :
                    "\"%s\" is nothing that a %s has", word, spec->kind, near);
}

/* Without the blanks around it; @text is cut. */
static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    text[len] = '\0';
    return text;
}

/* One word, cut out of the copy. */
static int read_word(struct spec *spec, char *word)
{
    char *eq = strchr(word, '=');
    const struct spec_key *key;

    spec->word = trim(word);
    if (eq == NULL) {
        key = find_key(spec, spec->word);
        if (key != NULL && !key->has_value) {
            return take(spec, key, "");
        }
        return spec->positional != NULL ? spec->positional(spec, spec->out, spec->word) :
               key != NULL ? spec_bad(spec, -EINVAL, "%s: a value is missing, as in %s=...",
                                      key->name, key->name) : unknown(spec, spec->word);
    }
    *eq = '\0';
    spec->word = trim(word);
    key = find_key(spec, spec->word);
    if (key == NULL || !key->has_value) {
        return key != NULL ? spec_bad(spec, -EINVAL, "%s takes no value", spec->word) :
               unknown(spec, spec->word);
    }
    return take(spec, key, trim(eq + 1));
}

/* The end of the word at @start: a comma, or the end of all for a key that takes the rest. */
static char *word_end(const struct spec *spec, char *start)
{
    const struct spec_key *key = spec->keys;
    char *name = start + strspn(start, " \t");

    for (; key->name != NULL; key++) {
        size_t len = strlen(key->name);

        if (key->takes_rest && strncmp(name, key->name, len) == 0 &&
            name[len + strspn(name + len, " \t")] == '=') {
            return start + strlen(start);
        }
    }
    return start + strcspn(start, ",");
}

int spec_read(struct spec *spec, const char *text, size_t *at)
{
    char *start, *end;
    int rc = 0;

    if (at != NULL) {
        *at = 0;
    }
    if (strlen(text) > XYL_SPEC_MAX) {
        return spec_bad(spec, -EINVAL, "longer than %u bytes", XYL_SPEC_MAX);
    }
    spec->copy = start = strdup(text);
    if (start == NULL) {
        return spec_bad(spec, -ENOMEM, "out of memory");
    }
    do {
        bool last;

        end = word_end(spec, start);
        last = *end == '\0';
        *end = '\0';
        rc = read_word(spec, start);
        if (rc < 0 && at != NULL) {
            *at = (size_t)(start - spec->copy) + strspn(text + (start - spec->copy), " \t");
        }
        start = last ? NULL : end + 1;
    } while (rc == 0 && start != NULL);
    free(spec->copy);
    spec->copy = NULL;
    return rc;
}
