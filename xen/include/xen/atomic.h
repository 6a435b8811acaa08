/* SPDX-License-Identifier: GPL-2.0-only */
/* Atomic words, memory barriers and bit operations (x86-TSO; gcc builtins). */
#ifndef XEN_ATOMIC_H
#define XEN_ATOMIC_H

#include <xen/types.h>

#define smp_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/* cmpxchg - store @new if *@p is @old; the value found is returned. */
#define cmpxchg(p, old, new) ({                                              \
    __typeof__(*(p)) exp_ = (old);                                           \
    __atomic_compare_exchange_n((p), &exp_, (new), false,                    \
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);         \
    exp_; })
/* try_cmpxchg - as cmpxchg; true on success, else *@oldp gets what was found. */
#define try_cmpxchg(p, oldp, new)                                            \
    __atomic_compare_exchange_n((p), (oldp), (new), false,                   \
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define xchg(p, v)        __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_add(p, v)  ((void)__atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST))
#define atomic_sub(p, v)  ((void)__atomic_fetch_sub((p), (v), __ATOMIC_SEQ_CST))
#define atomic_inc(p)     atomic_add(p, 1)
#define atomic_dec(p)     atomic_sub(p, 1)
#define atomic_add_return(p, v) __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_sub_return(p, v) __atomic_sub_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_or(p, v)   ((void)__atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST))
#define atomic_and(p, v)  ((void)__atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST))

/* Bit @nr of the bitmap of longs at @addr; the locked forms are safe in shared pages. */
static inline bool test_bit(unsigned int nr, const volatile void *addr)
{
    return (((const volatile unsigned long *)addr)[nr / 64] >> (nr % 64)) & 1;
}
static inline void set_bit(unsigned int nr, volatile void *addr)
{
    asm volatile ("lock btsl %1, %0" : "+m" (((volatile uint32_t *)addr)[nr / 32])
                  : "Ir" (nr % 32) : "memory");
}
static inline void clear_bit(unsigned int nr, volatile void *addr)
{
    asm volatile ("lock btrl %1, %0" : "+m" (((volatile uint32_t *)addr)[nr / 32])
                  : "Ir" (nr % 32) : "memory");
}
static inline bool test_and_set_bit(unsigned int nr, volatile void *addr)
{
    bool old;
    asm volatile ("lock btsl %2, %0" : "+m" (((volatile uint32_t *)addr)[nr / 32]), "=@ccc" (old)
                  : "Ir" (nr % 32) : "memory");
    return old;
}
static inline bool test_and_clear_bit(unsigned int nr, volatile void *addr)
{
    bool old;
    asm volatile ("lock btrl %2, %0" : "+m" (((volatile uint32_t *)addr)[nr / 32]), "=@ccc" (old)
                  : "Ir" (nr % 32) : "memory");
    return old;
}
static inline void __set_bit(unsigned int nr, void *addr)
{
    ((unsigned long *)addr)[nr / 64] |= 1UL << (nr % 64);
}
static inline void __clear_bit(unsigned int nr, void *addr)
{
    ((unsigned long *)addr)[nr / 64] &= ~(1UL << (nr % 64));
}

/* Index of the lowest / highest set bit; @x must not be 0. */
static inline unsigned int lowest_bit(unsigned long x) { return (unsigned int)__builtin_ctzl(x); }
static inline unsigned int highest_bit(unsigned long x)
{
    return 63u - (unsigned int)__builtin_clzl(x);
}

/*
 * array_index_nospec - @idx if below @size, else 0, without a branch.
 * To be applied to each guest-supplied index after its bound check.
 */
static inline unsigned long array_index_nospec(unsigned long idx, unsigned long size)
{
    unsigned long mask;
    asm volatile ("cmp %1, %2; sbb %0, %0" : "=r" (mask) : "g" (size), "r" (idx) : "cc");
    return idx & mask;
}

#endif /* XEN_ATOMIC_H */
