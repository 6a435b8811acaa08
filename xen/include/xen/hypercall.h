/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypercalls, one row each, and how a long one restarts. */
#ifndef XEN_HYPERCALL_H
#define XEN_HYPERCALL_H

#include <xen/softirq.h>
#include <xen/types.h>

/*
 * HYPERCALL(number, name, number of arguments): the handler is do_<name>.
 * Arguments arrive as the ABI's registers, pointers as guest virtual addresses.
 */
#define HYPERCALLS(HYPERCALL)               \
    HYPERCALL(0,  set_trap_table, 1)        \
    HYPERCALL(1,  mmu_update, 4)            \
    HYPERCALL(2,  set_gdt, 2)               \
    HYPERCALL(3,  stack_switch, 2)          \
    HYPERCALL(5,  fpu_taskswitch, 1)        \
    HYPERCALL(7,  platform_op, 1)           \
    HYPERCALL(8,  set_debugreg, 2)          \
    HYPERCALL(9,  get_debugreg, 1)          \
    HYPERCALL(10, update_descriptor, 2)     \
    HYPERCALL(12, memory_op, 2)             \
    HYPERCALL(13, multicall, 2)             \
    HYPERCALL(14, update_va_mapping, 3)     \
    HYPERCALL(15, set_timer_op, 1)          \
    HYPERCALL(17, xen_version, 2)           \
    HYPERCALL(18, console_io, 3)            \
    HYPERCALL(20, grant_table_op, 3)        \
    HYPERCALL(21, vm_assist, 2)             \
    HYPERCALL(22, update_va_mapping_otherdomain, 4) \
    HYPERCALL(23, iret, 0)                  \
    HYPERCALL(24, vcpu_op, 3)               \
    HYPERCALL(25, set_segment_base, 2)      \
    HYPERCALL(26, mmuext_op, 4)             \
    HYPERCALL(28, nmi_op, 2)                \
    HYPERCALL(29, sched_op, 2)              \
    HYPERCALL(30, callback_op, 2)           \
    HYPERCALL(32, event_channel_op, 2)      \
    HYPERCALL(33, physdev_op, 2)            \
    HYPERCALL(35, sysctl, 1)                \
    HYPERCALL(36, domctl, 1)                \
    HYPERCALL(63, xylem_op, 2)              /* <xylem/counters.h> */

#define NR_HYPERCALLS_ABI 64

long do_set_trap_table(unsigned long traps);
long do_mmu_update(unsigned long ureqs, unsigned int count, unsigned long pdone,
                   unsigned int foreigndom);
long do_set_gdt(unsigned long frame_list, unsigned int entries);
long do_stack_switch(unsigned long ss, unsigned long sp);
long do_fpu_taskswitch(int set);
long do_platform_op(unsigned long u_op);
long do_set_debugreg(int reg, unsigned long value);
unsigned long do_get_debugreg(int reg);
long do_update_descriptor(uint64_t maddr, uint64_t desc);
long do_memory_op(unsigned long cmd, unsigned long arg);
long do_multicall(unsigned long call_list, unsigned int nr_calls);
long do_update_va_mapping(unsigned long va, uint64_t val, unsigned long flags);
long do_update_va_mapping_otherdomain(unsigned long va, uint64_t val, unsigned long flags,
                                      unsigned int domid);
long do_set_timer_op(s_time_t timeout);
long do_xen_version(int cmd, unsigned long arg);
long do_console_io(int cmd, int count, unsigned long buffer);
long do_vm_assist(unsigned int cmd, unsigned int type);
long do_iret(void);
long do_vcpu_op(int cmd, unsigned int vcpuid, unsigned long arg);
long do_set_segment_base(unsigned int which, unsigned long base);
long do_mmuext_op(unsigned long uops, unsigned int count, unsigned long pdone,
                  unsigned int foreigndom);
long do_nmi_op(unsigned int cmd, unsigned long arg);
long do_sched_op(int cmd, unsigned long arg);
long do_callback_op(int cmd, unsigned long arg);
long do_physdev_op(int cmd, unsigned long arg);
long do_sysctl(unsigned long u_sysctl);
long do_domctl(unsigned long u_domctl);
long do_xylem_op(unsigned long cmd, unsigned long arg);
/* do_event_channel_op: event.h; do_grant_table_op: gnttab.h. */

/*
 * Restart.  A handler that cannot finish within its budget records its progress
 * by hypercall_set_arg() (0-based ABI argument; goes to the guest's registers,
 * or into the multicall entry being run) and returns -ERESTART.  Dispatch then
 * lets pending work run and enters it again.  -ERESTART never reaches a guest.
 */
void hypercall_set_arg(unsigned int i, unsigned long value);
/*
 * hypercall_preempt_check - there is other work for this CPU; ask every bounded batch (64 pages, 16
 * PTE-table entries ...).
 */
bool hypercall_preempt_check(void);

#endif /* XEN_HYPERCALL_H */
