/* SPDX-License-Identifier: MIT */
/* Hypercalls of a PV guest, by direct syscall or through the hypercall page as it was built. */
#ifndef STUB_HYPERCALL_H
#define STUB_HYPERCALL_H

#include <stub/base.h>
#include <public/callback.h>

/*
 * hypercall - call number @nr with up to five arguments.
 * The hypervisor clobbers rcx and r11, and may clobber the argument registers.
 * Returns the call's own result, negative errno values of the ABI on failure.
 */
static inline long hypercall(unsigned long nr, unsigned long a1, unsigned long a2,
                             unsigned long a3, unsigned long a4, unsigned long a5)
{
    register unsigned long r10 asm("r10") = a4;
    register unsigned long r8 asm("r8") = a5;
    long result;

#ifdef GUEST_HYPERCALL_PAGE
    extern char hypercall_page[];
    unsigned long stub = (unsigned long)hypercall_page + nr * 32;

    asm volatile("call *%[stub]"
                 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                 : [stub] "b"(stub) : "rcx", "r11", "memory");
#else
    asm volatile("syscall"
                 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                 : "0"(nr) : "rcx", "r11", "memory");
#endif
    return result;
}

#define HYPERCALL_0(nr)                hypercall(nr, 0, 0, 0, 0, 0)
#define HYPERCALL_1(nr, a)             hypercall(nr, (unsigned long)(a), 0, 0, 0, 0)
#define HYPERCALL_2(nr, a, b) \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), 0, 0, 0)
#define HYPERCALL_3(nr, a, b, c)                                                                   \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), 0, 0)
#define HYPERCALL_4(nr, a, b, c, d)                                                                \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), (unsigned long)(d), 0)

static inline long memory_op(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_memory_op, cmd, arg);
}

static inline long event_op(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static inline long grant_op(unsigned int cmd, void *arg, unsigned int count)
{
    return HYPERCALL_3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static inline long sched_op(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_sched_op, cmd, arg);
}

/* Where the hypervisor goes for an event, a failed return, a system call: CALLBACKTYPE_* @type. */
static inline long callback_op(unsigned int cmd, unsigned int type, unsigned long address,
                               unsigned int flags)
{
    struct callback_register op = {
        .type = (uint16_t)type, .flags = (uint16_t)flags, .address = address,
    };

    return HYPERCALL_2(__HYPERVISOR_callback_op, cmd, &op);
}

static inline long xen_version(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_xen_version, cmd, arg);
}

static inline long vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
    return HYPERCALL_3(__HYPERVISOR_vcpu_op, cmd, vcpu, arg);
}

static inline long set_timer_op(uint64_t deadline)
{
    return HYPERCALL_1(__HYPERVISOR_set_timer_op, deadline);
}

static inline long mmu_update(struct mmu_update *list, unsigned int count, unsigned int *done)
{
    return HYPERCALL_4(__HYPERVISOR_mmu_update, list, count, done, DOMID_SELF);
}

static inline long update_va_mapping(const void *va, uint64_t pte, unsigned long flags)
{
    return HYPERCALL_3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

/* One mmuext operation; ARG1 and ARG2 are put where the command reads them. */
static inline long mmuext_op(unsigned int cmd, unsigned long arg1, unsigned long arg2)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = arg1;
    op.arg2.nr_ents = (unsigned int)arg2;
    if (cmd == MMUEXT_TLB_FLUSH_MULTI || cmd == MMUEXT_INVLPG_MULTI) {
        set_xen_guest_handle(op.arg2.vcpumask, (void *)arg2);
    }
    return HYPERCALL_4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

#endif
