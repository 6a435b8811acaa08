/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of boot: what start_xylem() calls. */
#ifndef XEN_INIT_H
#define XEN_INIT_H

#include <xen/types.h>

struct boot_info;

/*
 * start_xylem - CPU 0, on its own stack, IRQs off, image moved, tables final but for image_seal().
 * Machine addresses below 4 GiB are still mapped one to one.
 */
void __noreturn start_xylem(struct boot_info *bi);

/* early_traps_init - exceptions of @cpu end in hv_exception() until entry code takes them over. */
void early_traps_init(unsigned int cpu);

/* printf_hook_init - make printf know %ps, %pd and %pv. */
void printf_hook_init(void);

#endif /* XEN_INIT_H */
