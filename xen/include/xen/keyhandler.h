/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys: a letter typed at the console (or sent by `xl debug-keys`) calls a function. */
#ifndef XEN_KEYHANDLER_H
#define XEN_KEYHANDLER_H

#include <xen/types.h>

/*
 * register_keyhandler - let @key call @fn; @desc is shown by key 'h'.
 * A key already taken is a bug.  Context: boot.
 */
void register_keyhandler(char key, void (*fn)(char key), const char *desc);

/* handle_keypress - run @key's function now.  Context: no locks held, IRQs on. */
void handle_keypress(char key);

/* keyhandler_defer - the same, soon: for keys that come by interrupt. */
void keyhandler_defer(char key);

/* keyhandler_init - the keys of its own. */
void keyhandler_init(void);
/* debug_keys_init - those that show what there is (common/debug-keys.c). */
void debug_keys_init(void);
/* arch_debug_keys_init - those of the machine. */
void arch_debug_keys_init(void);

#endif /* XEN_KEYHANDLER_H */
