/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts of errors. */
#include "xyl_err.h"

#include <stdio.h>
#include <string.h>

/* Bytes of the character at @s if it is one of UTF-8 that is shown (not U+0080 to U+009F), or 0. */
static size_t shown(const unsigned char *s)
{
    size_t more = s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    unsigned int least = s[0] == 0xc2 || s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;

    if (s[0] < 0x80) {
        return s[0] >= ' ' && s[0] != 127;
    }
    if (s[0] < 0xc2 || s[0] > 0xf4 || s[1] < least) {
        return 0;
    }
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return more + 1;
}

void xyl_plain(char *text)
{
    while (*text != '\0') {
        size_t len = shown((const unsigned char *)text);

        if (len == 0) {
            *text = '?';
        }
        text += len != 0 ? len : 1;
    }
}

static void err_set(struct xyl_err *err, const char *fmt, va_list ap)
{
    if (err != NULL && err->text[0] == '\0') {
        vsnprintf(err->text, sizeof(err->text), fmt, ap);
        xyl_plain(err->text);
    }
}

int xyl_fail(struct xyl_err *err, int rc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    err_set(err, fmt, ap);
    va_end(ap);
    return rc;
}

int xyl_fail_sys(struct xyl_err *err, int rc, const char *fmt, ...)
{
    va_list ap;
    size_t used;

    if (err == NULL || err->text[0] != '\0') {
        return rc;
    }
    va_start(ap, fmt);
    err_set(err, fmt, ap);
    va_end(ap);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(-rc));
    return rc;
}

void xyl_err_clear(struct xyl_err *err)
{
    if (err != NULL) {
        err->text[0] = '\0';
    }
}
