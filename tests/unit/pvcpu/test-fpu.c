/* SPDX-License-Identifier: GPL-2.0-only */
/* FPU state: what stands in the registers of a vcpu that goes on, and what of another's is left. */
#include "../harness.h"

#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <xen/bug.h>

#include "fake.h"

#define FP_SSE      3UL
#define FP_SSE_AVX  7UL

struct cpu_features cpu_features;
uint64_t host_xcr0 = FP_SSE_AVX;
unsigned int xsave_size = 16384;        /* with room for all that the host of the test has */

static uint64_t xcr0;

void fake_xsetbv(uint64_t v)
{
    xcr0 = v;
}

uint64_t fake_read_cr0(void) { return 0; }

uint64_t cpu_policy_xcr0(const struct cpu_policy *p)
{
    (void)p;
    return FP_SSE_AVX;
}

static struct vcpu *ready(bool xsave)
{
    struct vcpu *v = &fake_vcpu[1];

    fake_reset();
    fake_run(1);
    cpu_features = (struct cpu_features){ .xsave = xsave };
    BUG_ON(fpu_alloc(v) != 0);
    return v;
}

/* Saved with all that it ever used, it may go on without a restore (switch.c). */
TEST(xcr0_is_the_guests_after_it_was_saved)
{
    struct vcpu *v;

    if (!__builtin_cpu_supports("avx")) {
        return;                         /* the host has no XSAVE, perhaps */
    }
    v = ready(true);
    CHECK(fpu_set_xcr0(v, FP_SSE_AVX));
    CHECK_EQ(xcr0, FP_SSE_AVX);
    CHECK(fpu_set_xcr0(v, FP_SSE));
    CHECK_EQ(xcr0, FP_SSE);
    fpu_save(v);
    CHECK_EQ(xcr0, FP_SSE);
    fpu_restore(v);
    CHECK_EQ(xcr0, FP_SSE);
    fpu_free(v);
}

static sigjmp_buf refused;
static unsigned int top;

/* FXRSTOR met an area that it refuses: what it was to load over is still there. */
static void on_refusal(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;

    (void)sig, (void)info;
    top = (uc->uc_mcontext.fpregs->swd >> 11) & 7;
    siglongjmp(refused, 1);
}

/* That an exception is pending is only said: such a CPU would keep the pointers of another. */
TEST(error_pointers_of_others_go_whatever_the_area_says)
{
    struct sigaction sa = { .sa_sigaction = on_refusal, .sa_flags = SA_SIGINFO }, before;
    uint8_t image[512] = { 0 };
    struct vcpu *v = ready(false);

    cpu_features.fp_err_ptrs_leak = true;
    image[0] = 0x7f;                    /* FCW 0x37f: all masked */
    image[1] = 0x03;
    image[2] = 0x80;                    /* FSW: ES */
    fpu_import_legacy(v, image);
    memset((uint8_t *)fpu_area(v) + 24, 0xff, 4);       /* MXCSR */
    sigaction(SIGSEGV, &sa, &before);
    top = 99;
    if (sigsetjmp(refused, 1) == 0) {
        asm volatile ("fninit");
        fpu_restore(v);
    }
    sigaction(SIGSEGV, &before, NULL);
    asm volatile ("fninit");
    CHECK_EQ(top, 7);                   /* something was loaded, and with it new pointers */
    fpu_free(v);
}

TEST_MAIN
