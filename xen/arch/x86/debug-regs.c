/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor's debug registers, which are the running guest's.  SDM vol. 3B, ch. 17. */
#include <xen/domain.h>
#include <xen/percpu.h>

#include <asm/cpu-state.h>
#include <asm/processor.h>

#define DR7_FIXED       0x400UL
#define TYPE_IO         2u

/* This CPU has breakpoints switched on, whosesoever; their vcpu may be gone by now. */
static DEFINE_PER_CPU(bool, breakpoints_on);

/* What I/O breakpoints do without CR4.DE is not defined (17.2.4): they are off then. */
static uint64_t hw_dr7(const struct vcpu *v)
{
    uint64_t dr7 = v->arch.dr7;

    for (unsigned int i = 0; i < 4 && !(v->arch.ctrlreg4 & X86_CR4_DE); i++) {
        if (((dr7 >> (16 + 4 * i)) & 3) == TYPE_IO) {
            dr7 &= ~(3UL << (2 * i));
        }
    }
    return dr7 & DR7_ENABLES ? dr7 | DR7_FIXED : DR7_FIXED;
}

void debug_registers_load(const struct vcpu *v)
{
    uint64_t dr7 = hw_dr7(v);

    if (this_cpu(breakpoints_on)) {
        write_dr(7, DR7_FIXED);
    }
    this_cpu(breakpoints_on) = (dr7 & DR7_ENABLES) != 0;
    if (!(dr7 & DR7_ENABLES)) {
        return;
    }
    write_dr(0, v->arch.dr[0]);
    write_dr(1, v->arch.dr[1]);
    write_dr(2, v->arch.dr[2]);
    write_dr(3, v->arch.dr[3]);
    write_dr(7, dr7);
}

void debug_registers_switch(const struct vcpu *v)
{
    if (this_cpu(breakpoints_on) || (v->arch.dr7 & DR7_ENABLES)) {
        debug_registers_load(v);
    }
}
