/* SPDX-License-Identifier: GPL-2.0-only */
/* Segment bases, debug registers and CR0.TS of a PV guest. */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>

#include <asm/cpu-state.h>
#include <asm/processor.h>
#include <asm/pv.h>

#include "traps.h"

long do_fpu_taskswitch(int set)
{
    struct vcpu *v = current;

    if (set != 0) {
        v->arch.ctrlreg0 |= X86_CR0_TS;
        write_cr0(read_cr0() | X86_CR0_TS);
    } else {
        v->arch.ctrlreg0 &= ~(uint64_t)X86_CR0_TS;
        asm volatile ("clts");
    }
    return 0;
}

long do_set_segment_base(unsigned int which, unsigned long base)
{
    switch (which) {
    case SEGBASE_FS:
        if (!is_canonical(base)) {
            return -EINVAL;
        }
        write_fs_base(base);
        return 0;
    case SEGBASE_GS_USER:
        if (!is_canonical(base)) {
            return -EINVAL;
        }
        wrmsr(MSR_KERNEL_GS_BASE, base);
        return 0;
    case SEGBASE_GS_KERNEL:
        if (!is_canonical(base)) {
            return -EINVAL;
        }
        write_gs_base(base);
        return 0;
    case SEGBASE_GS_USER_SEL:
        swap_gs();
        /* NUL if it cannot be loaded: the call never fails */
        load_gs_selector((uint16_t)base);
        swap_gs();
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- Debug registers ----------------------------------------------------- */

/* A breakpoint address that is not Xylem's. */
static bool breakpoint_ok(unsigned long addr)
{
    return is_canonical(addr) && (addr < HV_VIRT_START || addr >= HV_VIRT_END);
}

/*
 * DR7 as the guest may have it: no general detect, and I/O breakpoints only with CR4.DE (SDM 3B,
 * 17.2.4).
 */
static int set_dr7(struct vcpu *v, uint64_t value)
{
    if ((value >> 32) != 0) {
        return -EINVAL;
    }
    if (value & DR7_GD) {
        return -EPERM;
    }
    for (unsigned int i = 0; i < 4; i++) {
        if (((value >> (16 + 4 * i)) & 3) == 2 && !(v->arch.ctrlreg4 & X86_CR4_DE)) {
            return -EPERM;
        }
    }
    v->arch.dr7 = value & 0xffff03ffUL;
    return 0;
}

int pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value)
{
    int rc = 0;

    switch (reg) {
    case 0 ... 3:
        if (!breakpoint_ok(value)) {
            return -EPERM;
        }
        v->arch.dr[reg] = value;
        break;
    case 4:
    case 6:
        if (reg == 4 && (v->arch.ctrlreg4 & X86_CR4_DE)) {
            return -ENODEV;
        }
        if ((value >> 32) != 0) {
            return -EINVAL;
        }
        v->arch.dr6 = (value & 0xefff) | DR6_DEFAULT;
        break;
    case 5:
    case 7:
        if (reg == 5 && (v->arch.ctrlreg4 & X86_CR4_DE)) {
            return -ENODEV;
        }
        rc = set_dr7(v, value);
        break;
    default:
        return -ENODEV;
    }
    if (rc == 0 && v == current) {
        debug_registers_load(v);
    }
    return rc;
}

long do_set_debugreg(int reg, unsigned long value)
{
    return pv_set_debugreg(current, (unsigned int)reg, value);
}

int pv_get_debugreg(const struct vcpu *v, unsigned int reg, unsigned long *value)
{
    switch (reg) {
    case 0 ... 3:
        *value = v->arch.dr[reg];
        return 0;
    case 4:
    case 6:
        if (reg == 4 && (v->arch.ctrlreg4 & X86_CR4_DE)) {
            return -ENODEV;
        }
        *value = v->arch.dr6 | DR6_DEFAULT;
        return 0;
    case 5:
    case 7:
        if (reg == 5 && (v->arch.ctrlreg4 & X86_CR4_DE)) {
            return -ENODEV;
        }
        *value = v->arch.dr7 | 0x400;
        return 0;
    default:
        return -ENODEV;
    }
}

unsigned long do_get_debugreg(int reg)
{
    unsigned long value = 0;
    int rc = pv_get_debugreg(current, (unsigned int)reg, &value);

    return rc != 0 ? (unsigned long)(long)rc : value;
}
