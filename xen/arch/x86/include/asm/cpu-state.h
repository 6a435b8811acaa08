/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine's CPUs have, and the per-vcpu register state that is switched. */
#ifndef ASM_CPU_STATE_H
#define ASM_CPU_STATE_H

#include <asm/domain.h>
#include <asm/processor.h>
#include <asm/x86-bits.h>

struct vcpu;

/* Features that the code branches on; constant after cpu_init_boot(). */
struct cpu_features {
    bool amd;                   /* AMD or Hygon; else Intel's ways */
    bool fsgsbase, rdtscp, smap, smep;
    bool xsave, xsaveopt;
    /* FXRSTOR and XRSTOR may leave FIP, FDP and FOP of another (APM 2, 11.5.4) */
    bool fp_err_ptrs_leak;
    bool ibpb, spec_ctrl;
    bool syscall32;             /* `syscall` from 32-bit code works (AMD) */
    bool null_clears_base;      /* loading a null selector into FS or GS clears its base */
    bool tsc_deadline, tsc_invariant;
    bool cpuid_faulting;        /* CPUID outside ring 0 faults: on (SDM 4, MSR 140H) */
    uint8_t phys_bits, virt_bits;
};
extern struct cpu_features cpu_features;
extern uint64_t host_cr4;       /* CR4 of idle CPUs; guests' bits are laid over it */
extern uint64_t host_xcr0;      /* components that guests may enable; 0 without XSAVE */
extern unsigned int xsave_size; /* bytes of a save area with all of them, or of FXSAVE */

/* CR4 bits that a PV guest's own value decides. */
#define PV_CR4_GUEST_BITS   (X86_CR4_TSD | X86_CR4_DE | X86_CR4_FSGSBASE)
/* ... and those it reads, wherever the host has them. */
#define PV_CR4_SHOWN_BITS   (X86_CR4_PAE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

/*
 * cpu_init_boot - find out what there is, set this CPU up; cpu_init_cpu - the same for the others.
 */
void cpu_init_boot(void);
void cpu_init_cpu(void);

/* --- Segment bases -------------------------------------------------------------------------- */

static inline bool bases_by_instruction(void)
{
    return (read_cr4() & X86_CR4_FSGSBASE) != 0;
}
static inline uint64_t read_fs_base(void)
{
    uint64_t v;

    if (bases_by_instruction()) {
        asm volatile ("rdfsbase %0" : "=r" (v));
        return v;
    }
    return rdmsr(MSR_FS_BASE);
}
static inline uint64_t read_gs_base(void)
{
    uint64_t v;

    if (bases_by_instruction()) {
        asm volatile ("rdgsbase %0" : "=r" (v));
        return v;
    }
    return rdmsr(MSR_GS_BASE);
}
/* @v must be canonical. */
static inline void write_fs_base(uint64_t v)
{
    if (bases_by_instruction()) {
        asm volatile ("wrfsbase %0" :: "r" (v));
    } else {
        wrmsr(MSR_FS_BASE, v);
    }
}
static inline void write_gs_base(uint64_t v)
{
    if (bases_by_instruction()) {
        asm volatile ("wrgsbase %0" :: "r" (v));
    } else {
        wrmsr(MSR_GS_BASE, v);
    }
}

/* Load a selector of the guest's; false, and NUL loaded, if the processor refuses it. */
bool load_ds_selector(uint16_t sel);
bool load_es_selector(uint16_t sel);
bool load_fs_selector(uint16_t sel);
bool load_gs_selector(uint16_t sel);

/* --- FPU and extended state (fpu.c) ----------------------------------------------------------- */

/* fpu_alloc - give @v a save area in reset state, once.  -ENOMEM. */
int fpu_alloc(struct vcpu *v);
void fpu_free(struct vcpu *v);
/* The 64-byte aligned save area, in the layout that XSAVE (or FXSAVE) writes. */
void *fpu_area(const struct vcpu *v);
void fpu_reset(struct vcpu *v);
/*
 * fpu_import_legacy / fpu_export_legacy - the x87 and SSE part as FXSAVE writes it (512 bytes) of a
 * vcpu that does not run.  Importing leaves the other components in reset state.
 */
void fpu_import_legacy(struct vcpu *v, const void *fxsave);
void fpu_export_legacy(const struct vcpu *v, void *fxsave);
/*
 * fpu_import - a whole XSAVE area of xsave_size bytes (not compacted) of a vcpu that does not run.
 * -EINVAL: components beyond its policy, or a header that the processor would refuse.
 */
int fpu_import(struct vcpu *v, uint64_t xcr0, uint64_t accum, const void *xsave);
/* fpu_save / fpu_restore - registers of this CPU to or from @v's area. */
void fpu_save(struct vcpu *v);
void fpu_restore(struct vcpu *v);
/*
 * fpu_set_xcr0 - a guest's XSETBV on current.
 * False: refused by the architecture's rules or the domain's policy (#GP is due).
 */
bool fpu_set_xcr0(struct vcpu *v, uint64_t xcr0);
/* xcr0_valid - the dependencies of SDM 1, 13.3, within @allowed. */
bool xcr0_valid(uint64_t xcr0, uint64_t allowed);

/* --- Control and debug registers ----------------------------------------- */

#define DR6_DEFAULT     0xffff0ff0UL
#define DR7_ENABLES     0xffUL
#define DR7_GD          (1UL << 13)

/* pv_cr4_writable - the CR4 bits that @v's policy lets it set. */
uint64_t pv_cr4_writable(const struct vcpu *v);
/* pv_hw_cr4 - what CR4 holds while @v runs. */
uint64_t pv_hw_cr4(const struct vcpu *v);
/*
 * debug_registers_load - make the CPU's debug registers @v's (switched off if it uses none);
 * debug_registers_switch - the same where they may differ (context switch).
 */
void debug_registers_load(const struct vcpu *v);
void debug_registers_switch(const struct vcpu *v);

/* tsc_aux_load - make this CPU's TSC_AUX @v's. */
void tsc_aux_load(const struct vcpu *v);

/* vcpu_state_changed - @v's saved state was altered: load all of it when it runs next. */
void vcpu_state_changed(struct vcpu *v);
/* context_forget - this CPU, idle, keeps nothing of the vcpu it ran last.  IRQs off. */
void context_forget(void);
/* vcpu_unload - @v goes away: no CPU keeps anything of it. */
void vcpu_unload(struct vcpu *v);

#endif /* ASM_CPU_STATE_H */
