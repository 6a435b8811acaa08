/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between Xylem and the running guest's virtual addresses.
 *
 * Every address is range-checked first (non-canonical and hypervisor addresses
 * are refused), then copied with fault recovery.  The guest's *kernel* root
 * must be loaded.  Guest memory is read once: copy, then look at the copy.
 */
#ifndef XEN_GUEST_ACCESS_H
#define XEN_GUEST_ACCESS_H

#include <asm/layout.h>
#include <xen/errno.h>
#include <xen/types.h>

/* access_ok - [addr, addr + bytes) lies wholly in the guest's part of the address space. */
static inline bool access_ok(unsigned long addr, unsigned long bytes)
{
    unsigned long end = addr + bytes;

    if (end < addr) {
        return false;
    }
    return end <= 0x0000800000000000UL || addr >= HV_VIRT_END;
}

/* guest_read / guest_write - 0, or -EFAULT (part may have been copied). */
int __must_check guest_read(void *dst, unsigned long guest_va, size_t bytes);
int __must_check guest_write(unsigned long guest_va, const void *src, size_t bytes);
int __must_check guest_clear(unsigned long guest_va, size_t bytes);

/*
 * Typed forms over XEN_GUEST_HANDLE()s: @hnd.p is a guest virtual address of
 * an array, @idx an element index.  The element type is checked to be @ptr's.
 */
#define guest_handle_is_null(hnd)       ((hnd).p == NULL)
#define guest_handle_addr(hnd)          ((unsigned long)(hnd).p)
#define copy_from_guest_offset(ptr, hnd, idx, nr) ({                          \
    const __typeof__(*(ptr)) *s_ = (hnd).p;                                   \
    guest_read((ptr), (unsigned long)(s_ + (idx)), sizeof(*s_) * (size_t)(nr)); })
#define copy_to_guest_offset(hnd, idx, ptr, nr) ({                            \
    const __typeof__(*(ptr)) *s_ = (ptr);                                     \
    __typeof__(*(hnd).p) *d_ = (hnd).p;                                       \
    static_assert(sizeof(*s_) == sizeof(*d_), "element size");                \
    guest_write((unsigned long)(d_ + (idx)), s_, sizeof(*s_) * (size_t)(nr)); })
#define copy_from_guest(ptr, hnd, nr)   copy_from_guest_offset(ptr, hnd, 0, nr)
#define copy_to_guest(hnd, ptr, nr)     copy_to_guest_offset(hnd, 0, ptr, nr)
/* copy_field_to_guest - write back one field of a struct the guest passed. */
#define copy_field_to_guest(hnd, ptr, field) \
    guest_write((unsigned long)(hnd).p + offsetof(__typeof__(*(ptr)), field), \
                &(ptr)->field, sizeof((ptr)->field))
/* guest_handle_cast - the same address under another XEN_GUEST_HANDLE type. */
#define guest_handle_cast(hnd, type) \
    ((XEN_GUEST_HANDLE(type)){ (type *)(hnd).p })
#define guest_handle_of(addr, type) \
    ((XEN_GUEST_HANDLE(type)){ (type *)(unsigned long)(addr) })

#endif /* XEN_GUEST_ACCESS_H */
