/* SPDX-License-Identifier: GPL-2.0-only */
/* The context switch: what has to be done before somebody else may run the vcpu that is left. */
#include "../harness.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include <asm/cpu-state.h>
#include <asm/current.h>
#include <asm/entry.h>
#include <asm/mitigations.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/time.h>
#include <xen/domain.h>
#include <xen/init.h>
#include <xen/sched.h>
#include <xen/time.h>

#include "../../../xen/arch/x86/pv/traps.h"

enum { IDLE, ONE, OTHER, NR };

static struct domain doms[NR];
static struct vcpu vcpus[NR];
static struct shared_info shared[NR];
/* The words that others set lie in the second page. */
static char pages[2 * PAGE_SIZE] __aligned(PAGE_SIZE);
#define info (*(struct cpu_info *)(pages + PAGE_SIZE - offsetof(struct cpu_info, softirq_pending)))
static bool send_nmi;
static jmp_buf away;
static uint64_t cr3, cr3_when_saved;
static unsigned int loads;
static const struct vcpu *saved;

struct cpu_features cpu_features;
uint64_t host_cr4;
mfn_t hv_root_mfn = { 99 };
cpumask_t cpu_online_map = { { 1 } };
unsigned int nr_online_cpus = 1;

struct cpu_info *get_cpu_info(void) { return &info; }
static bool spared, spared_with_root;    /* flushes pass it by, also with a guest's root loaded */
void fake_write_cr3(uint64_t v)
{
    cr3 = v;
    spared_with_root |= spared && v != mfn_x(hv_root_mfn) << PAGE_SHIFT;
}
uint64_t fake_read_cr0(void) { return 0; }
void fake_write_cr4(uint64_t v) { (void)v; }
uint64_t fake_rdmsr(uint32_t msr) { (void)msr; return 0; }
void fake_wrmsr(uint32_t msr, uint64_t v) { (void)msr, (void)v; }

void sched_context_saved(struct vcpu *prev)
{
    saved = prev;
    cr3_when_saved = cr3;
}

void resume_guest(void) { longjmp(away, 1); }
void run_on_empty_stack(void (*fn)(void)) { (void)fn; longjmp(away, 1); }
void idle_loop(void) { longjmp(away, 1); }

void fpu_save(struct vcpu *v) { (void)v; }
void fpu_restore(struct vcpu *v) { (void)v; loads++; }
void mitigations_switch(const struct vcpu *next) { (void)next; }
void tlb_flush_local_all(void) { }
void tlb_idle_enter(void)
{
    spared = true;
    fake_write_cr3(cr3);
}
void tlb_idle_leave(void) { spared = false; }
void pv_load_gdt(struct vcpu *v) { (void)v; }
void pv_load_ldt(struct vcpu *v) { (void)v; }
void pv_failsafe(struct cpu_user_regs *regs, struct vcpu *v) { (void)regs, (void)v; }
void debug_registers_switch(const struct vcpu *v) { (void)v; }
void vcpu_runstate_area_update(struct vcpu *v) { (void)v; }
void vcpu_time_area_update(struct vcpu *v) { (void)v; }

void vcpu_time_update(struct vcpu *v)
{
    (void)v;
    if (send_nmi) {
        mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_READ);
    }
}

/* The store to exit_work is about to be made: another CPU is faster (arch_vcpu_send_nmi). */
static void on_store(int sig)
{
    (void)sig;
    mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
    if (!send_nmi) {
        abort();
    }
    send_nmi = false;
    vcpus[ONE].arch.nmi_pending = true;
    info.exit_work |= EXIT_NMI;
}

static uint64_t root_of(unsigned int i)
{
    return (10 + (uint64_t)i) << PAGE_SHIFT;
}

static void go(unsigned int from, unsigned int to)
{
    cr3 = from == IDLE ? mfn_x(hv_root_mfn) << PAGE_SHIFT : root_of(from);
    info.curr_vcpu = &vcpus[from];
    saved = NULL;
    if (setjmp(away) == 0) {
        context_switch(&vcpus[from], &vcpus[to]);
    }
}

static void ready(void)
{
    memset(&info, 0, sizeof(info));
    memset(vcpus, 0, sizeof(vcpus));
    for (unsigned int i = 0; i < NR; i++) {
        doms[i].domain_id = i == IDLE ? DOMID_IDLE : (domid_t)i;
        vcpus[i].domain = &doms[i];
        vcpus[i].vcpu_info = &shared[i].vcpu_info[0];
        vcpus[i].arch.flags = TF_KERNEL_MODE;
        vcpus[i].arch.runs_on = VCPU_NO_CPU;
        vcpus[i].arch.kernel_root = _mfn(10 + i);
        vcpus[i].arch.user_root = INVALID_MFN;
    }
    go(IDLE, ONE);
}

/* Elsewhere it may give up its root at once, and Xylem's slots go from there with it. */
TEST(another_root_is_loaded_before_a_vcpu_may_run_elsewhere)
{
    ready();
    go(ONE, OTHER);
    CHECK(saved == &vcpus[ONE]);
    CHECK_EQ(cr3_when_saved, root_of(OTHER));
    CHECK_EQ(cr3, root_of(OTHER));
    CHECK_EQ(vcpus[OTHER].arch.cr3, root_of(OTHER));
    go(OTHER, IDLE);
    CHECK(saved == &vcpus[OTHER]);
    CHECK_EQ(cr3_when_saved, mfn_x(hv_root_mfn) << PAGE_SHIFT);
}

TEST(back_from_idle_only_the_root_is_loaded)
{
    ready();
    loads = 0;
    go(ONE, IDLE);
    go(IDLE, ONE);
    CHECK_EQ(loads, 0);
    CHECK_EQ(cr3, root_of(ONE));
    vcpu_state_changed(&vcpus[ONE]);
    go(ONE, IDLE);
    go(IDLE, ONE);
    CHECK_EQ(loads, 1);
}

/* "A table was freed while a CPU that no flush waited for had its root: it could walk it." */
TEST(no_root_of_a_guests_is_loaded_while_flushes_pass_by)
{
    spared = spared_with_root = false;
    ready();
    go(ONE, IDLE);
    CHECK(spared);
    go(IDLE, ONE);
    CHECK(!spared);
    go(ONE, IDLE);
    go(IDLE, OTHER);
    CHECK(!spared);
    CHECK(!spared_with_root);
}

TEST(an_nmi_that_comes_meanwhile_is_delivered)
{
    struct sigaction sa = { .sa_handler = on_store }, before;

    ready();
    go(ONE, IDLE);
    info.exit_work = EXIT_NMI;          /* for somebody who ran here */
    go(IDLE, ONE);
    CHECK_EQ(info.exit_work, 0);
    go(ONE, IDLE);
    sigaction(SIGSEGV, &sa, &before);
    send_nmi = true;
    go(IDLE, ONE);
    sigaction(SIGSEGV, &before, NULL);
    CHECK(!send_nmi && vcpus[ONE].arch.nmi_pending);
    CHECK_EQ(info.exit_work, EXIT_NMI);
}

TEST_MAIN
