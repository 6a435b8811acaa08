/* SPDX-License-Identifier: GPL-2.0-only */
/* What a starting CPU is told in the page that it begins in (boot/trampoline.S, smpboot.c). */
#ifndef ASM_SMPBOOT_H
#define ASM_SMPBOOT_H

/* Offsets of struct trampoline_args. */
#define TRAMPOLINE_CR3          4
#define TRAMPOLINE_FAR          8
#define TRAMPOLINE_STACK        16
#define TRAMPOLINE_ENTRY        24
#define TRAMPOLINE_ARGS_SIZE    32

#ifndef __ASSEMBLY__

#include <xen/types.h>

struct boot_info;

struct trampoline_args {
    uint32_t ticket;            /* not 0 while a CPU is expected; the one that comes takes it */
    uint32_t cr3;               /* tables that show this page one to one, and Xylem */
    uint32_t far_offset;        /* where 64-bit code goes on, and its selector */
    uint16_t far_selector, pad;
    uint64_t stack, entry;
};
static_assert(sizeof(struct trampoline_args) == TRAMPOLINE_ARGS_SIZE, "as trampoline.S has it");
static_assert(offsetof(struct trampoline_args, far_offset) == TRAMPOLINE_FAR, "the same");
static_assert(offsetof(struct trampoline_args, stack) == TRAMPOLINE_STACK, "the same");
static_assert(offsetof(struct trampoline_args, entry) == TRAMPOLINE_ENTRY, "the same");

extern const char trampoline_start[], trampoline_64[], trampoline_gdt_base[], trampoline_args[],
                  trampoline_end[];

/* smp_find_low_page - keep a page below 64 KiB for starting CPUs (boot, the memory map known). */
void smp_find_low_page(const struct boot_info *bi);
/* smp_can_start - it was found.  smp_start - bring up @cpu, never started: 0, -ENOMEM, -EIO. */
bool smp_can_start(void);
int smp_start(unsigned int cpu);

#endif
#endif /* ASM_SMPBOOT_H */
