/* SPDX-License-Identifier: GPL-2.0-only */
/* Integer types, and frame numbers and addresses as one-member structs. */
#ifndef XEN_TYPES_H
#define XEN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/compiler.h>

typedef long ssize_t_;

#define PAGE_SHIFT      12
#define PAGE_SIZE       (1UL << PAGE_SHIFT)
#define PAGE_MASK       (~(PAGE_SIZE - 1))
#define PFN_DOWN(x)     ((x) >> PAGE_SHIFT)
#define PFN_UP(x)       (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)

#define KB(n)           ((uint64_t)(n) << 10)
#define MB(n)           ((uint64_t)(n) << 20)
#define GB(n)           ((uint64_t)(n) << 30)

/*
 * One box type per number space, so that the compiler tells them apart:
 * _mfn(x) boxes, mfn_x(m) unboxes.  Unbox only at the edge (entry formats,
 * printing, ABI copies).
 */
#define DEFINE_FRAME_TYPE(name, NAME)                                       \
    typedef struct { uint64_t name; } name##_t;                             \
    static inline name##_t _##name(uint64_t n) { return (name##_t){ n }; }  \
    static inline uint64_t name##_x(name##_t n) { return n.name; }          \
    static inline name##_t name##_add(name##_t n, uint64_t i)               \
    { return (name##_t){ n.name + i }; }                                    \
    static inline bool name##_eq(name##_t a, name##_t b)                    \
    { return a.name == b.name; }

DEFINE_FRAME_TYPE(mfn, MFN)     /* machine frame */
DEFINE_FRAME_TYPE(gfn, GFN)     /* guest-physical frame (HVM); equals the pfn for PV */
DEFINE_FRAME_TYPE(pfn, PFN)     /* a PV guest's own numbering */

typedef struct { uint64_t maddr; } maddr_t;
static inline maddr_t _maddr(uint64_t a) { return (maddr_t){ a }; }
static inline uint64_t maddr_x(maddr_t a) { return a.maddr; }

#define INVALID_MFN     _mfn(~0UL)
#define INVALID_GFN     _gfn(~0UL)
#define PRI_mfn         "lx"
#define PRI_gfn         "lx"
#define PRI_pfn         "lx"

static inline maddr_t mfn_to_maddr(mfn_t m) { return _maddr(mfn_x(m) << PAGE_SHIFT); }
static inline mfn_t maddr_to_mfn(maddr_t a) { return _mfn(maddr_x(a) >> PAGE_SHIFT); }

/* Nanoseconds of Xylem's system time (0 at boot). */
typedef int64_t s_time_t;
#define SECONDS(n)      ((s_time_t)(n) * 1000000000LL)
#define MILLISECS(n)    ((s_time_t)(n) * 1000000LL)
#define MICROSECS(n)    ((s_time_t)(n) * 1000LL)
#define STIME_MAX       INT64_MAX

#endif /* XEN_TYPES_H */
