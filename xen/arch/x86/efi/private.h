/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of EFI's runtime services. */
#ifndef EFI_PRIVATE_H
#define EFI_PRIVATE_H

#include <asm/efi.h>
#include <asm/mm.h>

/* Places in the table of services, behind its head.  UEFI 2.10, 4.5. */
enum efi_service {
    EFI_GET_TIME, EFI_SET_TIME, EFI_GET_WAKEUP_TIME, EFI_SET_WAKEUP_TIME,
    EFI_SET_VIRTUAL_ADDRESS_MAP, EFI_CONVERT_POINTER,
    EFI_GET_VARIABLE, EFI_GET_NEXT_VARIABLE_NAME, EFI_SET_VARIABLE,
    EFI_GET_NEXT_HIGH_MONOTONIC_COUNT, EFI_RESET_SYSTEM,
    EFI_UPDATE_CAPSULE, EFI_QUERY_CAPSULE_CAPABILITIES, EFI_QUERY_VARIABLE_INFO,
    EFI_NR_SERVICES
};

struct efi_services {
    struct efi_head head;
    uint64_t service[EFI_NR_SERVICES];          /* machine addresses of functions */
};
static_assert(sizeof(struct efi_services) == 136, "UEFI 4.5");

#define EFI_SUCCESS             0UL
#define EFI_MAX_ARGS            5

/*
 * efi_map - a page table as E1 says; notes what dom0 may only read (E3).
 * Gives its root; INVALID_MFN with a line that says why: no memory, or a map that makes no sense.
 */
mfn_t efi_map(const uint8_t *mmap, unsigned int len, unsigned int desc_size);
/* efi_maps - the map of efi_map() has [@maddr, @maddr + @bytes), or one byte if that is 0. */
bool efi_maps(uint64_t maddr, size_t bytes);

/* efi_call_init - from now on efi_call() calls @services in the page table @root. */
void efi_call_init(const struct efi_services *services, mfn_t root);
/*
 * efi_call - call @service with @args; its answer goes to @status.
 * Errors: -ENOSYS the firmware has no such service; -EIO it made a mistake, now or before.
 * Context: as efi_runtime_op(); takes efi_lock.
 */
int __must_check efi_call(enum efi_service service, const uint64_t args[EFI_MAX_ARGS],
                          uint64_t *status);

/*
 * efi_enter - call @function by the firmware's convention and give its answer (enter.S).
 * @sp         gets the stack pointer with which efi_left goes on
 */
uint64_t efi_enter(uint64_t function, const uint64_t args[EFI_MAX_ARGS], unsigned long *sp);
extern const char efi_left[];

#endif /* EFI_PRIVATE_H */
