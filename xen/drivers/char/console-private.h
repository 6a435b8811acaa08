/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/char: between console.c, printk.c and console-input.c. */
#ifndef CHAR_CONSOLE_PRIVATE_H
#define CHAR_CONSOLE_PRIVATE_H

#include <xen/types.h>

extern bool opt_sync_console;

/* Under the console lock: to the devices only, or to the ring too. */
void console_devices_write(const char *text, size_t len);
void console_log_write(const char *text, size_t len);

/* printk_tell_levels - print loglvl= and guest_loglvl= as they are in force. */
void printk_tell_levels(void);
void console_input_end_boot(void);

/* console_hooks_init - event channels are up: tell dom0 and the console daemon of news. */
void console_hooks_init(void);

#endif /* CHAR_CONSOLE_PRIVATE_H */
