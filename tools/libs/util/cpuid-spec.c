/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two languages of cpuid=: "host,NAME=VALUE,..." and "LEAF[,SUBLEAF]:REG=BITS,...".
 * Spec: xl.cfg(5) of Xen 4.17.
 */
#include "xyl_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_cfg.h"

#define NAMES_MAX 512
#define REG_BITS 32
#define SUBLEAVES 64u       /* at most: leaf 0xd has one for each bit of XCR0 */

/* A text that is being read. */
struct reading {
    struct xyl_cpuid **list;
    size_t *nr;
    struct xyl_err *err;
};

/* The entry about a register, a new one if there is none; NULL with the error noted. */
static struct xyl_cpuid *entry(struct reading *r, uint32_t leaf, uint32_t subleaf,
                               enum xyl_cpuid_reg reg)
{
    struct xyl_cpuid *more;

    for (size_t i = 0; i < *r->nr; i++) {
        more = &(*r->list)[i];
        if (more->leaf == leaf && more->subleaf == subleaf && more->reg == reg) {
            return more;
        }
    }
    more = realloc(*r->list, (*r->nr + 1) * sizeof(*more));
    if (more == NULL) {
        xyl_fail(r->err, -ENOMEM, "out of memory");
        return NULL;
    }
    *r->list = more;
    more[*r->nr] = (struct xyl_cpuid){ .leaf = leaf, .subleaf = subleaf, .reg = reg };
    return &more[(*r->nr)++];
}

/* The bits of @mask as one character says it; false: it is none of them. */
static bool set_bits(struct xyl_cpuid *e, uint32_t mask, char c)
{
    if (strchr("10xks", c) == NULL || c == '\0') {
        return false;
    }
    e->ones &= ~mask;
    e->zeros &= ~mask;
    e->host &= ~mask;
    e->ones |= c == '1' ? mask : 0;
    e->zeros |= c == '0' ? mask : 0;
    e->host |= c == 'k' || c == 's' ? mask : 0;
    return true;
}

/* A number, decimal or with 0x before it, that ends at one of @ends; false: it is none. */
static bool read_number(char **text, const char *ends, uint32_t *number)
{
    bool hex = strncmp(*text, "0x", 2) == 0;
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(*text, &end, hex ? 16 : 10);
    if (!isdigit((unsigned char)**text) || errno != 0 || value > UINT32_MAX ||
        strchr(ends, *end) == NULL) {
        return false;
    }
    *number = (uint32_t)value;
    *text = end;
    return true;
}

/* Without the blanks around it; @text is cut. */
static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        text[--len] = '\0';
    }
    return text;
}

/* --- host,NAME=VALUE ----------------------------------------------------- */

static int unknown(struct reading *r, const char *name)
{
    static char names[NAMES_MAX][XYL_CPUID_NAME];
    const char *list[NAMES_MAX + 1], *near;
    size_t nr = 0;

    while (nr < NAMES_MAX && xyl_cpuid_name(nr, names[nr])) {
        list[nr] = names[nr];
        nr++;
    }
    list[nr] = NULL;
    near = xyl_nearest(name, list);
    return xyl_fail(r->err, -EINVAL, near != NULL ?
                    "\"%s\" is no CPU feature; do you mean \"%s\"?" :
                    "\"%s\" is no CPU feature", name, near);
}

static int set_number(struct reading *r, const struct xyl_cpuid_field *field, char *value)
{
    struct xyl_cpuid *e;
    uint32_t number;
    char *end = value;

    if (!read_number(&end, "", &number)) {
        return xyl_fail(r->err, -EINVAL, "%s=%s: expected a number, x or k", field->name, value);
    }
    if (number < field->min || number > field->max) {
        return xyl_fail(r->err, -EINVAL, "%s=%s is out of range: %u to %u", field->name, value,
                        field->min, field->max);
    }
    e = entry(r, field->leaf, field->subleaf, field->reg);
    if (e == NULL) {
        return -ENOMEM;
    }
    set_bits(e, xyl_cpuid_mask(field), '0');
    set_bits(e, xyl_cpuid_number(field, number), '1');
    return 0;
}

static int set_named(struct reading *r, const char *name, char *value)
{
    struct xyl_cpuid_field field;
    struct xyl_cpuid *e;
    int rc = xyl_cpuid_find(name, &field);

    if (rc == -EOPNOTSUPP) {
        return xyl_fail(r->err, rc, "%s is told in a model-specific register, which cpuid does "
                        "not change; arch-caps=0 hides all of these", name);
    }
    if (rc < 0) {
        return unknown(r, name);
    }
    if (field.bits > 1 && (value[0] == '\0' || strchr("xks", value[0]) == NULL)) {
        return set_number(r, &field, value);
    }
    if (value[0] == '\0' || value[1] != '\0' || strchr("10xks", value[0]) == NULL) {
        return xyl_fail(r->err, -EINVAL, "%s=%s: expected 1, 0, x, k or s", name, value);
    }
    e = entry(r, field.leaf, field.subleaf, field.reg);
    if (e == NULL) {
        return -ENOMEM;
    }
    set_bits(e, xyl_cpuid_mask(&field), value[0]);
    return 0;
}

/* One word, @text, which is cut. */
static int read_named(struct reading *r, char *text)
{
    char *eq = strchr(text, '=');

    if (eq == NULL) {
        return xyl_fail(r->err, -EINVAL, "\"%s\": a value is missing, as in avx2=0", text);
    }
    *eq = '\0';
    return set_named(r, trim(text), trim(eq + 1));
}

/* --- LEAF,SUBLEAF:REG=BITS ----------------------------------------------- */

static int read_place(struct reading *r, char **text, uint32_t *leaf, uint32_t *subleaf)
{
    bool has, given;

    if (!read_number(text, ",:", leaf) || **text == '\0') {
        return xyl_fail(r->err, -EINVAL, "expected \"host,NAME=VALUE,...\" or "
                        "\"LEAF[,SUBLEAF]:REGISTER=BITS,...\"");
    }
    has = xyl_cpuid_has_subleaves(*leaf);
    given = **text == ',';
    *subleaf = 0;
    if (given) {
        ++*text;
        if (!read_number(text, ":", subleaf) || **text == '\0') {
            return xyl_fail(r->err, -EINVAL, "expected a number and a colon behind the leaf");
        }
    }
    if (*subleaf >= (has ? SUBLEAVES : 1)) {
        return xyl_fail(r->err, -EINVAL, "leaf 0x%x has no subleaf %u", *leaf, *subleaf);
    }
    *subleaf = has ? *subleaf : XYL_CPUID_NO_SUBLEAF;
    ++*text;
    return 0;
}

static int read_register(struct reading *r, const char *text, uint32_t leaf, uint32_t subleaf)
{
    enum xyl_cpuid_reg reg = XYL_CPUID_EAX;
    struct xyl_cpuid *e;
    const char *bits;

    while (reg <= XYL_CPUID_EDX && strncmp(text, xyl_cpuid_reg_name(reg), 3) != 0) {
        reg++;
    }
    if (reg > XYL_CPUID_EDX || text[3] != '=') {
        return xyl_fail(r->err, -EINVAL, "\"%s\": expected eax=, ebx=, ecx= or edx=", text);
    }
    bits = text + 4;
    if (strlen(bits) != REG_BITS || strspn(bits, "10xks") != REG_BITS) {
        return xyl_fail(r->err, -EINVAL, "%.3s: expected %d characters 1, 0, x, k or s, the "
                        "highest bit first; \"%s\" has %zu", text, REG_BITS, bits, strlen(bits));
    }
    e = entry(r, leaf, subleaf, reg);
    if (e == NULL) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < REG_BITS; i++) {
        set_bits(e, 1u << (REG_BITS - 1 - i), bits[i]);
    }
    return 0;
}

/* --- Both ---------------------------------------------------------------- */

/* All words of @copy; *@at: where the one is that was read last. */
static int read_words(struct reading *r, char *copy, size_t *at)
{
    char *rest = copy + strspn(copy, " \t"), *word;
    uint32_t leaf = 0, subleaf = 0;
    bool host = strncmp(rest, "host", 4) == 0;
    int rc = 0;

    *at = (size_t)(rest - copy);
    if (host) {
        rest += 4 + strspn(rest + 4, " \t");
        if (*rest == '\0') {
            return 0;
        }
        if (*rest++ != ',') {
            return xyl_fail(r->err, -EINVAL, "expected a comma behind host");
        }
    } else {
        rc = read_place(r, &rest, &leaf, &subleaf);
    }
    while (rc == 0 && rest != NULL) {
        word = strsep(&rest, ",");
        word = trim(word);
        *at = (size_t)(word - copy);
        rc = host ? read_named(r, word) : read_register(r, word, leaf, subleaf);
    }
    return rc;
}

int xyl_cpuid_parse(const char *text, struct xyl_cpuid **list, size_t *nr, size_t *at,
                    struct xyl_err *err)
{
    struct reading r = { .list = list, .nr = nr, .err = err };
    char *copy;
    size_t place = 0;
    int rc;

    if (strlen(text) > XYL_SPEC_MAX) {
        return xyl_fail(err, -EINVAL, "longer than %u bytes", XYL_SPEC_MAX);
    }
    copy = strdup(text);
    rc = copy != NULL ? read_words(&r, copy, &place) : xyl_fail(err, -ENOMEM, "out of memory");
    if (at != NULL) {
        *at = place;
    }
    free(copy);
    return rc;
}

void xyl_cpuid_bits(const struct xyl_cpuid *change, char bits[XYL_CPUID_BITS])
{
    for (unsigned int i = 0; i < REG_BITS; i++) {
        uint32_t bit = 1u << (REG_BITS - 1 - i);

        bits[i] = change->ones & bit ? '1' : change->zeros & bit ? '0' : change->host & bit ? 'k' :
                  'x';
    }
    bits[REG_BITS] = '\0';
}

char *xyl_cpuid_text(const struct xyl_cpuid *change)
{
    char bits[XYL_CPUID_BITS], place[32] = "", *text;

    xyl_cpuid_bits(change, bits);
    if (change->subleaf != XYL_CPUID_NO_SUBLEAF) {
        snprintf(place, sizeof(place), ",%u", change->subleaf);
    }
    return asprintf(&text, "0x%x%s:%s=%s", change->leaf, place, xyl_cpuid_reg_name(change->reg),
                    bits) < 0 ? NULL : text;
}
