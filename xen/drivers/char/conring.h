/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/char: the console ring, all calls under the console lock. */
#ifndef CHAR_CONRING_H
#define CHAR_CONRING_H

#include <xen/types.h>

void conring_put(const char *text, size_t len);
/* conring_replace - go on in @memory of @size bytes (a power of two), with the newest text kept. */
void conring_replace(char *memory, uint32_t size);
/*
 * conring_peek, conring_oldest, conring_forget - conring_read(), _start(), _clear() of console.h.
 */
uint32_t conring_peek(uint32_t *index, char *buf, uint32_t size);
uint32_t conring_oldest(void);
void conring_forget(uint32_t upto);
uint32_t conring_bytes(void);

#endif /* CHAR_CONRING_H */
