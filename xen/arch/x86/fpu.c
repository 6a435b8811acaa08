/* SPDX-License-Identifier: GPL-2.0-only */
/* FPU and extended state: switched eagerly, whole.  SDM vol. 1, ch. 13. */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/percpu.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/extable.h>

#define XSTATE_FP       (1UL << 0)
#define XSTATE_SSE      (1UL << 1)
#define XSTATE_YMM      (1UL << 2)
#define XSTATE_AVX512   (7UL << 5)

#define AREA_FCW        0               /* offsets in the legacy part */
#define AREA_MXCSR      24
#define AREA_ST0        32
#define AREA_XMM0       160
#define AREA_SW_RESERVED 416            /* XSAVE wants what is behind to be left alone */

#define AREA_ALIGN      64UL

/* XCR0 of each CPU as it is. */
static DEFINE_PER_CPU(uint64_t, xcr0_now);

static inline void set_xcr0(uint64_t v)
{
    if (this_cpu(xcr0_now) != v) {
        this_cpu(xcr0_now) = v;
        xsetbv(v);
    }
}

void *fpu_area(const struct vcpu *v)
{
    return (void *)ROUNDUP((unsigned long)v->arch.xsave_area, AREA_ALIGN);
}

int fpu_alloc(struct vcpu *v)
{
    if (v->arch.xsave_area == NULL) {
        v->arch.xsave_area = kzalloc(xsave_size + AREA_ALIGN);
        if (v->arch.xsave_area == NULL) {
            return -ENOMEM;
        }
        fpu_reset(v);
    }
    return 0;
}

void fpu_free(struct vcpu *v)
{
    kfree(v->arch.xsave_area);
    v->arch.xsave_area = NULL;
}

void fpu_reset(struct vcpu *v)
{
    uint8_t *area = fpu_area(v);

    memset(area, 0, xsave_size);
    *(uint16_t *)(area + AREA_FCW) = 0x37f;
    *(uint32_t *)(area + AREA_MXCSR) = 0x1f80;
    v->arch.xcr0 = host_xcr0 != 0 ? XSTATE_FP : 0;
    v->arch.xcr0_accum = host_xcr0 != 0 ? XSTATE_FP | XSTATE_SSE : 0;
}

#define FXSAVE_BYTES    512
#define MXCSR_BITS      0xffffu         /* others make FXRSTOR fault */

void fpu_import_legacy(struct vcpu *v, const void *fxsave)
{
    uint8_t *area = fpu_area(v);
    uint64_t xcr0 = v->arch.xcr0, accum = v->arch.xcr0_accum;

    fpu_reset(v);
    v->arch.xcr0 = xcr0;
    v->arch.xcr0_accum = accum;
    memcpy(area, fxsave, FXSAVE_BYTES);
    *(uint32_t *)(area + AREA_MXCSR) &= MXCSR_BITS;
    if (cpu_features.xsave) {
        memset(area + AREA_SW_RESERVED, 0, FXSAVE_BYTES - AREA_SW_RESERVED);
        *(uint64_t *)(area + FXSAVE_BYTES) = XSTATE_FP | XSTATE_SSE;    /* XSTATE_BV */
    }
}

int fpu_import(struct vcpu *v, uint64_t xcr0, uint64_t accum, const void *xsave)
{
    uint64_t allowed = cpu_policy_xcr0(v->domain->arch.policy) & host_xcr0, header[8];
    int rc = fpu_alloc(v);

    if (rc != 0) {
        return rc;
    }
    memcpy(header, (const uint8_t *)xsave + FXSAVE_BYTES, sizeof(header));
    if (!xcr0_valid(xcr0, allowed) || (accum & ~allowed) || (xcr0 & ~accum) ||
        (header[0] & ~accum)) {
        return -EINVAL;
    }
    for (unsigned int i = 1; i < 8; i++) {
        if (header[i] != 0) {                   /* XCOMP_BV: compacted; the rest is reserved */
            return -EINVAL;
        }
    }
    memcpy(fpu_area(v), xsave, xsave_size);
    *(uint32_t *)((uint8_t *)fpu_area(v) + AREA_MXCSR) &= MXCSR_BITS;
    v->arch.xcr0 = xcr0;
    v->arch.xcr0_accum = accum | XSTATE_FP | XSTATE_SSE;
    return 0;
}

/* With XSAVE a component in reset state need not be in the area (SDM 1, 13.6). */
void fpu_export_legacy(const struct vcpu *v, void *fxsave)
{
    const uint8_t *area = fpu_area(v);
    uint64_t present = ~0UL;

    memcpy(fxsave, area, FXSAVE_BYTES);
    if (cpu_features.xsave) {
        present = *(const uint64_t *)(area + FXSAVE_BYTES);
    }
    if (!(present & XSTATE_FP)) {
        memset(fxsave, 0, AREA_MXCSR);
        memset((uint8_t *)fxsave + AREA_ST0, 0, AREA_XMM0 - AREA_ST0);
        *(uint16_t *)((uint8_t *)fxsave + AREA_FCW) = 0x37f;
    }
    if (!(present & XSTATE_SSE)) {
        memset((uint8_t *)fxsave + AREA_XMM0, 0, AREA_SW_RESERVED - AREA_XMM0);
    }
}

void fpu_save(struct vcpu *v)
{
    void *area = fpu_area(v);

    if (v->arch.ctrlreg0 & X86_CR0_TS) {
        clts();
    }
    if (!cpu_features.xsave) {
        asm volatile ("fxsave64 (%0)" :: "r" (area) : "memory");
        return;
    }
    set_xcr0(v->arch.xcr0_accum);
    if (cpu_features.xsaveopt) {
        asm volatile ("xsaveopt64 (%0)" :: "r" (area), "a" (~0u), "d" (~0u) : "memory");
    } else {
        asm volatile ("xsave64 (%0)" :: "r" (area), "a" (~0u), "d" (~0u) : "memory");
    }
    set_xcr0(v->arch.xcr0);             /* from idle it goes on without a restore */
}

/*
 * Where no exception is pending these CPUs do not load the error pointers: clear what is there.
 * The area does not say whether one is: a guest may have made up its status word, or it is left
 * from before the component went back to its reset state.
 */
static inline void hide_error_pointers(void)
{
    static const int32_t zero;

    asm volatile ("fnclex; ffree %%st(7); fildl %0" :: "m" (zero));
}

/* False: the area holds what the processor refuses. */
static inline bool load_area(const void *area)
{
    bool ok;

    if (cpu_features.xsave) {
        asm volatile ("1: xrstor64 (%1)\n\t"
                      "mov $1, %0\n\t"
                      "jmp 3f\n"
                      "2: xor %0, %0\n"
                      "3:\n\t"
                      EXTABLE("1b", "2b")
                      : "=&q" (ok) : "r" (area), "a" (~0u), "d" (~0u) : "memory");
    } else {
        asm volatile ("1: fxrstor64 (%1)\n\t"
                      "mov $1, %0\n\t"
                      "jmp 3f\n"
                      "2: xor %0, %0\n"
                      "3:\n\t"
                      EXTABLE("1b", "2b")
                      : "=&q" (ok) : "r" (area) : "memory");
    }
    return ok;
}

void fpu_restore(struct vcpu *v)
{
    void *area = fpu_area(v);

    counter_inc(v, COUNTER_FPU_LOAD);
    if (cpu_features.fp_err_ptrs_leak) {
        hide_error_pointers();
    }
    if (cpu_features.xsave) {
        set_xcr0(v->arch.xcr0_accum);
    }
    if (unlikely(!load_area(area))) {
        uint64_t xcr0 = v->arch.xcr0, accum = v->arch.xcr0_accum;

        gpr_warn("%pv: its FPU state cannot be loaded: reset\n", v);
        fpu_reset(v);
        v->arch.xcr0 = xcr0;
        v->arch.xcr0_accum = accum;
        load_area(area);
    }
    if (cpu_features.xsave) {
        set_xcr0(v->arch.xcr0);
    }
}

bool xcr0_valid(uint64_t xcr0, uint64_t allowed)
{
    if (!(xcr0 & XSTATE_FP) || (xcr0 & ~allowed)) {
        return false;
    }
    if ((xcr0 & XSTATE_YMM) && !(xcr0 & XSTATE_SSE)) {
        return false;
    }
    if ((xcr0 & XSTATE_AVX512) &&
        ((xcr0 & XSTATE_AVX512) != XSTATE_AVX512 || !(xcr0 & XSTATE_YMM))) {
        return false;
    }
    return true;
}

/* A component enabled for the first time starts in its reset state, as the area has it. */
bool fpu_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
    if (!cpu_features.xsave || !xcr0_valid(xcr0, cpu_policy_xcr0(v->domain->arch.policy))) {
        return false;
    }
    if (xcr0 & ~v->arch.xcr0_accum) {
        fpu_save(v);
        v->arch.xcr0_accum |= xcr0;
        v->arch.xcr0 = xcr0;
        fpu_restore(v);
        if (v->arch.ctrlreg0 & X86_CR0_TS) {
            write_cr0(read_cr0() | X86_CR0_TS);
        }
    } else {
        v->arch.xcr0 = xcr0;
        set_xcr0(xcr0);
    }
    return true;
}
