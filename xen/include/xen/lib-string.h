/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory and string primitives, number parsing and printf into a buffer: no OS, no allocation. */
#ifndef XEN_LIB_STRING_H
#define XEN_LIB_STRING_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The C standard's functions, with its meaning. */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *haystack, const char *needle);

/*
 * str_copy - copy a string into a buffer of @size bytes; always terminated if @size > 0.
 * Returns the length of @src: a result >= @size says that it was cut short.
 */
size_t str_copy(char *dst, const char *src, size_t size);

/* As str_copy, but behind the string that @dst holds already; returns the length wanted. */
size_t str_append(char *dst, const char *src, size_t size);

/*
 * str_to_u64 - parse an unsigned number: decimal, 0x hexadecimal or 0 octal (@base 0), or of the
 * base given (2 to 16).
 * @end  receives the first character not taken, which is @s itself if there was no digit.
 * A number too large for 64 bits gives UINT64_MAX, all its digits taken.
 */
uint64_t str_to_u64(const char *s, const char **end, unsigned int base);

/*
 * str_to_size - parse a size: a number, and one of the letters B K M G T, small or capital, for
 * its unit.  Without a letter the unit is @unit_shift (10: KiB, as Xen's memory parameters).
 * @end  as in str_to_u64.  Returns bytes; UINT64_MAX on overflow.
 */
uint64_t str_to_size(const char *s, const char **end, unsigned int unit_shift);

/*
 * snprintf, vsnprintf - format into @buf of @size bytes, always terminated if @size > 0; returns
 * the length that the whole text has.  scnprintf returns what was stored instead.
 *
 * Conversions: d i u x X o c s p %; flags - 0 + space #; width and precision, also *; lengths hh h
 * l ll z t j.  No floating point, and no %n.  In the hypervisor, %p takes suffixes (lib-printf.c):
 *   %ps symbol+offset/size of a code address   %pS the same, with the address in brackets before
 *   %pd domain (d0, d1, d[IDLE])               %pv vcpu (d0v1)
 * A suffix letter directly behind a plain %p is therefore to be set off: "%p " or "%p:".
 */
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));
int scnprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/*
 * The meaning of a %p suffix, given by the program that links the library (NULL: none are known).
 * It writes the text for @ptr into @buf and returns its length, or -1 if @suffix is no suffix of
 * its own; the letter is then printed as plain text behind the pointer.
 */
extern int (*printf_pointer_hook)(char suffix, const void *ptr, char *buf, size_t size);

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool is_print(char c)
{
    return c >= ' ' && c <= '~';
}

static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif /* XEN_LIB_STRING_H */
