/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/lib/printf.c against the host's own printf, and what is peculiar to it. */
#include "harness.h"

#include <limits.h>
#include <stdint.h>

#undef snprintf
int snprintf(char *buf, size_t size, const char *fmt, ...);

/* Both must give the same text and the same length, at any room. */
#define SAME(...)                                                            \
    do {                                                                     \
        char mine[200], theirs[200];                                         \
        for (size_t room = 0; room < 100; room += 7) {                       \
            memset(mine, 'Z', sizeof(mine));                                 \
            memset(theirs, 'Z', sizeof(theirs));                             \
            CHECK_EQ(own_snprintf(mine, room, __VA_ARGS__),                  \
                     snprintf(theirs, room, __VA_ARGS__));                   \
            CHECK_EQ(memcmp(mine, theirs, sizeof(mine)), 0);                 \
        }                                                                    \
    } while (0)

TEST(integers)
{
    static const long values[] = {
        0, 1, -1, 42, -42, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, 0xdeadbeef
    };

    for (unsigned int i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        long v = values[i];

        SAME("%d|%i|%u|%x|%X|%o", (int)v, (int)v, (unsigned int)v, (unsigned int)v,
             (unsigned int)v, (unsigned int)v);
        SAME("%ld|%lu|%lx|%#lx|%#lo|%lld|%zu|%jd|%td", v, v, v, v, v, (long long)v, (size_t)v,
             (intmax_t)v, (ptrdiff_t)v);
        SAME("%hd|%hu|%hhd|%hhx", (short)v, (unsigned short)v, (signed char)v, (unsigned char)v);
        SAME("%+d|% d|%+ld|% ld", (int)v, (int)v, v, v);
        SAME("%5d|%-5d|%05d|%.5d|%8.3d|%-8.3d|%08.3d", (int)v, (int)v, (int)v, (int)v, (int)v,
             (int)v, (int)v);
        SAME("%#x|%#8x|%#08x|%-#8x|%#.4x|%#o", (int)v, (int)v, (int)v, (int)v, (int)v, (int)v);
        SAME("%*d|%-*d|%.*d|%*.*d", 7, (int)v, 7, (int)v, 3, (int)v, -9, 4, (int)v);
    }
    SAME("%.0d|%.d|%5.0d|%+.0d", 0, 0, 0, 0);
}

TEST(strings)
{
    SAME("%s|%5s|%-5s|%.2s|%5.1s|%.0s", "abc", "abc", "abc", "abc", "abc", "abc");
    SAME("%c%c|%3c|%-3c|", 'a', 'b', 'c', 'd');
    SAME("100%%|%%d");
    SAME("%.3s", (const char[]){ 'n', 'o', 't' });
    SAME("");
}

static int name_pointer(char suffix, const void *ptr, char *buf, size_t size)
{
    return suffix == 'd' ? own_snprintf(buf, size, "d%d", *(const int *)ptr) : -1;
}

TEST(pointers)
{
    char buf[64];
    int seven = 7;

    printf_pointer_hook = NULL;
    own_snprintf(buf, sizeof(buf), "%p", (void *)0x1234);
    CHECK_STR(buf, "0000000000001234");
    own_snprintf(buf, sizeof(buf), "%pd", (void *)0x1234);
    CHECK_STR(buf, "0000000000001234d");
    printf_pointer_hook = name_pointer;
    own_snprintf(buf, sizeof(buf), "%pd:%5pd|%-5pd|%px", (void *)&seven, (void *)&seven,
                 (void *)&seven, (void *)1);
    CHECK_STR(buf, "d7:   d7|d7   |0000000000000001x");
}

TEST(null_string_and_unknown_conversion)
{
    char buf[64];

    own_snprintf(buf, sizeof(buf), "%s %y %", (char *)NULL);
    CHECK_STR(buf, "(null) %y %");
}

TEST(stored_length)
{
    char buf[4];

    CHECK_EQ(own_scnprintf(buf, sizeof(buf), "%d", 123456), 3);
    CHECK_STR(buf, "123");
    CHECK_EQ(own_scnprintf(buf, 0, "x"), 0);
}

TEST_MAIN
