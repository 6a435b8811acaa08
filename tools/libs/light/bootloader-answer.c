/* SPDX-License-Identifier: GPL-2.0-only */
/* What a bootloader answers. */
#include "bootloader.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int take(struct boot_choice *choice, const char *key, size_t key_len, const char *value,
                size_t len, struct xyl_err *err)
{
    char **fields[] = { &choice->kernel, &choice->ramdisk, &choice->cmdline };
    static const char *const keys[] = { "kernel", "ramdisk", "args" };
    size_t i = 0;

    while (i < 3 && (strlen(keys[i]) != key_len || memcmp(keys[i], key, key_len) != 0)) {
        i++;
    }
    if (i == 3) {
        return xyl_fail(err, -EINVAL, "an entry is none of kernel, ramdisk and args");
    }
    if (*fields[i] != NULL) {
        return xyl_fail(err, -EINVAL, "%s is there twice", keys[i]);
    }
    if (memchr(value, '\0', len) != NULL) {
        return xyl_fail(err, -EINVAL, "%s has a zero byte in it", keys[i]);
    }
    *fields[i] = strndup(value, len);
    return *fields[i] != NULL ? 0 : xyl_fail(err, -ENOMEM, "out of memory");
}

/* "KEY VALUE" and the end mark, again and again; empty entries are the end of the list. */
static int parse_lines(const char *at, const char *end, char mark, struct boot_choice *choice,
                       struct xyl_err *err)
{
    int rc = 0;

    while (rc == 0 && at < end) {
        const char *stop = memchr(at, mark, (size_t)(end - at)), *blank;

        if (stop == NULL) {
            return xyl_fail(err, -EINVAL, "it is cut short");
        }
        if (stop > at) {
            blank = memchr(at, ' ', (size_t)(stop - at));
            rc = blank == NULL ? xyl_fail(err, -EINVAL, "an entry has no value") :
                 take(choice, at, (size_t)(blank - at), blank + 1, (size_t)(stop - blank - 1),
                      err);
        }
        at = stop + 1;
    }
    return rc;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && isspace((unsigned char)*at)) {
        at++;
    }
    return at;
}

/*
 * A value up to its closing bracket: in quotes, with backslashes before what they protect; plain.
 * Returns where the bracket is, or NULL; the value without quotes goes to @out, *@len bytes.
 */
static const char *read_value(const char *at, const char *end, char *out, size_t *len)
{
    char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';

    for (*len = 0; at < end && *at != (quote != '\0' ? quote : ')'); at++) {
        if (quote != '\0' && *at == '\\' && ++at == end) {
            return NULL;
        }
        out[(*len)++] = *at;
    }
    if (quote != '\0') {
        at = at < end ? skip_blanks(at + 1, end) : end;
    }
    return at < end && *at == ')' ? at : NULL;
}

/* "(KEY VALUE)", again and again; @room has place for all of the text. */
static int parse_brackets(const char *at, const char *end, char *room, struct boot_choice *choice,
                          struct xyl_err *err)
{
    int rc = 0;

    for (at = skip_blanks(at, end); rc == 0 && at < end; at = skip_blanks(at, end)) {
        const char *key = at + 1, *key_end = key;
        size_t len;

        while (key_end < end && isalpha((unsigned char)*key_end)) {
            key_end++;
        }
        if (*at != '(') {
            return xyl_fail(err, -EINVAL, "\"(\" is missing before an entry");
        }
        at = read_value(skip_blanks(key_end, end), end, room, &len);
        if (at == NULL) {
            return xyl_fail(err, -EINVAL, "it is cut short");
        }
        rc = take(choice, key, (size_t)(key_end - key), room, len, err);
        at++;
    }
    return rc;
}

int boot_answer_parse(const char *text, size_t size, struct boot_choice *choice,
                      struct xyl_err *err)
{
    const char *end = text + size;
    char mark = memchr(text, '\0', size) != NULL ? '\0' : '\n', *room;
    int rc;

    if (size == 0) {
        return xyl_fail(err, -EINVAL, "it is empty");
    }
    if (size >= 6 && memcmp(text, "linux", 5) == 0 && (text[5] == ' ' || text[5] == '(')) {
        room = malloc(size);
        rc = room != NULL ? parse_brackets(text + 5, end, room, choice, err) :
             xyl_fail(err, -ENOMEM, "out of memory");
        free(room);
    } else {
        rc = parse_lines(text, end, mark, choice, err);
    }
    if (rc == 0 && choice->kernel == NULL) {
        rc = xyl_fail(err, -EINVAL, "it names no kernel");
    }
    return rc;
}

void boot_choice_dispose(struct boot_choice *choice)
{
    free(choice->kernel);
    free(choice->ramdisk);
    free(choice->cmdline);
    *choice = (struct boot_choice){ NULL, NULL, NULL };
}
