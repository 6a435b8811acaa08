/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions taken in Xylem itself, and what is shown when one is fatal. */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <asm/current.h>
#include <xen/types.h>

/*
 * hv_exception - an exception whose frame is Xylem's own (CPL 0).
 * Returns if it is mended: @regs->rip then points behind it, or at its fixup.
 * Context: any stack, IRQs off.  Entry code calls it for vectors 0-31; NMI and machine check from
 * a guest come here as well.
 */
void hv_exception(struct cpu_user_regs *regs);

/* show_registers - print all registers, with the code's name and who was running. */
void show_registers(const struct cpu_user_regs *regs);
/* show_stack - print what looks like return addresses on the stack from @sp up. */
void show_stack(unsigned long sp);
/* in_guard_page - @va lies in the unmapped page below one of the stacks. */
bool in_guard_page(unsigned long va);
/* trap_name - "general protection" and so on. */
const char *trap_name(unsigned int vector);

/* panic_with - as panic(), with the registers of a frame. */
void panic_with(const struct cpu_user_regs *regs, const char *fmt, ...)
    __noreturn __cold __printf(2, 3);

#endif /* ASM_TRAPS_H */
