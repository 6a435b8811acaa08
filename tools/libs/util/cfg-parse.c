/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar of xl.cfg: one pass, no look-ahead beyond a character. */
#include "cfg-private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Where the parser stands.
 * Invariant: at <= size; line and column are those of text[at], from 1.
 */
struct cursor {
    const char *source;
    const char *text;
    size_t size, at;
    unsigned int line, column;
    struct xyl_err *err;
};

/* The character here, or -1 at the end. */
static int peek(const struct cursor *c)
{
    return c->at < c->size ? (unsigned char)c->text[c->at] : -1;
}

static int next(struct cursor *c)
{
    int ch = peek(c);

    if (ch == '\n') {
        c->line++;
        c->column = 0;
    }
    if (ch >= 0) {
        c->at++;
        c->column++;
    }
    return ch;
}

static const char *describe(int ch, char buf[16])
{
    if (ch < 0) {
        return "the end of the file";
    }
    if (ch == '\n') {
        return "the end of the line";
    }
    snprintf(buf, 16, isprint(ch) ? "'%c'" : "byte 0x%02x", ch);
    return buf;
}

/* "SOURCE:LINE:COLUMN: expected WHAT, found ..." */
static int expected(struct cursor *c, const char *what)
{
    char buf[16];

    return xyl_fail(c->err, -EINVAL, "%s:%u:%u: expected %s, found %s", c->source, c->line,
                    c->column, what, describe(peek(c), buf));
}

static int no_memory(struct cursor *c)
{
    return xyl_fail(c->err, -ENOMEM, "%s:%u: out of memory", c->source, c->line);
}

/* Blanks and comments; with @lines, ends of lines too. */
static void skip_blank(struct cursor *c, bool lines)
{
    for (;;) {
        int ch = peek(c);

        if (ch == '#') {
            while (peek(c) >= 0 && peek(c) != '\n') {
                next(c);
            }
        } else if (ch == ' ' || ch == '\t' || ch == '\r' || (lines && ch == '\n')) {
            next(c);
        } else {
            return;
        }
    }
}

/* Up to @max digits of @base, at least one; the value, or -1. */
static int escape_digits(struct cursor *c, int base, int max)
{
    static const char digits[] = "0123456789abcdef";
    int value = -1;

    for (int i = 0; i < max; i++) {
        int ch = peek(c);
        const char *digit = ch > 0 ? memchr(digits, tolower(ch), (size_t)base) : NULL;

        if (digit == NULL) {
            break;
        }
        value = (value < 0 ? 0 : value * base) + (int)(digit - digits);
        next(c);
    }
    return value;
}

/* Behind a backslash: the character meant, or -1. */
static int escape(struct cursor *c)
{
    static const char names[] = "abfnrtv\\'\"";
    static const char means[] = "\a\b\f\n\r\t\v\\'\"";
    int ch = peek(c), value;
    const char *name = ch > 0 ? strchr(names, ch) : NULL;

    if (name != NULL) {
        next(c);
        return means[name - names];
    }
    if (ch == 'x') {
        next(c);
        value = escape_digits(c, 16, 2);
    } else {
        value = escape_digits(c, 8, 3);
    }
    /* A NUL would cut the text short. */
    return value > 0 && value < 256 ? value : -1;
}

static int parse_text(struct cursor *c, struct xyl_cfg_value *value)
{
    int quote = next(c), ch, rc = 0;
    char *out = malloc(c->size - c->at + 1);    /* never longer than what is left */
    size_t len = 0;

    if (out == NULL) {
        return no_memory(c);
    }
    while ((ch = peek(c)) != quote) {
        if (ch < 0 || ch == '\n') {
            rc = expected(c, "the closing quote");
            goto bad;
        }
        next(c);
        if (ch == '\\') {
            ch = escape(c);
            if (ch < 0) {
                rc = expected(c, "one of abfnrtvx\\'\" or an octal number behind '\\'");
                goto bad;
            }
        }
        out[len++] = (char)ch;
    }
    next(c);
    out[len] = '\0';
    value->type = XYL_CFG_TEXT;
    value->text = realloc(out, len + 1);
    if (value->text == NULL) {
        value->text = out;      /* longer than need be */
    }
    return 0;

bad:
    free(out);
    return rc;
}

static int parse_number(struct cursor *c, struct xyl_cfg_value *value)
{
    struct cursor start = *c;
    char *end;

    if (peek(c) == '-' || peek(c) == '+') {
        next(c);
    }
    while (peek(c) >= 0 && (isalnum(peek(c)) || peek(c) == '_' || peek(c) == '.')) {
        next(c);
    }
    value->text = strndup(c->text + start.at, c->at - start.at);
    if (value->text == NULL) {
        return no_memory(c);
    }
    errno = 0;
    strtoll(value->text, &end, 0);
    if (end == value->text || *end != '\0' || errno != 0) {
        int rc = xyl_fail(c->err, -EINVAL, "%s:%u:%u: \"%s\" is not a number; quote it if it is "
                          "text", c->source, start.line, start.column, value->text);
        free(value->text);
        value->text = NULL;
        return rc;
    }
    value->type = XYL_CFG_NUMBER;
    return 0;
}

static int parse_value(struct cursor *c, struct xyl_cfg_value *value, unsigned int depth);

static int parse_list(struct cursor *c, struct xyl_cfg_value *value, unsigned int depth)
{
    size_t room = 0;
    int rc;

    if (depth >= XYL_CFG_MAX_DEPTH) {
        return xyl_fail(c->err, -EINVAL, "%s:%u:%u: lists are nested more than %d deep", c->source,
                        c->line, c->column, XYL_CFG_MAX_DEPTH);
    }
    next(c);
    value->type = XYL_CFG_LIST;
    for (;;) {
        skip_blank(c, true);
        if (peek(c) == ']') {
            next(c);
            return 0;
        }
        if (value->nr_items == room) {
            struct xyl_cfg_value *more;

            room = room * 2 + 4;
            more = realloc(value->items, room * sizeof(*more));
            if (more == NULL) {
                return no_memory(c);
            }
            value->items = more;
        }
        rc = parse_value(c, &value->items[value->nr_items++], depth + 1);
        if (rc < 0) {
            return rc;
        }
        skip_blank(c, true);
        if (peek(c) == ',') {
            next(c);
        } else if (peek(c) != ']') {
            return expected(c, "',' or ']'");
        }
    }
}

static int parse_value(struct cursor *c, struct xyl_cfg_value *value, unsigned int depth)
{
    int ch = peek(c);

    memset(value, 0, sizeof(*value));
    value->line = c->line;
    value->column = c->column;
    if (ch == '\'' || ch == '"') {
        return parse_text(c, value);
    }
    if (ch == '[') {
        return parse_list(c, value, depth);
    }
    if (ch == '-' || ch == '+' || (ch >= 0 && isdigit(ch))) {
        return parse_number(c, value);
    }
    return expected(c, ch >= 0 && isalpha(ch) ?
                    "a value: text needs quotes, as in name = \"guest\"" :
                    "a value: \"text\", a number, or a list in [ ]");
}

static int parse_setting(struct cursor *c, struct xyl_cfg *cfg)
{
    struct xyl_cfg_setting setting = { .source = c->source, .line = c->line, .column = c->column };
    size_t start = c->at;
    bool append = false;
    int rc;

    while (peek(c) >= 0 && (isalnum(peek(c)) || peek(c) == '_' || peek(c) == '.')) {
        next(c);
    }
    setting.name = strndup(c->text + start, c->at - start);
    if (setting.name == NULL) {
        return no_memory(c);
    }
    skip_blank(c, false);
    if (peek(c) == '+') {
        append = true;
        next(c);
    }
    if (peek(c) != '=') {
        rc = expected(c, append ? "'=' behind '+'" : "'='");
        free(setting.name);
        return rc;
    }
    next(c);
    skip_blank(c, false);
    rc = parse_value(c, &setting.value, 0);
    if (rc < 0) {
        free(setting.name);
        cfg_value_free(&setting.value);
        return rc;
    }
    return cfg_store(cfg, &setting, append, c->err);
}

int xyl_cfg_parse(struct xyl_cfg *cfg, const char *source, const char *text, size_t size,
                  struct xyl_err *err)
{
    struct cursor c = { source, text, size, 0, 1, 1, err };
    int rc;

    if (size > XYL_CFG_MAX_BYTES) {
        return xyl_fail(err, -EFBIG, "%s: longer than %u bytes: is this a configuration?", source,
                        XYL_CFG_MAX_BYTES);
    }
    source = cfg_source(cfg, source);
    if (source == NULL) {
        return no_memory(&c);
    }
    c.source = source;
    for (;;) {
        skip_blank(&c, true);
        if (peek(&c) == ';') {
            next(&c);
            continue;
        }
        if (peek(&c) < 0) {
            return 0;
        }
        if (!isalpha(peek(&c)) && peek(&c) != '_') {
            return expected(&c, "the name of a setting");
        }
        rc = parse_setting(&c, cfg);
        if (rc < 0) {
            return rc;
        }
        skip_blank(&c, false);
        if (peek(&c) >= 0 && peek(&c) != '\n' && peek(&c) != ';') {
            return expected(&c, "the end of the line or ';'");
        }
    }
}

bool cfg_parse_value(const char *source, const char *text, size_t size,
                     struct xyl_cfg_value *value)
{
    struct cursor c = { source, text, size, 0, 1, 1, NULL };

    skip_blank(&c, false);
    if (parse_value(&c, value, 0) == 0) {
        skip_blank(&c, false);
        if (peek(&c) < 0) {
            return true;
        }
    }
    cfg_value_free(value);
    return false;
}
