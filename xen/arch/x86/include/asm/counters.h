/* SPDX-License-Identifier: GPL-2.0-only */
/* What is counted for each vcpu: one word and one add an event. */
#ifndef ASM_COUNTERS_H
#define ASM_COUNTERS_H

/*
 * Rows of v->arch.counters, in order: 64 hypercalls by number, 32 exceptions by vector, then these.
 * COUNTER(symbol, name, kind): the name is the counter's identity for readers, the kind one of
 * XYLEM_COUNTER_*; docs/abi/counters.md says what each counts.
 */
#define COUNTERS(COUNTER)                                   \
    COUNTER(SYSCALL,        "syscall",              ENTRY)  \
    COUNTER(SYSCALL32,      "syscall32",            ENTRY)  \
    COUNTER(SYSENTER,       "sysenter",             ENTRY)  \
    COUNTER(SOFT_INT,       "int-n",                OTHER)  \
    COUNTER(EVENT,          "event-upcall",         OTHER)  \
    COUNTER(NMI,            "nmi",                  OTHER)  \
    COUNTER(FAILSAFE,       "failsafe",             OTHER)  \
    COUNTER(MULTICALL,      "multicall-entry",      OTHER)  \
    COUNTER(RESTART,        "hypercall-restart",    OTHER)  \
    COUNTER(IRQ,            "interrupt",            ENTRY)  \
    COUNTER(EXIT_WORK,      "exit-work",            OTHER)  \
    COUNTER(SWITCH_IN,      "context-switch",       OTHER)  \
    COUNTER(EMUL_CPUID,     "emulated-cpuid",       OTHER)  \
    COUNTER(EMUL_MSR,       "emulated-msr",         OTHER)  \
    COUNTER(EMUL_IO,        "emulated-io",          OTHER)  \
    COUNTER(EMUL_CR,        "emulated-cr-dr",       OTHER)  \
    COUNTER(EMUL_OTHER,     "emulated-other",       OTHER)  \
    COUNTER(EMUL_FAILED,    "emulated-failed",      OTHER)  \
    COUNTER(PTE_EMULATED,   "emulated-pte-write",   OTHER)  \
    COUNTER(LDT_FAULT,      "ldt-page-fault",       OTHER)  \
    COUNTER(EVENT_SEND,     "event-send",           OTHER)  \
    COUNTER(HALT,           "halt",                 OTHER)  \
    COUNTER(WAKEUP,         "wakeup",               OTHER)  \
    COUNTER(FPU_LOAD,       "fpu-load",             OTHER)  \
    COUNTER(STATE_LOAD,     "state-load",           OTHER)  \
    COUNTER(PTE_UPDATE,     "pte-update",           OTHER)  \
    COUNTER(PT_VALIDATE,    "page-table-validate",  OTHER)  \
    COUNTER(PT_RELEASE,     "page-table-release",   OTHER)  \
    COUNTER(TLB_FLUSH,      "tlb-flush",            OTHER)  \
    COUNTER(TLB_PAGE,       "tlb-flush-page",       OTHER)  \
    COUNTER(TLB_REMOTE,     "tlb-flush-remote",     OTHER)

#define COUNTER_HYPERCALL(nr)       (nr)
#define COUNTER_EXCEPTION(vector)   (64 + (vector))
#define COUNTER_FIRST_NAMED         96

#ifndef __ASSEMBLY__

#include <xen/types.h>
#include <xylem/counters.h>

#define COUNTER_ENUM(symbol, name, kind) COUNTER_##symbol,
enum {
    COUNTER_BEFORE_NAMED = COUNTER_FIRST_NAMED - 1,
    COUNTERS(COUNTER_ENUM)
    NR_COUNTERS
};
#undef COUNTER_ENUM

/* counter_inc - for @v, which runs here. */
#define counter_inc(v, which)       ((void)((v)->arch.counters[which]++))
#define counter_add(v, which, n)    ((void)((v)->arch.counters[which] += (n)))

/* counter_describe - what row @i is; false if there is none.  Rows end with the derived ones. */
bool counter_describe(unsigned int i, struct xylem_counter_row *row);
/* counter_derive - the derived rows, computed from the NR_COUNTERS sums at @v, to behind them. */
void counter_derive(struct xylem_counter_value *v);
#define NR_COUNTER_ROWS             (NR_COUNTERS + 1)

/* entry_timing_set - time per reason is measured from now on, or no more; entry_timing - is it? */
void entry_timing_set(bool on);
bool entry_timing(void);
/* entry_timing_cpu - @cpu was off when that was last switched: its entries follow. */
void entry_timing_cpu(unsigned int cpu);

#endif
#endif /* ASM_COUNTERS_H */
