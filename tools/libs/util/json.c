/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing JSON. */
#include "xyl_json.h"

#include <assert.h>
#include <string.h>

void xyl_json_start(struct xyl_json *json, FILE *out)
{
    memset(json, 0, sizeof(*json));
    json->out = out;
}

bool xyl_json_end(struct xyl_json *json)
{
    fputc('\n', json->out);
    return json->depth == 0 && !json->key_open && fflush(json->out) == 0 && !ferror(json->out);
}

static void new_line(struct xyl_json *json)
{
    fprintf(json->out, "\n%*s", (int)json->depth * 4, "");
}

/* Before a value or a key: the comma and the line that it needs. */
static void begin_item(struct xyl_json *json)
{
    if (json->key_open) {
        json->key_open = false;
        return;
    }
    if (json->depth > 0) {
        if (json->used[json->depth]) {
            fputc(',', json->out);
        }
        new_line(json);
    }
    json->used[json->depth] = true;
}

static void open_item(struct xyl_json *json, char bracket)
{
    begin_item(json);
    fputc(bracket, json->out);
    assert(json->depth + 1 < XYL_JSON_DEPTH);
    json->used[++json->depth] = false;
}

static void close_item(struct xyl_json *json, char bracket)
{
    /* An empty one has an empty line inside: that is what scripts' samples show. */
    if (!json->used[json->depth]) {
        fputc('\n', json->out);
    }
    json->depth--;
    new_line(json);
    fputc(bracket, json->out);
}

void xyl_json_object(struct xyl_json *json)
{
    open_item(json, '{');
}

void xyl_json_object_end(struct xyl_json *json)
{
    close_item(json, '}');
}

void xyl_json_array(struct xyl_json *json)
{
    open_item(json, '[');
}

void xyl_json_array_end(struct xyl_json *json)
{
    close_item(json, ']');
}

/* Length of the valid UTF-8 sequence at @s, 0 if it is none (overlong forms and surrogates too). */
static unsigned int utf8_length(const unsigned char *s)
{
    unsigned int len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
                       s[0] < 0xf5 ? 4 : 0;

    for (unsigned int i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) {
        return 0;
    }
    return len;
}

static void put_string(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    fputc('"', out);
    while (*s != '\0') {
        unsigned int len = utf8_length(s);

        if (len == 0) {
            fputs("\\ufffd", out);
            len = 1;
        } else if (*s == '"' || *s == '\\') {
            fprintf(out, "\\%c", *s);
        } else if (*s == '\n') {
            fputs("\\n", out);
        } else if (*s == '\t') {
            fputs("\\t", out);
        } else if (*s < ' ' || *s == 127) {
            fprintf(out, "\\u%04x", *s);
        } else {
            fwrite(s, 1, len, out);
        }
        s += len;
    }
    fputc('"', out);
}

void xyl_json_key(struct xyl_json *json, const char *key)
{
    begin_item(json);
    put_string(json->out, key);
    fputs(": ", json->out);
    json->key_open = true;
}

void xyl_json_text(struct xyl_json *json, const char *text)
{
    begin_item(json);
    put_string(json->out, text);
}

void xyl_json_number(struct xyl_json *json, long long value)
{
    begin_item(json);
    fprintf(json->out, "%lld", value);
}

void xyl_json_key_text(struct xyl_json *json, const char *key, const char *text)
{
    xyl_json_key(json, key);
    xyl_json_text(json, text);
}

void xyl_json_key_number(struct xyl_json *json, const char *key, long long value)
{
    xyl_json_key(json, key);
    xyl_json_number(json, value);
}

void xyl_json_key_bool(struct xyl_json *json, const char *key, bool value)
{
    xyl_json_key_text(json, key, value ? "True" : "False");
}
