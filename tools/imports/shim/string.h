/* SPDX-License-Identifier: GPL-2.0-only */
/* What imported libraries want of <string.h>, for builds without a C library. */
#ifndef IMPORTS_SHIM_STRING_H
#define IMPORTS_SHIM_STRING_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/*
 * Decompressors copy mostly a few bytes whose number is not known beforehand: do that inline,
 * and leave long runs to the microcode.
 */
static inline void *imports_memcpy(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    if (n >= 64) {
        size_t words = n / 8;

        __asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
        n &= 7;
    }
    for (; n >= 8; n -= 8, d += 8, s += 8) {
        uint64_t word;

        __builtin_memcpy(&word, s, 8);
        __builtin_memcpy(d, &word, 8);
    }
    for (; n > 0; n--) {
        *d++ = *s++;
    }
    return dst;
}

#define memcpy(dst, src, n)                                                                        \
    (__builtin_constant_p(n) ? __builtin_memcpy(dst, src, n) : imports_memcpy(dst, src, n))

#endif
