/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's own words. */
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "console.h"

void say(const char *fmt, ...)
{
    char line[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    fprintf(stderr, "xenconsoled: %s\n", line);
    syslog(LOG_NOTICE, "%s", line);
}
