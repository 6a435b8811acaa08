/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Seen before a source of the hypervisor (gcc -include): what a host program may not do is
 * redirected.
 */
#ifndef SHIM_PRE_H
#define SHIM_PRE_H

#include <asm/percpu-area.h>
#include <asm/processor.h>

void shim_write_cr3(uint64_t v);
extern uint64_t shim_gdt[512];

#define write_cr3(v)        shim_write_cr3(v)
#define percpu_gdt(cpu)     ((void)(cpu), shim_gdt)

#endif
