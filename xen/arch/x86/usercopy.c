/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies from and to the running guest's addresses, with recovery from faults. */
#include <xen/guest-access.h>
#include <xen/lib.h>

#include <asm/alternative.h>
#include <asm/extable.h>

/*
 * Small multiples of 8 bytes, as nearly all hypercall arguments are, go word by word; the rest by
 * `rep movs`.  What remains after a fault is not reported: callers know only done or not.
 */
#define SMALL_COPY 128

static inline int copy_words(unsigned long to, unsigned long from, size_t bytes)
{
    unsigned long at = 0, word;

    do {
        asm volatile goto ("1: movq (%[from], %[at]), %[word]\n\t"
                  "2: movq %[word], (%[to], %[at])\n\t"
                  EXTABLE("1b", "%l[fault]")
                  EXTABLE("2b", "%l[fault]")
                  : [word] "=&r" (word)
                  : [from] "r" (from), [to] "r" (to), [at] "r" (at) : "memory" : fault);
        at += 8;
    } while (at < bytes);
    return 0;
fault:
    return -EFAULT;
}

static inline int copy_bytes(unsigned long to, unsigned long from, size_t bytes)
{
    asm volatile goto ("mov %[bytes], %%rcx\n\t"
              "shr $3, %%rcx\n\t"
              "1: rep movsq\n\t"
              "mov %[bytes], %%rcx\n\t"
              "and $7, %%ecx\n\t"
              "2: rep movsb\n\t"
              EXTABLE("1b", "%l[fault]")
              EXTABLE("2b", "%l[fault]")
              : "+D" (to), "+S" (from) : [bytes] "r" (bytes) : "rcx", "memory" : fault);
    return 0;
fault:
    return -EFAULT;
}

static inline int copy(unsigned long to, unsigned long from, size_t bytes)
{
    int rc;

    stac();
    rc = bytes <= SMALL_COPY && bytes != 0 && (bytes & 7) == 0 ? copy_words(to, from, bytes)
                                                               : copy_bytes(to, from, bytes);
    clac();
    return rc;
}

int guest_read(void *dst, unsigned long guest_va, size_t bytes)
{
    if (unlikely(!access_ok(guest_va, bytes))) {
        return -EFAULT;
    }
    return copy((unsigned long)dst, guest_va, bytes);
}

int guest_write(unsigned long guest_va, const void *src, size_t bytes)
{
    if (unlikely(!access_ok(guest_va, bytes))) {
        return -EFAULT;
    }
    return copy(guest_va, (unsigned long)src, bytes);
}

int guest_clear(unsigned long guest_va, size_t bytes)
{
    int rc = 0;

    if (unlikely(!access_ok(guest_va, bytes))) {
        return -EFAULT;
    }
    stac();
    asm volatile goto ("1: rep stosb\n\t"
              EXTABLE("1b", "%l[fault]")
              : "+D" (guest_va), "+c" (bytes) : "a" (0) : "memory" : fault);
    goto out;
fault:
    rc = -EFAULT;
out:
    clac();
    return rc;
}
