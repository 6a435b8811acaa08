/* SPDX-License-Identifier: GPL-2.0-only */
/* This CPU's own block, found from the stack pointer: works on every stack of the CPU. */
#ifndef ASM_CURRENT_H
#define ASM_CURRENT_H

#include <asm/layout.h>
#include <xen/types.h>

#include <public/xen.h>

struct vcpu;

/*
 * Top of each CPU's stack.  guest_regs is the frame of the running guest:
 * after a hypercall entry only what C clobbers is valid in it until the slow
 * exit path saves the rest (docs/design/entry.md); after an exception all.
 * Offsets are exported by asm-offsets.c.
 */
struct cpu_info {
    struct cpu_user_regs guest_regs;
    struct vcpu *curr_vcpu;     /* see `current` */
    unsigned long per_cpu_offset;
    uint32_t cpu;
    uint32_t pad;
    /* The exit path reads these two as one word: anything set leads to the slow path. */
    uint32_t softirq_pending;   /* bitmap of SOFTIRQ_*; set by any CPU, atomically */
    uint32_t exit_work;         /* bitmap of EXIT_*; set by any CPU, atomically */
    /* With EXIT_TIMED: when the guest was left, and for what (a row of asm/counters.h). */
    uint64_t entry_tsc;
    uint32_t entry_row;
    uint32_t pad2;
};
/* The processor aligns an entry's frame to 16 bytes: it must end exactly where es begins. */
static_assert((sizeof(struct cpu_info) - offsetof(struct cpu_info, guest_regs.es)) % 16 == 0,
              "guest_regs must match the frame that hardware pushes");

/* exit_work; entries to be timed set the second themselves (timed-entry.S) */
#define EXIT_NMI        (1u << 0)       /* the running vcpu has an NMI pending */
#define EXIT_TIMED      (1u << 1)       /* the time of this entry is to be noted */

#define CPU_INFO_OFFSET ((PERCPU_STACK_PAGE << 12) + STACK_SIZE - sizeof(struct cpu_info))

#ifndef UNIT_TEST
static inline struct cpu_info *get_cpu_info(void)
{
    unsigned long sp;

    asm ("mov %%rsp, %0" : "=r" (sp));
    return (struct cpu_info *)((sp & ~((1UL << PERCPU_SHIFT) - 1)) + CPU_INFO_OFFSET);
}
#else
struct cpu_info *get_cpu_info(void);
#endif

static inline struct cpu_info *cpu_info_of(unsigned int cpu)
{
    return (struct cpu_info *)(PERCPU_AREA((unsigned long)cpu) + CPU_INFO_OFFSET);
}

#define current             (get_cpu_info()->curr_vcpu)
#define currd               (current->domain)
#define smp_processor_id()  (get_cpu_info()->cpu)
#define guest_regs()        (&get_cpu_info()->guest_regs)

#endif /* ASM_CURRENT_H */
