/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets and sizes for assembly: each line becomes a #define in asm/asm-offsets.h. */
#include <xen/domain.h>
#include <xen/sched.h>

#include <asm/current.h>

/* A field has this name too. */
#undef current

#define DEFINE(name, value) asm volatile ("\n.ascii \"->" #name " %0\"" :: "i" (value))
#define OFFSET(name, type, field) DEFINE(name, offsetof(type, field))

void asm_offsets(void);

void asm_offsets(void)
{
    OFFSET(UREGS_r15, struct cpu_user_regs, r15);
    OFFSET(UREGS_r14, struct cpu_user_regs, r14);
    OFFSET(UREGS_r13, struct cpu_user_regs, r13);
    OFFSET(UREGS_r12, struct cpu_user_regs, r12);
    OFFSET(UREGS_rbp, struct cpu_user_regs, rbp);
    OFFSET(UREGS_rbx, struct cpu_user_regs, rbx);
    OFFSET(UREGS_r11, struct cpu_user_regs, r11);
    OFFSET(UREGS_r10, struct cpu_user_regs, r10);
    OFFSET(UREGS_r9, struct cpu_user_regs, r9);
    OFFSET(UREGS_r8, struct cpu_user_regs, r8);
    OFFSET(UREGS_rax, struct cpu_user_regs, rax);
    OFFSET(UREGS_rcx, struct cpu_user_regs, rcx);
    OFFSET(UREGS_rdx, struct cpu_user_regs, rdx);
    OFFSET(UREGS_rsi, struct cpu_user_regs, rsi);
    OFFSET(UREGS_rdi, struct cpu_user_regs, rdi);
    OFFSET(UREGS_error_code, struct cpu_user_regs, error_code);
    OFFSET(UREGS_entry_vector, struct cpu_user_regs, entry_vector);
    OFFSET(UREGS_rip, struct cpu_user_regs, rip);
    OFFSET(UREGS_cs, struct cpu_user_regs, cs);
    OFFSET(UREGS_saved_upcall_mask, struct cpu_user_regs, saved_upcall_mask);
    OFFSET(UREGS_eflags, struct cpu_user_regs, rflags);
    OFFSET(UREGS_rsp, struct cpu_user_regs, rsp);
    OFFSET(UREGS_ss, struct cpu_user_regs, ss);
    OFFSET(UREGS_es, struct cpu_user_regs, es);
    DEFINE(UREGS_SIZE, sizeof(struct cpu_user_regs));

    OFFSET(CPUINFO_guest_regs, struct cpu_info, guest_regs);
    OFFSET(CPUINFO_current, struct cpu_info, curr_vcpu);
    OFFSET(CPUINFO_exit_work, struct cpu_info, exit_work);
    OFFSET(CPUINFO_entry_tsc, struct cpu_info, entry_tsc);
    OFFSET(CPUINFO_entry_row, struct cpu_info, entry_row);
    DEFINE(EXIT_TIMED_BIT, EXIT_TIMED);
    OFFSET(CPUINFO_per_cpu_offset, struct cpu_info, per_cpu_offset);
    OFFSET(CPUINFO_cpu, struct cpu_info, cpu);
    OFFSET(CPUINFO_pending, struct cpu_info, softirq_pending);
    DEFINE(CPUINFO_OFFSET, CPU_INFO_OFFSET);
    DEFINE(CPUINFO_SIZE, sizeof(struct cpu_info));

    OFFSET(VCPU_info, struct vcpu, vcpu_info);
    OFFSET(VCPU_flags, struct vcpu, arch.flags);
    OFFSET(VCPU_cr3, struct vcpu, arch.cr3);
    OFFSET(VCPU_domain, struct vcpu, domain);
    OFFSET(VCPU_trap_table, struct vcpu, arch.trap_table);
    OFFSET(VCPU_user_root, struct vcpu, arch.user_root);
    OFFSET(DOMAIN_vm_assist, struct domain, arch.vm_assist);
    OFFSET(TRAP_flags, struct pv_trap, flags);
    OFFSET(INFO_cr2, struct vcpu_info, arch.cr2);
    OFFSET(VCPU_kernel_root, struct vcpu, arch.kernel_root);
    OFFSET(VCPU_kernel_sp, struct vcpu, arch.kernel_sp);
    OFFSET(VCPU_syscall_callback, struct vcpu, arch.syscall_callback);
    OFFSET(VCPU_syscall_masks, struct vcpu, arch.syscall_masks);
    OFFSET(VCPU_multicall, struct vcpu, arch.multicall);
    OFFSET(VCPU_counters, struct vcpu, arch.counters);
    OFFSET(INFO_upcall_pending, struct vcpu_info, evtchn_upcall_pending);
    OFFSET(INFO_upcall_mask, struct vcpu_info, evtchn_upcall_mask);
    OFFSET(MULTI_op, struct multicall_entry, op);
    OFFSET(MULTI_result, struct multicall_entry, result);
    OFFSET(MULTI_args, struct multicall_entry, args);
    DEFINE(MULTI_SIZE, sizeof(struct multicall_entry));
    DEFINE(CNT_SYSCALL, COUNTER_SYSCALL);
    DEFINE(CNT_MULTICALL, COUNTER_MULTICALL);
    DEFINE(CNT_RESTART, COUNTER_RESTART);
    DEFINE(CNT_IRQ, COUNTER_IRQ);
    DEFINE(CNT_SYSCALL32, COUNTER_SYSCALL32);
    DEFINE(CNT_SOFT_INT, COUNTER_SOFT_INT);
}
