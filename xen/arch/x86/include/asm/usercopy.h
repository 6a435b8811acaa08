/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of guest memory for paths that every system call takes: open-coded, without a loop. */
#ifndef ASM_USERCOPY_H
#define ASM_USERCOPY_H

#include <asm/alternative.h>
#include <asm/extable.h>
#include <xen/debug-hooks.h>
#include <xen/guest-access.h>

/*
 * GUEST_PUT - store to word @word behind guest address @base; a fault goes on at label @fault.
 * Between stac() and clac(), the range checked before.
 */
#define GUEST_PUT(base, word, value, fault)                                  \
    asm volatile goto ("1: movq %0, %c2(%1)\n\t" EXTABLE("1b", "%l[" #fault "]") \
                       :: "r" ((uint64_t)(value)), "r" (base), "i" (8 * (word)) \
                       : "memory" : fault)

#define GUEST_GET_(offset)                                                   \
    "1: movq " #offset "(%1), %%rax\n\t" EXTABLE("1b", "%l[fault]")          \
    "movq %%rax, " #offset "(%0)\n\t"

/*
 * guest_read_72 - copy the 72 bytes at guest address @va: the frame of an iret.
 * False: the range is not the guest's, or it faulted.
 */
static __always_inline bool guest_read_72(void *to, unsigned long va)
{
    if (unlikely(!access_ok(va, 72)) || fault_injected(FAULT_READ)) {
        return false;
    }
    stac();
    asm volatile goto (GUEST_GET_(0) GUEST_GET_(8) GUEST_GET_(16) GUEST_GET_(24) GUEST_GET_(32)
                       GUEST_GET_(40) GUEST_GET_(48) GUEST_GET_(56) GUEST_GET_(64)
                       :: "r" (to), "r" (va) : "rax", "memory" : fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

/* guest_read_40 - the 40 bytes at guest address @va; as above. */
static __always_inline bool guest_read_40(void *to, unsigned long va)
{
    if (unlikely(!access_ok(va, 40)) || fault_injected(FAULT_READ)) {
        return false;
    }
    stac();
    asm volatile goto (GUEST_GET_(0) GUEST_GET_(8) GUEST_GET_(16) GUEST_GET_(24) GUEST_GET_(32)
                       :: "r" (to), "r" (va) : "rax", "memory" : fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

/* guest_write_2 - store @value to the 2 bytes at guest address @va; as above. */
static __always_inline bool guest_write_2(unsigned long va, uint16_t value)
{
    if (unlikely(!access_ok(va, 2)) || fault_injected(FAULT_WRITE)) {
        return false;
    }
    stac();
    asm volatile goto ("1: movw %0, (%1)\n\t" EXTABLE("1b", "%l[fault]")
                       :: "r" (value), "r" (va) : "memory" : fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

/* guest_read_16 - the 16 bytes at guest address @va; as above. */
static __always_inline bool guest_read_16(void *to, unsigned long va)
{
#ifdef UNIT_TEST
    return guest_read(to, va, 16) == 0; /* tests let it fault */
#else
    if (unlikely(!access_ok(va, 16)) || fault_injected(FAULT_READ)) {
        return false;
    }
    stac();
    asm volatile goto (GUEST_GET_(0) GUEST_GET_(8) :: "r" (to), "r" (va) : "rax", "memory" : fault);
    clac();
    return true;
fault:
    clac();
    return false;
#endif
}

/* guest_read_4 - the 4 bytes at guest address @va; as above. */
static __always_inline bool guest_read_4(uint32_t *to, unsigned long va)
{
    if (unlikely(!access_ok(va, 4)) || fault_injected(FAULT_READ)) {
        return false;
    }
    stac();
    asm volatile goto ("1: movl (%1), %%eax\n\t" EXTABLE("1b", "%l[fault]")
                       "movl %%eax, (%0)\n\t"
                       :: "r" (to), "r" (va) : "rax", "memory" : fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

/* guest_read_8 - the 8 bytes at guest address @va; as above. */
static __always_inline bool guest_read_8(uint64_t *to, unsigned long va)
{
    if (unlikely(!access_ok(va, 8)) || fault_injected(FAULT_READ)) {
        return false;
    }
    stac();
    asm volatile goto (GUEST_GET_(0) :: "r" (to), "r" (va) : "rax", "memory" : fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

#endif /* ASM_USERCOPY_H */
