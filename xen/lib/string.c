/* SPDX-License-Identifier: GPL-2.0-only */
/* The C standard's memory and string functions, and number parsing. */
#include <xen/lib-string.h>

#if defined(__x86_64__) && !defined(UNIT_TEST)
/*
 * rep movsb/stosb are as fast as anything on processors with ERMS, and 64-bit units are better on
 * those without: so words first, then the rest.
 */
void *memcpy(void *dst, const void *src, size_t n)
{
    void *d = dst;
    size_t words = n / 8;

    asm volatile ("rep movsq" : "+D" (d), "+S" (src), "+c" (words) :: "memory");
    n &= 7;
    asm volatile ("rep movsb" : "+D" (d), "+S" (src), "+c" (n) :: "memory");
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    void *d = dst;
    size_t words = n / 8;
    uint64_t pattern = 0x0101010101010101ULL * (uint8_t)c;

    asm volatile ("rep stosq" : "+D" (d), "+c" (words) : "a" (pattern) : "memory");
    n &= 7;
    asm volatile ("rep stosb" : "+D" (d), "+c" (n) : "a" (pattern) : "memory");
    return dst;
}
#else
void *memcpy(void *dst, const void *src, size_t n)
{
    char *d = dst;
    const char *s = src;

    while (n--) {
        *d++ = *s++;
    }
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    char *d = dst;

    while (n--) {
        *d++ = (char)c;
    }
    return dst;
}
#endif

void *memmove(void *dst, const void *src, size_t n)
{
    char *d = dst;
    const char *s = src;

    if ((uintptr_t)d - (uintptr_t)s >= n) {
        return memcpy(dst, src, n);
    }
    while (n--) {
        d[n] = s[n];
    }
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;

    for (; n != 0; n--, p++, q++) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;

    for (; n != 0; n--, p++) {
        if (*p == (unsigned char)c) {
            return (void *)(uintptr_t)p;
        }
    }
    return NULL;
}

size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n] != '\0') {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n != 0; n--, a++, b++) {
        if (*a != *b || *a == '\0') {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

int strcasecmp(const char *a, const char *b)
{
    return strncasecmp(a, b, SIZE_MAX);
}

int strncasecmp(const char *a, const char *b, size_t n)
{
    for (; n != 0; n--, a++, b++) {
        char x = to_lower(*a), y = to_lower(*b);

        if (x != y || x == '\0') {
            return (unsigned char)x - (unsigned char)y;
        }
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c) {
            return (char *)(uintptr_t)s;
        }
        if (*s == '\0') {
            return NULL;
        }
    }
}

char *strrchr(const char *s, int c)
{
    const char *last = NULL;

    for (;; s++) {
        if (*s == (char)c) {
            last = s;
        }
        if (*s == '\0') {
            return (char *)(uintptr_t)last;
        }
    }
}

char *strstr(const char *haystack, const char *needle)
{
    size_t n = strlen(needle);

    for (; strncmp(haystack, needle, n) != 0; haystack++) {
        if (*haystack == '\0') {
            return NULL;
        }
    }
    return (char *)(uintptr_t)haystack;
}

size_t str_copy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src);

    if (size != 0) {
        size_t n = len < size ? len : size - 1;

        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}

size_t str_append(char *dst, const char *src, size_t size)
{
    size_t have = strnlen(dst, size);

    return have + str_copy(dst + have, src, size - have);
}

static unsigned int digit_value(char c)
{
    c = to_lower(c);
    if (is_digit(c)) {
        return (unsigned int)(c - '0');
    }
    return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 16;
}

uint64_t str_to_u64(const char *s, const char **end, unsigned int base)
{
    const char *p = s;
    uint64_t value = 0;

    if ((base == 0 || base == 16) && p[0] == '0' && to_lower(p[1]) == 'x' &&
        digit_value(p[2]) < 16) {
        p += 2;
        base = 16;
    } else if (base == 0) {
        base = p[0] == '0' ? 8 : 10;
    }
    for (; digit_value(*p) < base; p++) {
        unsigned int digit = digit_value(*p);

        value = value > (UINT64_MAX - digit) / base ? UINT64_MAX : value * base + digit;
    }
    if (end != NULL) {
        *end = p;
    }
    return value;
}

uint64_t str_to_size(const char *s, const char **end, unsigned int unit_shift)
{
    static const char units[] = "bkmgt";
    const char *p, *unit;
    uint64_t value = str_to_u64(s, &p, 0);

    if (p != s && *p != '\0' && (unit = strchr(units, to_lower(*p))) != NULL) {
        unit_shift = 10 * (unsigned int)(unit - units);
        p++;
    }
    if (end != NULL) {
        *end = p;
    }
    return value > UINT64_MAX >> unit_shift ? UINT64_MAX : value << unit_shift;
}
