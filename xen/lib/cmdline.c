/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsing of the hypervisor's command line by a table of parameters. */
#include <xen/cmdline.h>
#include <xen/lib.h>

#define WORD_SIZE 256

/* The table in use while a line is parsed. */
static const struct param *table_first;
static size_t table_nr;
static void (*table_report)(const char *text);

static const char *table_name(size_t i)
{
    return table_first[i].name;
}

static const struct param *find_param(const char *name)
{
    for (size_t i = 0; i < table_nr; i++) {
        if (strcmp(table_first[i].name, name) == 0) {
            return &table_first[i];
        }
    }
    return NULL;
}

static bool same_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

int parse_bool(const char *s, const char *end)
{
    static const char *const no[] = { "no", "off", "false", "disable", "0" };
    static const char *const yes[] = { "yes", "on", "true", "enable", "1" };
    size_t len = end != NULL ? (size_t)(end - s) : strlen(s);

    for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
        if (same_word(s, len, no[i])) {
            return 0;
        }
        if (same_word(s, len, yes[i])) {
            return 1;
        }
    }
    return -1;
}

bool cmdline_next_item(const char **pos, char *buf, size_t size)
{
    const char *p = *pos, *comma;
    size_t n;

    if (p == NULL) {
        return false;
    }
    comma = strchr(p, ',');
    n = comma != NULL ? (size_t)(comma - p) : strlen(p);
    *pos = comma != NULL ? comma + 1 : NULL;
    n = min(n, size - 1);
    memcpy(buf, p, n);
    buf[n] = '\0';
    return true;
}

static int set_bool(const struct param *p, const char *value, bool invert)
{
    int b = value == NULL ? 1 : parse_bool(value, NULL);

    if (b < 0) {
        return -EINVAL;
    }
    *(bool *)p->var = (b != 0) != invert;
    return 0;
}

static int set_number(const struct param *p, const char *value)
{
    const char *end;
    uint64_t n = p->kind == PARAM_KIND_SIZE ? str_to_size(value, &end, 10)
                                            : str_to_u64(value, &end, 0);

    if (end == value || *end != '\0' || n == UINT64_MAX) {
        return -EINVAL;
    }
    if (p->kind == PARAM_KIND_SIZE) {
        *(uint64_t *)p->var = n;
        return 0;
    }
    if (n > UINT32_MAX) {
        return -EINVAL;
    }
    *(unsigned int *)p->var = (unsigned int)n;
    return 0;
}

/* @value NULL: the word had no "=". */
static int set_param(const struct param *p, const char *value)
{
    switch (p->kind) {
    case PARAM_KIND_BOOL:
        return set_bool(p, value, false);
    case PARAM_KIND_UINT:
    case PARAM_KIND_SIZE:
        return value != NULL ? set_number(p, value) : -EINVAL;
    case PARAM_KIND_STRING:
        return value != NULL && str_copy(p->var, value, p->size) < p->size ? 0 : -EINVAL;
    case PARAM_KIND_CUSTOM:
        return p->parse(value != NULL ? value : "");
    case PARAM_KIND_IGNORE:
        break;
    }
    return 0;
}

static void report_unknown(const char *word, const char *name)
{
    char text[2 * WORD_SIZE];
    const char *near = nearest_word(name, table_nr, table_name);

    if (near != NULL) {
        snprintf(text, sizeof(text), "command line: unknown parameter \"%s\" ignored: "
                 "is \"%s\" meant?", word, near);
    } else {
        snprintf(text, sizeof(text), "command line: unknown parameter \"%s\" ignored", word);
    }
    table_report(text);
}

/* One word of the line: name, name=value, or no-name. */
static void parse_word(const char *word)
{
    char name[WORD_SIZE];
    const char *value;
    const struct param *p;
    int rc;

    str_copy(name, word, sizeof(name));
    value = strchr(word, '=');
    if (value != NULL) {
        name[value - word] = '\0';
        value++;
    }
    p = find_param(name);
    if (p != NULL) {
        rc = set_param(p, value);
    } else if (strncmp(name, "no-", 3) == 0 && (p = find_param(name + 3)) != NULL &&
               p->kind == PARAM_KIND_BOOL) {
        rc = set_bool(p, value, true);
    } else if (strncmp(name, "no-", 3) == 0 && p != NULL && p->kind == PARAM_KIND_CUSTOM &&
               value == NULL) {
        rc = p->parse("no");
    } else {
        report_unknown(word, name);
        return;
    }
    if (rc != 0) {
        char text[2 * WORD_SIZE];

        snprintf(text, sizeof(text), "command line: parameter \"%s\" ignored: "
                 "that is no value for it", word);
        table_report(text);
    }
}

void cmdline_parse_with(const char *line, const struct param *table, size_t nr,
                        void (*report)(const char *text))
{
    table_first = table;
    table_nr = nr;
    table_report = report;
    for (;;) {
        char word[WORD_SIZE];
        size_t n = 0;

        while (is_space(*line)) {
            line++;
        }
        if (*line == '\0') {
            return;
        }
        while (line[n] != '\0' && !is_space(line[n])) {
            n++;
        }
        if (n >= sizeof(word)) {
            report("command line: a word of more than 255 letters ignored");
        } else {
            memcpy(word, line, n);
            word[n] = '\0';
            if (strcmp(word, "--") == 0) {
                return;
            }
            parse_word(word);
        }
        line += n;
    }
}
