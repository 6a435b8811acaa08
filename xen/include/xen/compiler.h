/* SPDX-License-Identifier: GPL-2.0-only */
/* What the compiler offers, under short names. */
#ifndef XEN_COMPILER_H
#define XEN_COMPILER_H

#define likely(x)       __builtin_expect(!!(x), 1)
#define unlikely(x)     __builtin_expect(!!(x), 0)

#define __packed        __attribute__((packed))
#define __aligned(n)    __attribute__((aligned(n)))
#define __section(s)    __attribute__((section(s)))
#define __used          __attribute__((used))
#define __unused        __attribute__((unused))
#define __must_check    __attribute__((warn_unused_result))
#define __noreturn      __attribute__((noreturn))
#define __cold          __attribute__((cold))
#undef __always_inline            /* the C library's, in unit tests */
#define __always_inline inline __attribute__((always_inline))
#define __noinline      __attribute__((noinline))
#define __printf(f, a)  __attribute__((format(printf, f, a)))

/* Boot-only text and data (freed after boot); data constant after boot. */
#ifndef UNIT_TEST
#define __init          __section(".init.text") __cold __noinline
#define __initdata      __section(".init.data")
#define __initconst     __section(".init.rodata")
#define __ro_after_init __section(".data.ro_after_init")
#else
#define __init
#define __initdata
#define __initconst
#define __ro_after_init
#endif

#define barrier()       asm volatile ("" ::: "memory")
#define unreachable()   __builtin_unreachable()

#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#ifndef offsetof
#define offsetof(t, m)   __builtin_offsetof(t, m)
#endif
#define static_assert    _Static_assert
#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
    ((type *)((char *)(ptr) - offsetof(type, member)))

/* Each use has variables of its own, so that uses nest. */
#define PICK3_(a, b, op, x, y) \
    ({ __typeof__(a) x = (a); __typeof__(b) y = (b); x op y ? x : y; })
#define PICK2_(a, b, op, n) PICK3_(a, b, op, a_##n, b_##n)
#define PICK_(a, b, op, n)  PICK2_(a, b, op, n)
#define min(a, b) PICK_(a, b, <, __COUNTER__)
#define max(a, b) PICK_(a, b, >, __COUNTER__)
#define min_t(t, a, b) ({ t a_ = (a); t b_ = (b); a_ < b_ ? a_ : b_; })
#define max_t(t, a, b) ({ t a_ = (a); t b_ = (b); a_ > b_ ? a_ : b_; })

#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define ROUNDUP(x, a)      (((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define ROUNDDOWN(x, a)    ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)   (((x) & ((a) - 1)) == 0)

#define BITS_PER_LONG 64

#endif /* XEN_COMPILER_H */
