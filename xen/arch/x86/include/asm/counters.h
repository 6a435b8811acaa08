/* SPDX-License-Identifier: GPL-2.0-only */
/* What is counted for each vcpu: one word and one add an event. */
#ifndef ASM_COUNTERS_H
#define ASM_COUNTERS_H

/*
 * Rows of v->arch.counters, in order: 64 hypercalls by number, 32 exceptions by vector, then these.
 * COUNTER(symbol, name): the name is the counter's identity for readers; rows are only added.
 */
#define COUNTERS(COUNTER)                       \
    COUNTER(SYSCALL,        "syscall")          \
    COUNTER(SYSCALL32,      "syscall32")        \
    COUNTER(SYSENTER,       "sysenter")         \
    COUNTER(SOFT_INT,       "int-n")            \
    COUNTER(EVENT,          "event-upcall")     \
    COUNTER(NMI,            "nmi")              \
    COUNTER(FAILSAFE,       "failsafe")         \
    COUNTER(MULTICALL,      "multicall-entry")  \
    COUNTER(RESTART,        "hypercall-restart") \
    COUNTER(IRQ,            "interrupt")        \
    COUNTER(EXIT_WORK,      "exit-work")        \
    COUNTER(SWITCH_IN,      "context-switch")   \
    COUNTER(EMUL_CPUID,     "emulated-cpuid")   \
    COUNTER(EMUL_MSR,       "emulated-msr")     \
    COUNTER(EMUL_IO,        "emulated-io")      \
    COUNTER(EMUL_CR,        "emulated-cr-dr")   \
    COUNTER(EMUL_OTHER,     "emulated-other")   \
    COUNTER(PTE_EMULATED,   "emulated-pte-write") \
    COUNTER(LDT_FAULT,      "ldt-page-fault")

#define COUNTER_HYPERCALL(nr)       (nr)
#define COUNTER_EXCEPTION(vector)   (64 + (vector))
#define COUNTER_FIRST_NAMED         96

#ifndef __ASSEMBLY__

#define COUNTER_ENUM(symbol, name) COUNTER_##symbol,
enum {
    COUNTER_BEFORE_NAMED = COUNTER_FIRST_NAMED - 1,
    COUNTERS(COUNTER_ENUM)
    NR_COUNTERS
};
#undef COUNTER_ENUM

/* counter_inc - for @v, which runs here. */
#define counter_inc(v, which) ((void)((v)->arch.counters[which]++))

/*
 * counter_name - name of row @i into @buf ("hypercall-23", "exception-14", "syscall" ...).
 * Returns its length, or 0 if there is no such row.
 */
unsigned int counter_name(unsigned int i, char *buf, unsigned int size);

#endif
#endif /* ASM_COUNTERS_H */
