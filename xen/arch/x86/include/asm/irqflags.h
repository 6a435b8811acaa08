/* SPDX-License-Identifier: GPL-2.0-only */
/* The interrupt flag of this CPU. */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <xen/types.h>

#define X86_EFLAGS_IF_ 0x200UL

#ifndef UNIT_TEST
static inline void local_irq_disable(void) { asm volatile ("cli" ::: "memory"); }
static inline void local_irq_enable(void) { asm volatile ("sti" ::: "memory"); }
static inline unsigned long local_save_flags(void)
{
    unsigned long f;
    asm volatile ("pushfq; popq %0" : "=r" (f) :: "memory");
    return f;
}
#else
static inline void local_irq_disable(void) { }
static inline void local_irq_enable(void) { }
static inline unsigned long local_save_flags(void) { return X86_EFLAGS_IF_; }
#endif
static inline bool local_irq_enabled(void) { return local_save_flags() & X86_EFLAGS_IF_; }
static inline unsigned long local_irq_save(void)
{
    unsigned long f = local_save_flags();

    local_irq_disable();
    return f;
}
static inline void local_irq_restore(unsigned long f)
{
    if (f & X86_EFLAGS_IF_) {
        local_irq_enable();
    }
}

#endif /* ASM_IRQFLAGS_H */
