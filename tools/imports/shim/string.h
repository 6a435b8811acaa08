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
static inline void imports_copy8(uint8_t *d, const uint8_t *s)
{
    uint64_t word;

    __builtin_memcpy(&word, s, 8);
    __builtin_memcpy(d, &word, 8);
}

/* The last word or half-word may overlap the one before: no loop for odd bytes. */
static inline void *imports_memcpy(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;

    if (n >= 8) {
        uint8_t *last = d + n - 8;
        const uint8_t *last_s = s + n - 8;

        if (n >= 64) {
            size_t words = (n - 1) / 8;

            __asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
        }
        for (; d < last; d += 8, s += 8) {
            imports_copy8(d, s);
        }
        imports_copy8(last, last_s);
    } else if (n >= 4) {
        uint32_t first, last;

        __builtin_memcpy(&first, s, 4);
        __builtin_memcpy(&last, s + n - 4, 4);
        __builtin_memcpy(d, &first, 4);
        __builtin_memcpy(d + n - 4, &last, 4);
    } else if (n > 0) {
        uint16_t last;

        d[0] = s[0];
        if (n > 1) {
            __builtin_memcpy(&last, s + n - 2, 2);
            __builtin_memcpy(d + n - 2, &last, 2);
        }
    }
    return dst;
}

#define memcpy(dst, src, n)                                                                        \
    (__builtin_constant_p(n) ? __builtin_memcpy(dst, src, n) : imports_memcpy(dst, src, n))

#endif
