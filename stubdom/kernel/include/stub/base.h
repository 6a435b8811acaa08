/* SPDX-License-Identifier: MIT */
/* What every part of the stub kernel uses: ABI types, pages, barriers, shared memory. */
#ifndef STUB_BASE_H
#define STUB_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ABI as its headers have it now, not as guests of long ago knew it. */
#if !defined(__XEN_TOOLS__) && !defined(__XEN_INTERFACE_VERSION__)
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#endif

#include <public/errno.h>
#include <public/xen.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PAGE_MASK  (PAGE_SIZE - 1)
#define PAGE_ALIGNED __attribute__((aligned(4096)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define barrier() asm volatile("" : : : "memory")
/* x86 keeps loads and stores in order; only a store before a later load needs a fence. */
#define mb()      asm volatile("lock; addl $0, -8(%%rsp)" : : : "memory", "cc")

/*
 * Memory that another domain can write is read once, into a private variable, and checked there.
 * Everything that touches a shared page goes through these two.
 */
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/*
 * index_nospec - @index if it is below @size, else 0, also on a wrongly predicted path.
 * For an index that came from another domain, after its bound was checked.
 */
static inline size_t index_nospec(size_t index, size_t size)
{
    size_t mask;

    asm volatile("cmp %[size], %[index]; sbb %[mask], %[mask]"
                 : [mask] "=r"(mask) : [size] "r"(size), [index] "r"(index) : "cc");
    return index & mask;
}

#endif
