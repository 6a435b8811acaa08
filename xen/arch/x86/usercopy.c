/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies from and to the running guest's addresses, with recovery from faults. */
#include <xen/debug-hooks.h>
#include <xen/guest-access.h>
#include <xen/lib.h>

#include <asm/alternative.h>
#include <asm/extable.h>

/*
 * Small multiples of 8 bytes, as nearly all hypercall arguments are, go word by word; the rest by
 * `rep movs`.  What remains after a fault is not reported: callers know only done or not.
 */
#define SMALL_COPY 128

/* (asm goto with outputs would say it more simply, but GCC 12 fails on it here and there.) */
static inline int copy_words(unsigned long to, unsigned long from, size_t bytes)
{
    unsigned long at, rc;

    asm volatile ("xorl %k[at], %k[at]\n"
                  "1: movq (%[from], %[at]), %[rc]\n"
                  "2: movq %[rc], (%[to], %[at])\n\t"
                  "addq $8, %[at]\n\t"
                  "cmpq %[bytes], %[at]\n\t"
                  "jb 1b\n\t"
                  "xorl %k[rc], %k[rc]\n\t"
                  "jmp 4f\n"
                  "3: movq %[efault], %[rc]\n"
                  "4:\n\t"
                  EXTABLE("1b", "3b")
                  EXTABLE("2b", "3b")
                  : [at] "=&r" (at), [rc] "=&r" (rc)
                  : [from] "r" (from), [to] "r" (to), [bytes] "r" (bytes), [efault] "i" (-EFAULT)
                  : "memory", "cc");
    return (int)rc;
}

static inline int copy_bytes(unsigned long to, unsigned long from, size_t bytes)
{
    size_t words = bytes / 8;
    int rc;

    asm volatile ("1: rep movsq\n\t"
                  "movl %[tail], %%ecx\n"
                  "2: rep movsb\n\t"
                  "xorl %[rc], %[rc]\n\t"
                  "jmp 4f\n"
                  "3: movl %[efault], %[rc]\n"
                  "4:\n\t"
                  EXTABLE("1b", "3b")
                  EXTABLE("2b", "3b")
                  : "+D" (to), "+S" (from), "+c" (words), [rc] "=&r" (rc)
                  : [tail] "r" ((uint32_t)(bytes & 7)), [efault] "i" (-EFAULT)
                  : "memory", "cc");
    return rc;
}

/* 2 bytes: the status word of a batch's element. */
static inline int copy_short(unsigned long to, unsigned long from)
{
    unsigned int word;

    asm volatile goto ("1: movzwl (%[from]), %[word]\n\t"
                       "2: movw %w[word], (%[to])\n\t"
                       EXTABLE("1b", "%l[fault]")
                       EXTABLE("2b", "%l[fault]")
                       : [word] "=&r" (word) : [from] "r" (from), [to] "r" (to)
                       : "memory" : fault);
    return 0;
fault:
    return -EFAULT;
}

static inline int copy(unsigned long to, unsigned long from, size_t bytes)
{
    int rc;

    stac();
    if (bytes == 2) {
        rc = copy_short(to, from);
    } else if (bytes <= SMALL_COPY && bytes != 0 && (bytes & 7) == 0) {
        rc = copy_words(to, from, bytes);
    } else {
        rc = copy_bytes(to, from, bytes);
    }
    clac();
    return rc;
}

int guest_read(void *dst, unsigned long guest_va, size_t bytes)
{
    if (unlikely(!access_ok(guest_va, bytes)) || fault_injected(FAULT_READ)) {
        return -EFAULT;
    }
    return copy((unsigned long)dst, guest_va, bytes);
}

int guest_write(unsigned long guest_va, const void *src, size_t bytes)
{
    if (unlikely(!access_ok(guest_va, bytes)) || fault_injected(FAULT_WRITE)) {
        return -EFAULT;
    }
    return copy(guest_va, (unsigned long)src, bytes);
}

int guest_clear(unsigned long guest_va, size_t bytes)
{
    int rc;

    if (unlikely(!access_ok(guest_va, bytes)) || fault_injected(FAULT_WRITE)) {
        return -EFAULT;
    }
    stac();
    asm volatile ("1: rep stosb\n\t"
                  "xorl %[rc], %[rc]\n\t"
                  "jmp 4f\n"
                  "3: movl %[efault], %[rc]\n"
                  "4:\n\t"
                  EXTABLE("1b", "3b")
                  : "+D" (guest_va), "+c" (bytes), [rc] "=&r" (rc)
                  : "a" (0), [efault] "i" (-EFAULT) : "memory", "cc");
    clac();
    return rc;
}
