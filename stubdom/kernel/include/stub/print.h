/* SPDX-License-Identifier: MIT */
/* Formatting without a C library: %s %c %d %u %x %p, with #, 0, -, width, l and z. */
#ifndef STUB_PRINT_H
#define STUB_PRINT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * stub_vsnprintf, stub_snprintf - as the C library's; at most @size bytes with the NUL.
 * Return the length the whole text has, which may be more than was stored.
 */
int stub_vsnprintf(char *out, size_t size, const char *format, va_list args);
int stub_snprintf(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * stub_printf - a line for the console (console.c), cut after 256 characters.
 * Context: any; waits for room on the console as console_write() does.
 */
void stub_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
