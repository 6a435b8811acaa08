/* SPDX-License-Identifier: GPL-2.0-only */
/* From settings to a domain's configuration, by the table of keys. */
#include "keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "SOURCE:LINE:COLUMN: KEY: ..." */
__attribute__((format(printf, 4, 5)))
static int bad(struct xyl_err *err, const struct xyl_cfg_setting *s, int rc, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return xyl_fail(err, rc, "%s:%u:%u: %s: %s", s->source, s->value.line, s->value.column,
                    s->name, text);
}

static void *field(struct xyl_domain_config *config, const struct key_row *row)
{
    return (char *)config + row->field;
}

static int read_text(const struct xyl_cfg_setting *s, char **out, struct xyl_err *err)
{
    if (s->value.type == XYL_CFG_LIST) {
        return bad(err, s, -EINVAL, "expected text, found a list");
    }
    free(*out);
    *out = strdup(s->value.text);
    return *out != NULL ? 0 : bad(err, s, -ENOMEM, "out of memory");
}

static int read_number(const struct xyl_cfg_setting *s, const struct key_row *row, long *out,
                       struct xyl_err *err)
{
    const char *text = s->value.text;
    char *end;

    if (s->value.type == XYL_CFG_LIST || *text == '\0') {
        return bad(err, s, -EINVAL, "expected a number");
    }
    errno = 0;
    *out = strtol(text, &end, 0);
    if (*end != '\0' || errno != 0) {
        return bad(err, s, -EINVAL, "\"%s\" is not a number", text);
    }
    if (*out < row->min || *out > row->max) {
        return bad(err, s, -EINVAL, "%ld is out of range: %ld to %ld (%s)", *out, row->min,
                   row->max, row->range);
    }
    return 0;
}

static int read_bool(const struct xyl_cfg_setting *s, bool *out, struct xyl_err *err)
{
    static const struct key_row any = { .min = 0, .max = 1, .range = "0 or 1" };
    long value = 0;
    int rc = read_number(s, &any, &value, err);

    *out = value != 0;
    return rc;
}

static int read_action(const struct xyl_cfg_setting *s, const struct key_row *row,
                       enum xyl_action *out, struct xyl_err *err)
{
    const char *text = s->value.type == XYL_CFG_TEXT ? s->value.text : "";
    enum xyl_action last = strcmp(s->name, "on_soft_reset") == 0 ? XYL_ACTION_SOFT_RESET :
                           XYL_ACTION_COREDUMP_RESTART;

    for (enum xyl_action a = XYL_ACTION_DESTROY; a <= last; a++) {
        if (strcmp(text, xyl_action_name(a)) == 0) {
            *out = a;
            return 0;
        }
    }
    return bad(err, s, -EINVAL, "expected %s", row->range);
}

static int read_uuid(const struct xyl_cfg_setting *s, struct xyl_domain_config *config,
                     struct xyl_err *err)
{
    if (s->value.type != XYL_CFG_TEXT || !xyl_uuid_parse(s->value.text, config->uuid)) {
        return bad(err, s, -EINVAL, "expected a UUID, as in "
                   "\"37f240f9-ff90-4c93-90a6-d56681d981bf\"");
    }
    config->uuid_given = true;
    return 0;
}

/* One of the words, or numbers, of the row's range. */
static int read_const(const struct xyl_cfg_setting *s, const struct key_row *row,
                      struct xyl_err *err)
{
    const char *text = s->value.type != XYL_CFG_LIST ? s->value.text : "";
    size_t len = strlen(text);

    for (const char *at = row->range; at != NULL; at = strstr(at, " or ")) {
        at += at != row->range ? 4 : 0;
        if (len > 0 && strncmp(at, text, len) == 0 && (at[len] == '\0' || at[len] == ' ')) {
            return 0;
        }
    }
    if (strcmp(text, "hvm") == 0 || strcmp(text, "pvh") == 0) {
        return bad(err, s, -EOPNOTSUPP, "%s guests are not supported yet; only pv is", text);
    }
    return bad(err, s, -EINVAL, "expected %s", row->range);
}

static int read_texts(const struct xyl_cfg_setting *s, char ***items, size_t *nr, bool *each,
                     struct xyl_err *err)
{
    const struct xyl_cfg_value *value = &s->value, *from = value;
    size_t count = 1;

    *each = value->type == XYL_CFG_LIST;
    if (*each) {
        from = value->items;
        count = value->nr_items;
    }
    *items = calloc(count + 1, sizeof(**items));
    if (*items == NULL) {
        return bad(err, s, -ENOMEM, "out of memory");
    }
    for (*nr = 0; *nr < count; (*nr)++) {
        if (from[*nr].type == XYL_CFG_LIST) {
            return bad(err, s, -EINVAL, "item %zu is a list; expected text", *nr + 1);
        }
        (*items)[*nr] = strdup(from[*nr].text);
        if ((*items)[*nr] == NULL) {
            return bad(err, s, -ENOMEM, "out of memory");
        }
    }
    return 0;
}

static int read_words(const struct xyl_cfg_setting *s, char ***words, size_t *nr,
                      struct xyl_err *err)
{
    const char *blanks = " \t\n", *at = s->value.text;
    size_t len, room = at != NULL ? strlen(at) : 0;
    bool each;

    if (s->value.type == XYL_CFG_LIST) {
        return read_texts(s, words, nr, &each, err);
    }
    *words = calloc(room / 2 + 2, sizeof(**words));
    if (*words == NULL) {
        return bad(err, s, -ENOMEM, "out of memory");
    }
    for (at += strspn(at, blanks); *at != '\0'; at += len + strspn(at + len, blanks)) {
        len = strcspn(at, blanks);
        (*words)[*nr] = strndup(at, len);
        if ((*words)[*nr] == NULL) {
            return bad(err, s, -ENOMEM, "out of memory");
        }
        ++*nr;
    }
    return 0;
}

static int read_row(const struct xyl_cfg_setting *s, const struct key_row *row,
                    struct xyl_domain_config *config, struct xyl_err *err)
{
    void *out = field(config, row);

    switch (row->kind) {
    case KEY_TEXT:
        return read_text(s, out, err);
    case KEY_NUMBER:
        return read_number(s, row, out, err);
    case KEY_BOOL:
        return read_bool(s, out, err);
    case KEY_ACTION:
        return read_action(s, row, out, err);
    case KEY_UUID:
        return read_uuid(s, config, err);
    case KEY_CONST:
        return read_const(s, row, err);
    case KEY_CPUS:
        if (out == (void *)&config->cpus) {
            return read_texts(s, &config->cpus, &config->nr_cpus, &config->cpus_each, err);
        }
        return read_texts(s, &config->cpus_soft, &config->nr_cpus_soft, &config->cpus_soft_each,
                         err);
    case KEY_WORDS:
        return read_words(s, &config->bootloader_args, &config->nr_bootloader_args, err);
    case KEY_DISKS:
    case KEY_VIFS:
    case KEY_CHANNELS:
    case KEY_VFBS:
    case KEY_VKBS:
    case KEY_IOPORTS:
    case KEY_IOMEM:
    case KEY_IRQS:
    case KEY_CPUID:
        return key_read_items(s, row->kind, config, err);
    case KEY_JOINED:
        break;
    }
    return s->value.type == XYL_CFG_LIST ? bad(err, s, -EINVAL, "expected text") : 0;
}

/* Does a key that cannot be acted upon ask for nothing anyway? */
static bool asks_nothing(const struct xyl_cfg_value *value, const char *neutral)
{
    if (value->type == XYL_CFG_LIST) {
        return value->nr_items == 0;
    }
    if (value->type == XYL_CFG_NUMBER) {
        return strtoll(value->text, NULL, 0) == 0;
    }
    return value->text[0] == '\0' || (neutral != NULL && strcmp(value->text, neutral) == 0);
}

__attribute__((format(printf, 3, 4)))
static void warn(const struct xyl_cfg_warner *warner, const struct xyl_cfg_setting *s,
                 const char *fmt, ...)
{
    char text[512];
    va_list ap;
    int len;

    if (warner == NULL) {
        return;
    }
    len = snprintf(text, sizeof(text), "%s:%u:%u: ", s->source, s->line, s->column);
    va_start(ap, fmt);
    vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
    va_end(ap);
    warner->warn(warner->ctx, text);
}

/* The known word nearest to an unknown one. */
static const char *nearest_key(const char *name)
{
    const char *words[256];
    size_t nr = 0;

    for (const struct key_row *row = key_rows; row->key != NULL; row++) {
        words[nr++] = row->key;
    }
    for (const struct key_other *row = key_others; row->key != NULL && nr < 255; row++) {
        words[nr++] = row->key;
    }
    words[nr] = NULL;
    return xyl_nearest(name, words);
}

static int read_other(const struct xyl_cfg_setting *s, const struct xyl_cfg_warner *warner,
                      struct xyl_err *err)
{
    const struct key_other *row = key_others;
    const char *near;

    while (row->key != NULL && strcmp(row->key, s->name) != 0) {
        row++;
    }
    if (row->key == NULL) {
        near = nearest_key(s->name);
        warn(warner, s, near != NULL ? "unknown setting \"%s\" is ignored; do you mean \"%s\"?" :
             "unknown setting \"%s\" is ignored", s->name, near);
        return 0;
    }
    if (asks_nothing(&s->value, row->neutral)) {
        return 0;
    }
    if (row->state == XYL_KEY_LATER) {
        return bad(err, s, -EOPNOTSUPP, "%s", row->refusal != NULL ? row->refusal :
                   "not supported yet; remove the setting");
    }
    warn(warner, s, "\"%s\" has no effect on a PV guest", s->name);
    return 0;
}

static const char *text_of(const struct xyl_cfg *cfg, const char *name)
{
    const struct xyl_cfg_setting *s = xyl_cfg_find(cfg, name);

    return s != NULL && s->value.text != NULL && s->value.text[0] != '\0' ? s->value.text : NULL;
}

/* The command line of root and extra, unless cmdline says it all. */
static int join_cmdline(const struct xyl_cfg *cfg, struct xyl_domain_config *config,
                        const struct xyl_cfg_warner *warner, struct xyl_err *err)
{
    const char *root = text_of(cfg, "root"), *extra = text_of(cfg, "extra");

    if (root == NULL && extra == NULL) {
        return 0;
    }
    if (config->cmdline != NULL) {
        warn(warner, xyl_cfg_find(cfg, root != NULL ? "root" : "extra"),
             "root and extra are ignored, since cmdline is set");
        return 0;
    }
    if (asprintf(&config->cmdline, "%s%s%s%s", root != NULL ? "root=" : "",
                 root != NULL ? root : "", root != NULL && extra != NULL ? " " : "",
                 extra != NULL ? extra : "") < 0) {
        config->cmdline = NULL;
        return xyl_fail(err, -ENOMEM, "out of memory");
    }
    return 0;
}

/* An empty text is as good as none. */
static void drop_empty(char **text)
{
    if (*text != NULL && (*text)[0] == '\0') {
        free(*text);
        *text = NULL;
    }
}

int xyl_cfg_domain(const struct xyl_cfg *cfg, struct xyl_domain_config *config,
                   const struct xyl_cfg_warner *warner, struct xyl_err *err)
{
    const struct xyl_cfg_setting *s;
    int rc = 0;

    for (size_t i = 0; rc == 0 && (s = xyl_cfg_at(cfg, i)) != NULL; i++) {
        const struct key_row *row = key_rows;

        while (row->key != NULL && strcmp(row->key, s->name) != 0) {
            row++;
        }
        rc = row->key != NULL ? read_row(s, row, config, err) : read_other(s, warner, err);
    }
    if (rc < 0) {
        return rc;
    }
    drop_empty(&config->kernel);
    drop_empty(&config->ramdisk);
    drop_empty(&config->cmdline);
    drop_empty(&config->bootloader);
    rc = join_cmdline(cfg, config, warner, err);
    return rc < 0 ? rc : xyl_domain_config_check(config, err);
}

bool xyl_key_doc(size_t i, struct xyl_key_doc *doc)
{
    size_t nr = 0;

    while (key_rows[nr].key != NULL) {
        nr++;
    }
    if (i < nr) {
        *doc = (struct xyl_key_doc){ key_rows[i].key, XYL_KEY_WORKS, key_rows[i].range,
                                     key_rows[i].help };
        return true;
    }
    i -= nr;
    for (enum xyl_key_state state = XYL_KEY_LATER; state <= XYL_KEY_NO_EFFECT; state++) {
        for (const struct key_other *row = key_others; row->key != NULL; row++) {
            if (row->state == state && i-- == 0) {
                *doc = (struct xyl_key_doc){ row->key, state, NULL, row->help };
                return true;
            }
        }
    }
    return false;
}
