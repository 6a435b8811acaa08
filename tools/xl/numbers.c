/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers on the command line. */
#include "xl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int xl_number(const char *text, unsigned long min, unsigned long max, const char *what,
              unsigned long *out, struct xyl_err *err)
{
    char *end;

    errno = 0;
    *out = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || *out < min || *out > max) {
        return xyl_fail(err, -EINVAL, "\"%s\" is no %s: expected a number from %lu to %lu", text,
                        what, min, max);
    }
    return 0;
}

int xl_memory_kib(const char *text, uint64_t *kib, struct xyl_err *err)
{
    static const struct {
        const char *suffix;
        unsigned int shift;     /* of bytes */
    } units[] = {
        { "b", 0 }, { "k", 10 }, { "m", 20 }, { "", 20 }, { "g", 30 }, { "t", 40 },
    };
    unsigned long long number;
    char *end;

    errno = 0;
    number = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (*text >= '0' && *text <= '9' && errno == 0 && strcasecmp(end, units[i].suffix) == 0 &&
            number <= (1ull << 52) >> units[i].shift) {
            *kib = (number << units[i].shift) >> 10;
            return 0;
        }
    }
    return xyl_fail(err, -EINVAL, "\"%s\" is no amount of memory: expected MiB, or a number with "
                    "one of the letters b, k, m, g and t", text);
}
