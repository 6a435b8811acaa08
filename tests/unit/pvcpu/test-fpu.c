/* SPDX-License-Identifier: GPL-2.0-only */
/* FPU state: what stands in the registers of a vcpu that goes on, and what of another's is left. */
#include "../harness.h"

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

TEST_MAIN
