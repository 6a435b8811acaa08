/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercall dispatch tables, restart, and the multicall. */
#include <xen/domain.h>
#include <xen/gnttab.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/softirq.h>

#include <asm/entry.h>

static long no_such_hypercall(unsigned long a0, unsigned long a1, unsigned long a2,
                              unsigned long a3, unsigned long a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return -ENOSYS;
}

/* A multicall or iret inside a multicall; outside, iret never comes here (hypercall-entry.S). */
static long refused_in_multicall(unsigned long a0, unsigned long a1, unsigned long a2,
                                 unsigned long a3, unsigned long a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return -EINVAL;
}

#define do_iret refused_in_multicall
/* Arguments arrive in full registers; handlers with narrower ones look at the low part. */
#define ENTRY(nr, name, args) [nr] = (hypercall_fn)(void (*)(void))do_##name,

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const hypercall_fn hypercall_table[NR_HYPERCALLS_ABI] = {
    [0 ... NR_HYPERCALLS_ABI - 1] = no_such_hypercall,
    HYPERCALLS(ENTRY)
};

const hypercall_fn multicall_table[NR_HYPERCALLS_ABI] = {
    [0 ... NR_HYPERCALLS_ABI - 1] = no_such_hypercall,
    HYPERCALLS(ENTRY)
    [__HYPERVISOR_multicall] = refused_in_multicall,
};
#pragma GCC diagnostic pop

/* Where the ABI keeps argument @i of a hypercall. */
static uint64_t *frame_arg(struct cpu_user_regs *regs, unsigned int i)
{
    switch (i) {
    case 0:
        return &regs->rdi;
    case 1:
        return &regs->rsi;
    case 2:
        return &regs->rdx;
    case 3:
        return &regs->r10;
    default:
        return &regs->r8;
    }
}

void hypercall_set_arg(unsigned int i, unsigned long value)
{
    struct vcpu *v = current;

    if (v->arch.multicall == 0) {
        *frame_arg(guest_regs(), i) = value;
        return;
    }
    /* The list was read from there a moment ago; should it be gone, the next round says -EFAULT. */
    if (guest_write(v->arch.multicall + offsetof(struct multicall_entry, args[i]), &value,
                    sizeof(value)) != 0) {
        gpr_warn("%pv: multicall list vanished while it was run\n", v);
    }
}

bool hypercall_preempt_check(void)
{
    return get_cpu_info()->softirq_pending != 0 ||
           (current->arch.multicall == 0 && local_events_need_delivery());
}

/*
 * At most this many calls by one hypercall, so that sizes cannot overflow; the ABI has no limit of
 * its own, and lists in use are some hundred calls long.
 */
#define MAX_MULTICALLS (1u << 20)

/* The mark of a timed entry would end the list after each call: put it away meanwhile. */
static __noinline long timed_multicall(unsigned long call_list, unsigned int nr_calls)
{
    struct cpu_info *info = get_cpu_info();
    long rc;

    atomic_and(&info->exit_work, ~EXIT_TIMED);
    rc = multicall_run(call_list, nr_calls);
    atomic_or(&info->exit_work, EXIT_TIMED);
    return rc;
}

long do_multicall(unsigned long call_list, unsigned int nr_calls)
{
    struct vcpu *v = current;
    unsigned long done;
    long rc;

    if (nr_calls > MAX_MULTICALLS) {
        return -EINVAL;
    }
    if (!access_ok(call_list, nr_calls * sizeof(struct multicall_entry))) {
        return -EFAULT;
    }
    if (nr_calls == 0) {
        return 0;
    }
    if (unlikely(get_cpu_info()->exit_work & EXIT_TIMED)) {
        rc = timed_multicall(call_list, nr_calls);
    } else {
        rc = multicall_run(call_list, nr_calls);
    }
    done = (v->arch.multicall - call_list) / sizeof(struct multicall_entry);
    v->arch.multicall = 0;
    if (rc == 0) {
        done = nr_calls;
    }
    v->arch.counters[COUNTER_MULTICALL] += done;
    if (rc == -ERESTART) {
        hypercall_set_arg(0, call_list + done * sizeof(struct multicall_entry));
        hypercall_set_arg(1, nr_calls - done);
    }
    return rc;
}
