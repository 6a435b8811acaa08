/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 part of domains and vcpus. */
#ifndef ASM_DOMAIN_H
#define ASM_DOMAIN_H

#include <xen/percpu.h>
#include <xen/spinlock.h>
#include <xen/types.h>

#include <public/xen.h>

#include <asm/counters.h>

struct rangeset;
struct cpu_policy;              /* asm/cpu-policy.h: CPUID and MSR policy */
struct pirq_map;                /* arch/x86/irq/: pirq to irq of a domain */

/* What a PV trap-table entry comes to. */
struct pv_trap {
    unsigned long address;      /* 0: none */
    uint16_t cs;
    uint8_t flags;              /* TI_* of the ABI */
};

/* v->arch.flags */
#define TF_KERNEL_MODE  (1u << 0)       /* the vcpu is in guest kernel mode */
#define TF_IN_SYSCALL   (1u << 1)
#define TF_NMI_MASKED   (1u << 2)       /* until the guest's iret */

#define VCPU_NO_CPU     (~0u)

/*
 * A PV vcpu.  Locks: the vcpu itself, or others while it is paused.
 * Invariants:
 *   V1  kernel_root holds a reference and an L4 type on its frame, or is INVALID_MFN; user_root
 *       likewise.
 *   V2  gdt_frames[0..gdt_nr) each hold a reference and the descriptor-page type.
 *   V3  gs_base_inactive is the GS base of the mode the vcpu is not in.
 *   V4  a vcpu in user mode has a user_root, one that is initialised a kernel_root.
 */
struct arch_vcpu {
    struct cpu_user_regs regs;          /* while not running */
    unsigned long fs_base, gs_base;     /* while not running: live bases */
    unsigned long gs_base_inactive;     /* V3 */
    uint32_t flags;                     /* TF_* */
    /* CPU that holds its state and may hold its TLB entries, VCPU_NO_CPU none; others read it */
    uint32_t runs_on;

    mfn_t kernel_root, user_root;       /* V1 */
    /* table whose last put was interrupted; NULL none (pv/mm-roots.c) */
    struct frame *pt_unfinished;
    unsigned long cr3;                  /* value to load: root of the present mode */
    unsigned long kernel_sp, kernel_ss;
    struct pv_trap *trap_table;         /* 256 entries; pv_no_traps until the guest sets one */
    unsigned long multicall;            /* guest va of the entry being run, 0 outside multicalls */
    unsigned long event_callback, failsafe_callback, syscall_callback;
    unsigned long syscall32_callback, sysenter_callback;
    uint16_t syscall32_cs, sysenter_cs;
    bool failsafe_masks, syscall_masks, syscall32_masks, sysenter_masks;
    bool nmi_pending;                   /* set by any CPU (pv_send_nmi) */
    uint8_t iopl;                       /* virtual IOPL 0-3 */
    unsigned long iobmp;                /* guest va of the I/O bitmap, 0 none */
    unsigned int iobmp_limit;           /* ports it covers */

    uint64_t ctrlreg0, ctrlreg4;        /* guest's view: CR0.TS, CR4 writable bits */
    uint64_t dr[4], dr6, dr7;           /* debug registers; dr7 0: not in use */

    mfn_t gdt_frames[16];               /* V2 */
    uint16_t gdt_nr, gdt_entries;
    uint16_t ldt_entries;
    uint16_t ldt_mapped;                /* bitmap of LDT pages faulted in */
    unsigned long ldt_base;
    mfn_t ldt_frames[16];               /* referenced and typed where ldt_mapped has the bit */

    void *xsave_area;                   /* xsave_size bytes, NULL until the vcpu has a context */
    uint64_t xcr0;
    uint64_t xcr0_accum;                /* every component it ever had enabled: what is saved */
    uint64_t tsc_aux, misc_enable, spec_ctrl;   /* MSR state of the guest */
    uint64_t counters[NR_COUNTERS];
    uint64_t *times;                    /* TSC ticks by reason, NULL until some are measured */
};

struct arch_domain {
    spinlock_t pt_lock;                 /* LOCK_PT: page-table updates of this domain */
    cpumask_t dirty_cpus;               /* [a] whose TLBs may hold entries of its vcpus */
    unsigned long vm_assist;            /* VMASST bits */
    struct cpu_policy *policy;
    struct rangeset *ioport_caps;
    struct pirq_map *pirqs;
    uint32_t pci_cf8;
    uint8_t cmos_idx;
    uint8_t physaddr_width;
    struct e820entry *e820;             /* XENMEM_set_memory_map */
    unsigned int nr_e820;
    mfn_t pirq_eoi_mfn;                 /* PHYSDEVOP_pirq_eoi_gmfn page, INVALID_MFN none */
    unsigned long *pirq_eoi_map;
    bool auto_unmask;
    bool msr_relaxed;                   /* unknown MSRs read as 0, writes are dropped */
    uint64_t vtsc_khz;
    uint32_t tsc_mode, incarnation;
    uint32_t foreign_calls;             /* MMU calls of others under way on its pages (P7) */
    mfn_t relinquish_cursor;
    unsigned int relinquish_step;
};

#endif /* ASM_DOMAIN_H */
