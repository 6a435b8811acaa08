/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/lib/string.c: the standard functions with every overlap and length, and number parsing. */
#include "harness.h"

#include <stdint.h>

static void fill(char *buf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf[i] = (char)(i * 7 + 1);
    }
}

TEST(memmove_all_overlaps)
{
    for (size_t from = 0; from < 24; from++) {
        for (size_t to = 0; to < 24; to++) {
            for (size_t n = 0; n < 24; n++) {
                char a[48], b[48], copy[48];

                fill(a, sizeof(a));
                fill(b, sizeof(b));
                fill(copy, sizeof(copy));
                for (size_t i = 0; i < n; i++) {
                    b[to + i] = copy[from + i];
                }
                CHECK(memmove(a + to, a + from, n) == a + to);
                CHECK_EQ(memcmp(a, b, sizeof(a)), 0);
            }
        }
    }
}

TEST(memset_and_memchr)
{
    char a[20];

    for (size_t n = 0; n < sizeof(a); n++) {
        fill(a, sizeof(a));
        CHECK(memset(a, 'x', n) == a);
        for (size_t i = 0; i < sizeof(a); i++) {
            CHECK_EQ(a[i], i < n ? 'x' : (char)(i * 7 + 1));
        }
    }
    CHECK(memchr("abc", 'c', 2) == NULL);
    CHECK(memchr("\xff", 0xff, 1) != NULL);
}

TEST(compare_is_unsigned)
{
    CHECK(memcmp("\x80", "\x7f", 1) > 0);
    CHECK(strcmp("\x80", "\x7f") > 0);
    CHECK_EQ(strncmp("abc", "abd", 2), 0);
    CHECK(strcmp("ab", "abc") < 0);
    CHECK_EQ(strcasecmp("CoM1", "com1"), 0);
    CHECK(strncasecmp("ax", "AY", 2) < 0);
}

TEST(find)
{
    const char *s = "banana";

    CHECK(strchr(s, 'n') == s + 2);
    CHECK(strrchr(s, 'n') == s + 4);
    CHECK(strchr(s, '\0') == s + 6);
    CHECK(strchr(s, 'z') == NULL && strrchr(s, 'z') == NULL);
    CHECK(strstr(s, "nan") == s + 2);
    CHECK(strstr(s, "") == s);
    CHECK(strstr(s, "nab") == NULL);
    CHECK_EQ(strnlen("abc", 2), 2);
}

TEST(copy_and_append_say_what_they_cut)
{
    char buf[6];

    CHECK_EQ(str_copy(buf, "hello", sizeof(buf)), 5);
    CHECK_STR(buf, "hello");
    CHECK_EQ(str_copy(buf, "hello world", sizeof(buf)), 11);
    CHECK_STR(buf, "hello");
    CHECK_EQ(str_copy(buf, "ab", sizeof(buf)), 2);
    CHECK_EQ(str_append(buf, "cdefg", sizeof(buf)), 7);
    CHECK_STR(buf, "abcde");
    CHECK_EQ(str_copy(buf, "x", 0), 1);
    CHECK_STR(buf, "abcde");
}

static uint64_t number(const char *s, size_t taken)
{
    const char *end;
    uint64_t v = str_to_u64(s, &end, 0);

    return (size_t)(end - s) == taken ? v : 12345678;
}

TEST(numbers)
{
    CHECK_EQ(number("0", 1), 0);
    CHECK_EQ(number("42x", 2), 42);
    CHECK_EQ(number("0x2aG", 4), 42);
    CHECK_EQ(number("0X2A", 4), 42);
    CHECK_EQ(number("052", 3), 42);
    CHECK_EQ(number("0x", 1), 0);
    CHECK_EQ(number("x", 0), 0);
    CHECK_EQ(number("-1", 0), 0);
    CHECK(number("18446744073709551615", 20) == UINT64_MAX);
    CHECK(number("18446744073709551616", 20) == UINT64_MAX);
    CHECK(number("99999999999999999999999", 23) == UINT64_MAX);
}

static uint64_t size_of(const char *s)
{
    const char *end;
    uint64_t v = str_to_size(s, &end, 10);

    return *end == '\0' ? v : 1;
}

TEST(sizes)
{
    CHECK_EQ(size_of("5"), 5 << 10);
    CHECK_EQ(size_of("5B"), 5);
    CHECK_EQ(size_of("5k"), 5 << 10);
    CHECK_EQ(size_of("768M"), 768 << 20);
    CHECK_EQ(size_of("2g"), 2LL << 30);
    CHECK_EQ(size_of("1T"), 1LL << 40);
    CHECK(size_of("99999999T") == UINT64_MAX);
    CHECK_EQ(size_of("5MM"), 1);
    CHECK_EQ(size_of("M"), 1);
}

TEST_MAIN
