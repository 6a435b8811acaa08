/* SPDX-License-Identifier: GPL-2.0-only */
/* Claims about Xylem itself: BUG, BUG_ON, WARN_ON, ASSERT. */
#ifndef XEN_BUG_H
#define XEN_BUG_H

#include <stdint.h>

#include <xen/compiler.h>

/*
 * Where one of these traps (ud2), and what it says: entries of section .bug_frames, found by
 * address from the invalid-opcode exception, so that a check costs a compare and a branch.
 * Fields are distances from themselves.
 */
struct bug_frame {
    int32_t where;
    int32_t file;
    int32_t text;
    uint16_t line;
    uint16_t kind;
};

#define BUG_KIND_BUG    0
#define BUG_KIND_WARN   1
#define BUG_KIND_ASSERT 2

#ifndef UNIT_TEST

#define BUG_FRAME(kind_, text_)                                              \
    asm volatile ("1: ud2\n\t"                                               \
                  ".pushsection .bug_frames, \"a\", @progbits\n\t"           \
                  ".balign 4\n"                                              \
                  "2: .long 1b - 2b\n\t"                                     \
                  ".long %c0 - 2b - 4\n\t"                                   \
                  ".long %c1 - 2b - 8\n\t"                                   \
                  ".short %c2, %c3\n\t"                                      \
                  ".popsection"                                              \
                  :: "i" (__FILE__), "i" (text_), "i" (__LINE__), "i" (kind_))

#define BUG() do { BUG_FRAME(BUG_KIND_BUG, ""); unreachable(); } while (0)

#define BUG_ON(c)                                                            \
    do {                                                                     \
        if (unlikely(c)) {                                                   \
            BUG_FRAME(BUG_KIND_BUG, #c);                                     \
            unreachable();                                                   \
        }                                                                    \
    } while (0)

#define WARN() BUG_FRAME(BUG_KIND_WARN, "")

#define assert_failed(text)                                                  \
    do { BUG_FRAME(BUG_KIND_ASSERT, text); unreachable(); } while (0)

#else /* UNIT_TEST: the host's own */

#include <stdio.h>
#include <stdlib.h>

static inline void __noreturn bug_abort(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s:%d: claim failed: %s\n", file, line, text);
    abort();
}

#define BUG()       bug_abort(__FILE__, __LINE__, "BUG()")
#define BUG_ON(c)   do { if (c) { bug_abort(__FILE__, __LINE__, #c); } } while (0)
#define WARN()      fprintf(stderr, "%s:%d: WARN()\n", __FILE__, __LINE__)
#define assert_failed(text) bug_abort(__FILE__, __LINE__, text)

#endif

/* Yields the condition, so that the caller can go on in a safe way. */
#define WARN_ON(c) ({                                                        \
    bool warn_on_ = (c);                                                     \
    if (unlikely(warn_on_)) {                                                \
        WARN();                                                              \
    }                                                                        \
    warn_on_;                                                                \
})

/* ASSERT is compiled into debug builds only; the condition must have no side effect. */
#if defined(CONFIG_DEBUG) || defined(UNIT_TEST)
#define ASSERT(c)                                                            \
    do {                                                                     \
        if (unlikely(!(c))) {                                                \
            assert_failed(#c);                                               \
        }                                                                    \
    } while (0)
#define ASSERT_UNREACHABLE() assert_failed("unreachable")
#else
#define ASSERT(c)            do { if (0) { (void)(c); } } while (0)
#define ASSERT_UNREACHABLE() do { } while (0)
#endif

#endif /* XEN_BUG_H */
