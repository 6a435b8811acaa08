/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/char: VGA text screen. */
#ifndef CHAR_VGA_H
#define CHAR_VGA_H

#include <xen/types.h>

struct boot_info;

/* vga_open - use the text screen if the loader left one.  While booting, low memory is mapped. */
bool vga_open(const struct boot_info *bi);
void vga_write(const char *text, size_t len);
/* vga_end_boot - the screen is dom0's now; with vga=keep it is shared. */
void vga_end_boot(void);

#endif /* CHAR_VGA_H */
