/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI firmware: its tables, and its runtime services on behalf of dom0 (docs/design/efi.md). */
#ifndef ASM_EFI_H
#define ASM_EFI_H

#include <xen/types.h>

struct cpu_user_regs;
struct xenpf_efi_runtime_call;

/* Common head of EFI's tables.  UEFI 2.10, 4.2. */
struct efi_head {
    uint64_t signature;
    uint32_t revision, bytes, crc32, reserved;
};

/* One entry of the memory map; the firmware says how long it really is.  UEFI 2.10, 7.2.3. */
struct efi_desc {
    uint32_t type, pad;
    uint64_t start, virt, pages, attr;
};
#define EFI_MIN_DESC_BYTES      40
static_assert(sizeof(struct efi_desc) == EFI_MIN_DESC_BYTES, "UEFI 7.2.3");

/*
 * efi_runtime_init - make the services of the table at @runtime (maddr) ready to be called.
 * @mmap       the firmware's memory map: @len bytes, entries of @desc_size
 * Context: boot, heap ready, before dom0 is built.  If it cannot be done, a line says why, and
 * efi_runtime_op() gives -ENOSYS.
 */
void efi_runtime_init(uint64_t runtime, const uint8_t *mmap, unsigned int len,
                      unsigned int desc_size);

/*
 * efi_runtime_op - XENPF_efi_runtime_call; the caller may control the host.
 * @op         a private copy; results, with the service's status, are left in it
 * Errors: -ENOSYS no such service, or no firmware; -EINVAL flags, or a name without an end;
 * -E2BIG a name or data too long; -ENOMEM; -EFAULT; -EIO a mistake of the firmware, now or before.
 * Context: hypercall, IRQs on, no lock held.
 */
int efi_runtime_op(struct xenpf_efi_runtime_call *op);

/*
 * efi_fault - an exception outside Xylem's text: if it is the firmware's, leave the service and
 * give true.
 */
bool efi_fault(struct cpu_user_regs *regs);

#endif /* ASM_EFI_H */
