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

/* What start_xylem() calls and no other header declares. */
void traps_init(void);                  /* IDT, system call entry: arch/x86/traps-init.c */
void cpu_init_boot(void);               /* features, CR4, FPU: arch/x86/cpu.c */
void dom0_create(const struct boot_info *bi);   /* dom0, paused: common/dom0.c */
void __noreturn idle_loop(void);        /* arch/x86/idle.c */

/* early_traps_init - exceptions of @cpu end in hv_exception() until entry code takes them over. */
void early_traps_init(unsigned int cpu);

/* noreboot was given: stop instead of restarting the machine. */
extern bool opt_noreboot;

/* printf_hook_init - make printf know %ps, %pd and %pv. */
void printf_hook_init(void);

#endif /* XEN_INIT_H */
