/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines for people. */
#include "xl.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static void stamp(const struct xl *xl)
{
    char text[32];
    time_t now;
    struct tm tm;

    if (xl->timestamps) {
        now = time(NULL);
        localtime_r(&now, &tm);
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
        fprintf(stderr, "%s: ", text);
    }
}

void xl_log(const struct xl *xl, unsigned int level, const char *fmt, ...)
{
    /* -t shows steps on one line, whatever -v says. */
    bool step = xl->progress && level == 1 && xl->verbose == 0;
    va_list ap;

    if (level > xl->verbose && !step) {
        return;
    }
    if (step) {
        fputs("\r\033[K", stderr);
    }
    stamp(xl);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputs(step ? "\r" : "\n", stderr);
}

void xl_log_end(struct xl *xl)
{
    if (xl->progress && xl->verbose == 0) {
        fputs("\r\033[K", stderr);
    }
    xl->progress = false;
}

bool xl_dry_run(const struct xl *xl, const char *fmt, ...)
{
    va_list ap;

    if (!xl->dry_run) {
        return false;
    }
    fputs("would ", stdout);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    return true;
}
