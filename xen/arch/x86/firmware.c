/* SPDX-License-Identifier: GPL-2.0-only */
/* What dom0 asks about the firmware: EFI's tables and memory map.  UEFI 2.10, 4.3, 7.2. */
#include <asm/platform.h>

#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/mm.h>

#include <public/platform.h>

#include <asm/boot-info.h>
#include <asm/efi.h>

#define EFI_SYSTAB_SIGNATURE    0x5453595320494249UL
#define VENDOR_MAX              100     /* characters */
#define BDA_KBD_FLAGS           0x417

/* EFI system table as 64-bit firmware has it; pointers are machine addresses. */
struct efi_systab {
    struct efi_head head;
    uint64_t vendor;
    uint32_t fw_revision, pad;
    uint64_t con[6];
    uint64_t runtime, boot;
    uint64_t nr_tables, tables;
};
static_assert(sizeof(struct efi_systab) == 120, "UEFI 4.3");

/* All fixed after boot. */
static struct {
    bool present;
    struct efi_systab systab;
    uint32_t runtime_revision;
    uint16_t vendor[VENDOR_MAX + 1];
    uint8_t *mmap;
    unsigned int mmap_len, desc_size;
} efi __ro_after_init;
static uint8_t kbd_flags __ro_after_init;

/* firmware_copy - @bytes at @maddr into @dst; false if they cannot be mapped. */
static bool __init firmware_copy(void *dst, uint64_t maddr, size_t bytes)
{
    void *p = maddr != 0 ? map_firmware(maddr, bytes) : NULL;

    if (p == NULL) {
        return false;
    }
    memcpy(dst, p, bytes);
    iounmap(p, bytes);
    return true;
}

static void __init read_vendor(void)
{
    for (unsigned int i = 0; i < VENDOR_MAX; i++) {
        if (!firmware_copy(&efi.vendor[i], efi.systab.vendor + i * 2, 2) || efi.vendor[i] == 0) {
            break;
        }
    }
    efi.vendor[VENDOR_MAX] = 0;
}

static void __init read_efi(const struct boot_info *bi)
{
    struct efi_head runtime;

    if (!firmware_copy(&efi.systab, bi->efi_systab, sizeof(efi.systab)) ||
        efi.systab.head.signature != EFI_SYSTAB_SIGNATURE) {
        pr_warn("EFI: no system table at %#lx: dom0 will not find ACPI by it\n", bi->efi_systab);
        return;
    }
    efi.present = true;
    read_vendor();
    if (firmware_copy(&runtime, efi.systab.runtime, sizeof(runtime))) {
        efi.runtime_revision = runtime.revision;
    }
    if (bi->efi_desc_size >= EFI_MIN_DESC_BYTES && bi->efi_mmap_len >= bi->efi_desc_size) {
        efi.mmap = kmalloc(bi->efi_mmap_len);
        if (efi.mmap != NULL) {
            memcpy(efi.mmap, bi->efi_mmap, bi->efi_mmap_len);
            efi.mmap_len = bi->efi_mmap_len;
            efi.desc_size = bi->efi_desc_size;
            efi_runtime_init(efi.systab.runtime, efi.mmap, efi.mmap_len, efi.desc_size);
        }
    }
    pr_info("EFI: revision %u.%02u, %lu tables at %#lx\n", efi.systab.head.revision >> 16,
            (efi.systab.head.revision & 0xffff) / 10, efi.systab.nr_tables, efi.systab.tables);
}

void __init firmware_init(const struct boot_info *bi)
{
    if (bi->efi_systab != 0) {
        read_efi(bi);
    } else {
        (void)firmware_copy(&kbd_flags, BDA_KBD_FLAGS, 1);
    }
}

/* --- Queries ------------------------------------------------------------------------- */

static int query_vendor(union xenpf_efi_info *info)
{
    unsigned int bytes = 2;

    info->vendor.revision = efi.systab.fw_revision;
    for (unsigned int i = 0; efi.vendor[i] != 0; i++) {
        bytes += 2;
    }
    if (info->vendor.bufsz < 2) {
        return -EINVAL;
    }
    /* A short buffer gets a shorter name, terminated all the same. */
    if (bytes > info->vendor.bufsz) {
        static const uint16_t end;

        bytes = info->vendor.bufsz & ~1u;
        if (guest_write(guest_handle_addr(info->vendor.name), efi.vendor, bytes - 2) != 0) {
            return -EFAULT;
        }
        return guest_write(guest_handle_addr(info->vendor.name) + bytes - 2, &end, sizeof(end));
    }
    return guest_write(guest_handle_addr(info->vendor.name), efi.vendor, bytes);
}

static int query_memory(union xenpf_efi_info *info)
{
    for (unsigned int at = 0; at + efi.desc_size <= efi.mmap_len && efi.desc_size != 0;
         at += efi.desc_size) {
        struct efi_desc desc;
        uint64_t bytes;

        memcpy(&desc, efi.mmap + at, sizeof(desc));
        bytes = desc.pages << PAGE_SHIFT;
        if (info->mem.addr >= desc.start && info->mem.addr - desc.start < bytes) {
            info->mem.addr = desc.start;
            info->mem.size = bytes;
            info->mem.attr = desc.attr;
            info->mem.type = desc.type;
            return 0;
        }
    }
    return -ESRCH;
}

static int query_efi(uint32_t index, union xenpf_efi_info *info)
{
    if (!efi.present) {
        return -ENOSYS;
    }
    switch (index) {
    case XEN_FW_EFI_VERSION:
        info->version = efi.systab.head.revision;
        return 0;
    case XEN_FW_EFI_RT_VERSION:
        info->version = efi.runtime_revision;
        return 0;
    case XEN_FW_EFI_CONFIG_TABLE:
        info->cfg.addr = efi.systab.tables;
        info->cfg.nent = (uint32_t)efi.systab.nr_tables;
        return 0;
    case XEN_FW_EFI_VENDOR:
        return query_vendor(info);
    case XEN_FW_EFI_MEM_INFO:
        return query_memory(info);
    case XEN_FW_EFI_PCI_ROM:
    case XEN_FW_EFI_APPLE_PROPERTIES:
        return -ESRCH;
    default:
        return -EINVAL;
    }
}

int firmware_query(struct xenpf_firmware_info *info)
{
    switch (info->type) {
    case XEN_FW_EFI_INFO:
        return query_efi(info->index, &info->u.efi_info);
    case XEN_FW_KBD_SHIFT_FLAGS:
        if (efi.present || info->index != 0) {
            return -ESRCH;
        }
        info->u.kbd_shift_flags = kbd_flags;
        return 0;
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
        return -ESRCH;          /* only real-mode calls could tell; we never leave long mode */
    default:
        return -EINVAL;
    }
}
