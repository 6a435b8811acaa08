/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts of errors. */
#include "xyl_err.h"

#include <stdio.h>
#include <string.h>

void xyl_plain(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 127) {
            *text = '?';
        }
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
