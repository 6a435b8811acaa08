/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of code addresses, from the table that the build links in. */
#ifndef XEN_SYMBOLS_H
#define XEN_SYMBOLS_H

#include <xen/types.h>

/*
 * symbol_lookup - the function that @addr lies in.
 * @offset, @size  receive the distance from its start, and its length to the next one.
 * Returns NULL if @addr is no code of ours.
 */
const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);

/* symbol_format - "name+0x12/0x34", or the number if there is no name; returns the length. */
int symbol_format(char *buf, size_t size, unsigned long addr);
/* symbol_format_return - for a return address: a call that does not return may end its function. */
int symbol_format_return(char *buf, size_t size, unsigned long addr);

#endif /* XEN_SYMBOLS_H */
