/* SPDX-License-Identifier: MIT */
/* Exceptions, fatal errors, and the names of addresses for backtraces. */
#ifndef STUB_TRAP_H
#define STUB_TRAP_H

#include <stub/base.h>

/* As entry.S pushes it. */
struct regs {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* traps_init - exceptions go to us.  One that no handler takes prints registers and a backtrace
 * and ends the domain as crashed. */
void traps_init(void);

/* Called first, if it is set; true: go on with the registers as they are now. */
extern bool (*trap_hook)(struct regs *regs);

/* stub_panic - say why, print a backtrace, end the domain as crashed. */
void stub_panic(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* symbol_name - function that @addr lies in, and how far; NULL if it is no code of ours. */
const char *symbol_name(unsigned long addr, unsigned long *offset);

#endif
