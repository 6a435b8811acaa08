/* SPDX-License-Identifier: GPL-2.0-only */
/* Context switch: the registers of one vcpu go to its struct, those of the next come from there. */
#include <xen/domain.h>
#include <xen/event.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/time.h>

#include <asm/cpu-state.h>
#include <asm/entry.h>
#include <asm/extable.h>
#include <asm/mitigations.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/time.h>

#include "pv/traps.h"

/*
 * The vcpu whose bases, selectors, FPU state and descriptor windows this CPU holds.  It stays so
 * while the idle vcpu runs: coming back to the same one loads only the page tables.
 */
static DEFINE_PER_CPU(struct vcpu *, loaded);
static DEFINE_PER_CPU(uint64_t, tsc_aux_now);

#define DEFINE_LOAD_SELECTOR(reg)                                            \
    bool load_##reg##_selector(uint16_t sel)                                 \
    {                                                                        \
        bool ok = true;                                                      \
                                                                             \
        /* A NUL selector keeps the old base on some CPUs: flat data first. */ \
        asm volatile ("mov %0, %%" #reg :: "r" ((uint32_t)SEL_GUEST_DS));    \
        asm volatile ("1: mov %1, %%" #reg "\n\t"                           \
                      "jmp 3f\n"                                             \
                      "2: mov %2, %%" #reg "\n\t"                            \
                      "movb $0, %0\n"                                        \
                      "3:\n\t"                                               \
                      EXTABLE("1b", "2b")                                    \
                      : "+q" (ok) : "r" ((uint32_t)sel), "r" (0));           \
        return ok;                                                           \
    }
DEFINE_LOAD_SELECTOR(ds)
DEFINE_LOAD_SELECTOR(es)
DEFINE_LOAD_SELECTOR(fs)
DEFINE_LOAD_SELECTOR(gs)

#define LIVE_SELECTOR(reg) \
    ({ uint32_t s_; asm volatile ("mov %%" #reg ", %0" : "=r" (s_)); (uint16_t)s_; })

uint64_t pv_hw_cr4(const struct vcpu *v)
{
    return host_cr4 | (v->arch.ctrlreg4 & PV_CR4_GUEST_BITS);
}

void tsc_aux_load(const struct vcpu *v)
{
    if (cpu_features.rdtscp && this_cpu(tsc_aux_now) != v->arch.tsc_aux) {
        this_cpu(tsc_aux_now) = v->arch.tsc_aux;
        wrmsr(MSR_TSC_AUX, v->arch.tsc_aux);
    }
}

/* @v is paused; when it next runs, its CPU flushes all it has. */
void vcpu_state_changed(struct vcpu *v)
{
    WRITE_ONCE(v->arch.runs_on, VCPU_NO_CPU);
}

/* --- Out ----------------------------------------------------------------- */

/*
 * @v's registers are all in the frame or live: exits to the scheduler save the whole frame first.
 */
static void save_vcpu(struct vcpu *v)
{
    struct cpu_user_regs *regs = &v->arch.regs;

    memcpy(regs, guest_regs(), offsetof(struct cpu_user_regs, es));
    regs->ds = LIVE_SELECTOR(ds);
    regs->es = LIVE_SELECTOR(es);
    regs->fs = LIVE_SELECTOR(fs);
    regs->gs = LIVE_SELECTOR(gs);
    v->arch.fs_base = read_fs_base();
    v->arch.gs_base = read_gs_base();
    v->arch.gs_base_inactive = rdmsr(MSR_KERNEL_GS_BASE);
    fpu_save(v);
}

/* --- In ------------------------------------------------------------------ */

/* Selectors, then bases: loading a selector sets a base.  False: one was refused. */
static bool load_segments(const struct vcpu *v)
{
    const struct cpu_user_regs *regs = &v->arch.regs;
    bool ok = true;

    if (regs->ds | LIVE_SELECTOR(ds)) {
        ok &= load_ds_selector(regs->ds);
    }
    if (regs->es | LIVE_SELECTOR(es)) {
        ok &= load_es_selector(regs->es);
    }
    if (regs->fs | LIVE_SELECTOR(fs)) {
        ok &= load_fs_selector(regs->fs);
    }
    if (regs->gs | LIVE_SELECTOR(gs)) {
        ok &= load_gs_selector(regs->gs);
    }
    write_fs_base(v->arch.fs_base);
    write_gs_base(v->arch.gs_base);
    wrmsr(MSR_KERNEL_GS_BASE, v->arch.gs_base_inactive);
    return ok;
}

static bool load_all(struct vcpu *v)
{
    uint64_t cr4 = pv_hw_cr4(v);
    bool ok;

    counter_inc(v, COUNTER_STATE_LOAD);
    mitigations_switch(v);
    if (read_cr4() != cr4) {
        write_cr4(cr4);
    }
    tlb_flush_local_all();
    pv_load_gdt(v);
    pv_load_ldt(v);
    ok = load_segments(v);
    fpu_restore(v);
    debug_registers_switch(v);
    tsc_aux_load(v);
    return ok;
}

/* Areas of the guest that tell of its running: through the kernel's page tables. */
static void update_areas(struct vcpu *v)
{
    if (v->runstate_due) {
        vcpu_runstate_area_update(v);
    }
    if (v->time_due) {
        vcpu_time_area_update(v);
    }
    if (!pv_in_kernel_mode(v)) {
        v->arch.cr3 = mfn_x(v->arch.user_root) << PAGE_SHIFT;
        write_cr3(v->arch.cr3);
    }
}

/*
 * This CPU's TLB gets entries of @v, and those of @was, which ran before, go with the flush of
 * load_all().  Who wants flushes is told first and, with locked instructions, before any entry is
 * loaded: a flush that is asked for behind that reaches us, one before finds the new page tables.
 */
static bool take_over(struct vcpu *v, struct vcpu *was, unsigned int cpu)
{
    struct domain *d = v->domain;
    bool ok;

    if (!cpumask_test(cpu, &d->arch.dirty_cpus)) {
        cpumask_set(cpu, &d->arch.dirty_cpus);
    }
    (void)xchg(&v->arch.runs_on, cpu);
    ok = load_all(v);
    if (was != NULL && was->domain != d) {
        cpumask_clear(cpu, &was->domain->arch.dirty_cpus);
    }
    WRITE_ONCE(this_cpu(loaded), v);
    return ok;
}

/* Go on as @v, whose kernel root is loaded. */
static void __noreturn run_guest(struct vcpu *v)
{
    struct cpu_info *info = get_cpu_info();
    struct vcpu *was = READ_ONCE(this_cpu(loaded));
    unsigned int cpu = smp_processor_id();
    bool ok = true;

    counter_inc(v, COUNTER_SWITCH_IN);
    if (was != v || v->arch.runs_on != cpu) {
        ok = take_over(v, was, cpu);
    }
    if (v->arch.ctrlreg0 & X86_CR0_TS) {
        write_cr0(read_cr0() | X86_CR0_TS);
    }
    vcpu_time_update(v);
    update_areas(v);
    memcpy(guest_regs(), &v->arch.regs, offsetof(struct cpu_user_regs, es));
    if (unlikely(!ok)) {
        struct cpu_user_regs *regs = guest_regs();

        regs->ds = v->arch.regs.ds;
        regs->es = v->arch.regs.es;
        regs->fs = v->arch.regs.fs;
        regs->gs = v->arch.regs.gs;
        pv_failsafe(regs, v);
    }
    /* In this order: who sends one sets nmi_pending, then the bit (arch_vcpu_send_nmi). */
    (void)xchg(&info->exit_work, 0);
    if (READ_ONCE(v->arch.nmi_pending)) {
        atomic_or(&info->exit_work, EXIT_NMI);
    }
    resume_guest();
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
    local_irq_disable();
    if (!is_idle_vcpu(prev)) {
        save_vcpu(prev);
        clts();
    }
    get_cpu_info()->curr_vcpu = next;
    if (is_idle_vcpu(next)) {
        write_cr3(mfn_x(hv_root_mfn) << PAGE_SHIFT);
        tlb_idle_enter();
        sched_context_saved(prev);
        run_on_empty_stack(idle_loop);
    }
    tlb_idle_leave();           /* L1: who frees a table waits for a CPU that could walk it */
    /* E7: from sched_context_saved() on @prev may run elsewhere, and give up its root there. */
    next->arch.cr3 = mfn_x(next->arch.kernel_root) << PAGE_SHIFT;
    write_cr3(next->arch.cr3);
    sched_context_saved(prev);
    run_guest(next);
}

void context_forget(void)
{
    struct vcpu *v = xchg(&this_cpu(loaded), NULL);

    if (v != NULL) {
        cpumask_clear(smp_processor_id(), &v->domain->arch.dirty_cpus);
    }
}

void vcpu_unload(struct vcpu *v)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        (void)cmpxchg(&per_cpu(loaded, cpu), v, NULL);
    }
    vcpu_state_changed(v);
}
