/* SPDX-License-Identifier: GPL-2.0-only */
/* The set of settings that a configuration is, and where it comes from. */
#include "cfg-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct xyl_cfg *xyl_cfg_new(void)
{
    return calloc(1, sizeof(struct xyl_cfg));
}

void cfg_value_free(struct xyl_cfg_value *value)
{
    for (size_t i = 0; i < value->nr_items; i++) {
        cfg_value_free(&value->items[i]);
    }
    free(value->items);
    free(value->text);
    memset(value, 0, sizeof(*value));
}

void xyl_cfg_free(struct xyl_cfg *cfg)
{
    if (cfg == NULL) {
        return;
    }
    for (size_t i = 0; i < cfg->nr; i++) {
        free(cfg->settings[i].name);
        cfg_value_free(&cfg->settings[i].value);
    }
    for (size_t i = 0; i < cfg->nr_sources; i++) {
        free(cfg->sources[i]);
    }
    free(cfg->settings);
    free(cfg->sources);
    free(cfg);
}

const char *cfg_source(struct xyl_cfg *cfg, const char *source)
{
    char **more = realloc(cfg->sources, (cfg->nr_sources + 1) * sizeof(*more));
    char *copy = strdup(source);

    if (more != NULL) {
        cfg->sources = more;
    }
    if (more == NULL || copy == NULL) {
        free(copy);
        return NULL;
    }
    cfg->sources[cfg->nr_sources++] = copy;
    return copy;
}

const struct xyl_cfg_setting *xyl_cfg_at(const struct xyl_cfg *cfg, size_t i)
{
    return i < cfg->nr ? &cfg->settings[i] : NULL;
}

static struct xyl_cfg_setting *find(const struct xyl_cfg *cfg, const char *name)
{
    for (size_t i = 0; i < cfg->nr; i++) {
        if (strcmp(cfg->settings[i].name, name) == 0) {
            return &cfg->settings[i];
        }
    }
    return NULL;
}

const struct xyl_cfg_setting *xyl_cfg_find(const struct xyl_cfg *cfg, const char *name)
{
    return find(cfg, name);
}

/* Move @item to the end of a list; on failure it stays the caller's. */
static bool list_push(struct xyl_cfg_value *list, struct xyl_cfg_value *item)
{
    struct xyl_cfg_value *more = realloc(list->items, (list->nr_items + 1) * sizeof(*more));

    if (more == NULL) {
        return false;
    }
    list->items = more;
    list->items[list->nr_items++] = *item;
    memset(item, 0, sizeof(*item));
    return true;
}

/* old += new.  Takes what it can out of @value; the caller frees the rest. */
static int append_value(struct xyl_cfg_value *old, struct xyl_cfg_value *value)
{
    if (old->type == XYL_CFG_LIST && value->type == XYL_CFG_LIST) {
        for (size_t i = 0; i < value->nr_items; i++) {
            if (!list_push(old, &value->items[i])) {
                return -ENOMEM;
            }
        }
        return 0;
    }
    if (old->type == XYL_CFG_LIST) {
        return list_push(old, value) ? 0 : -ENOMEM;
    }
    if (old->type == XYL_CFG_TEXT && value->type == XYL_CFG_TEXT) {
        size_t len = strlen(old->text), more = strlen(value->text);
        char *text = realloc(old->text, len + more + 1);

        if (text == NULL) {
            return -ENOMEM;
        }
        memcpy(text + len, value->text, more + 1);
        old->text = text;
        return 0;
    }
    return -EINVAL;
}

static int add_new(struct xyl_cfg *cfg, struct xyl_cfg_setting *setting)
{
    if (cfg->nr == cfg->room) {
        size_t room = cfg->room * 2 + 16;
        struct xyl_cfg_setting *more = realloc(cfg->settings, room * sizeof(*more));

        if (more == NULL) {
            return -ENOMEM;
        }
        cfg->settings = more;
        cfg->room = room;
    }
    cfg->settings[cfg->nr++] = *setting;
    memset(setting, 0, sizeof(*setting));
    return 0;
}

int cfg_store(struct xyl_cfg *cfg, struct xyl_cfg_setting *setting, bool append,
              struct xyl_err *err)
{
    struct xyl_cfg_setting *old = find(cfg, setting->name);
    int rc = 0;

    if (old == NULL) {
        rc = add_new(cfg, setting);
    } else if (append) {
        rc = append_value(&old->value, &setting->value);
        if (rc == -EINVAL) {
            xyl_fail(err, rc, "%s:%u:%u: %s += : the setting of line %u is of another type",
                     setting->source, setting->line, setting->column, setting->name, old->line);
        }
    } else {
        struct xyl_cfg_setting swap = *old;

        *old = *setting;
        *setting = swap;
    }
    free(setting->name);
    cfg_value_free(&setting->value);
    return rc == -ENOMEM ? xyl_fail(err, rc, "out of memory") : rc;
}

/* All of a stream, NUL-ended; NULL with errno set. */
static char *read_all(FILE *file, size_t *size)
{
    char *text = malloc(XYL_CFG_MAX_BYTES + 2);

    if (text == NULL) {
        return NULL;
    }
    *size = fread(text, 1, XYL_CFG_MAX_BYTES + 1, file);
    if (ferror(file)) {
        free(text);
        return NULL;
    }
    text[*size] = '\0';
    return text;
}

int xyl_cfg_parse_file(struct xyl_cfg *cfg, const char *path, struct xyl_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "standard input" : path;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    char *text;
    size_t size;
    int rc;

    if (file == NULL) {
        return xyl_fail_sys(err, -errno, "cannot open the configuration file %s", name);
    }
    text = read_all(file, &size);
    rc = text != NULL ? xyl_cfg_parse(cfg, name, text, size, err) :
         xyl_fail_sys(err, -errno, "cannot read the configuration file %s", name);
    free(text);
    if (!is_stdin) {
        fclose(file);
    }
    return rc;
}

int xyl_cfg_override(struct xyl_cfg *cfg, const char *arg, struct xyl_err *err)
{
    static const char source[] = "command line";
    const char *eq = strchr(arg, '=');
    size_t len = eq != NULL ? (size_t)(eq - arg) : 0;
    bool append = len > 0 && arg[len - 1] == '+';
    struct xyl_cfg_setting setting = { .line = 1, .column = 1 };

    len -= append;
    while (len > 0 && arg[len - 1] == ' ') {
        len--;
    }
    if (eq == NULL || len == 0) {
        return xyl_fail(err, -EINVAL, "\"%s\" is neither a file nor a setting like memory=256",
                        arg);
    }
    setting.source = cfg_source(cfg, source);
    setting.name = strndup(arg, len);
    if (setting.source == NULL || setting.name == NULL) {
        free(setting.name);
        return xyl_fail(err, -ENOMEM, "out of memory");
    }
    eq++;
    if (!cfg_parse_value(source, eq, strlen(eq), &setting.value)) {
        if (*eq == '[' || *eq == '"' || *eq == '\'') {
            int rc = xyl_cfg_parse(cfg, source, arg, strlen(arg), err);

            free(setting.name);
            /* What is no value on its own may still be several settings. */
            return rc;
        }
        setting.value.type = XYL_CFG_TEXT;
        setting.value.text = strdup(eq);
        if (setting.value.text == NULL) {
            free(setting.name);
            return xyl_fail(err, -ENOMEM, "out of memory");
        }
    }
    return cfg_store(cfg, &setting, append, err);
}
