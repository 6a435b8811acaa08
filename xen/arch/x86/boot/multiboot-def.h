/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and layouts of the Multiboot 0.6.96 and Multiboot2 2.0 specifications. */
#ifndef BOOT_MULTIBOOT_DEF_H
#define BOOT_MULTIBOOT_DEF_H

#define MB1_HEADER_MAGIC        0x1badb002
#define MB1_HEADER_ALIGN        0x1         /* modules on page boundaries */
#define MB1_HEADER_MEMINFO      0x2
#define MB1_LOADER_MAGIC        0x2badb002

#define MB2_HEADER_MAGIC        0xe85250d6
#define MB2_ARCH_I386           0
#define MB2_LOADER_MAGIC        0x36d76289
#define MB2_HEADER_OPTIONAL     1
#define MB2_HEADER_INFO_REQ     1
#define MB2_HEADER_CONSOLE      4
#define MB2_HEADER_FRAMEBUFFER  5
#define MB2_HEADER_MODULE_ALIGN 6
#define MB2_HEADER_RELOCATABLE  10
#define MB2_CONSOLE_EGA_TEXT    2

#define MB2_TAG_END             0
#define MB2_TAG_CMDLINE         1
#define MB2_TAG_LOADER_NAME     2
#define MB2_TAG_MODULE          3
#define MB2_TAG_MEMINFO         4
#define MB2_TAG_MMAP            6
#define MB2_TAG_FRAMEBUFFER     8
#define MB2_TAG_EFI64           12
#define MB2_TAG_ACPI_OLD        14
#define MB2_TAG_ACPI_NEW        15
#define MB2_TAG_EFI_MMAP        17
#define MB2_TAG_EFI_BS          18
#define MB2_TAG_LOAD_BASE       21

#ifndef __ASSEMBLY__

#include <xen/types.h>

#define MB1_INFO_MEMORY         0x0001
#define MB1_INFO_CMDLINE        0x0004
#define MB1_INFO_MODULES        0x0008
#define MB1_INFO_MMAP           0x0040
#define MB1_INFO_LOADER_NAME    0x0200
#define MB1_INFO_FRAMEBUFFER    0x1000

struct mb1_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper;      /* KiB */
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr;
    uint32_t config_table;
    uint32_t loader_name;
    uint32_t apm_table;
    uint32_t vbe_control, vbe_mode_info;
    uint16_t vbe_mode, vbe_seg, vbe_off, vbe_len;
};

struct mb1_module {
    uint32_t start, end, string, reserved;
};

struct mb1_mmap {
    uint32_t size;                      /* of what follows */
    uint64_t base, length;
    uint32_t type;
} __packed;

struct mb2_info {
    uint32_t total_size, reserved;
};

struct mb2_tag {
    uint32_t type, size;                /* size without the padding to 8 */
};

struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char string[];
};

struct mb2_meminfo {
    struct mb2_tag tag;
    uint32_t mem_lower, mem_upper;      /* KiB */
};

struct mb2_mmap {
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
    uint8_t entries[];
};

struct mb2_mmap_entry {
    uint64_t base, length;
    uint32_t type, reserved;
};

struct mb2_framebuffer {
    struct mb2_tag tag;
    uint64_t addr;
    uint32_t pitch, width, height;
    uint8_t bpp, kind;                  /* 0 indexed, 1 RGB, 2 EGA text */
    uint16_t reserved;
    uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
};

struct mb2_pointer64 {
    struct mb2_tag tag;
    uint64_t pointer;
};

struct mb2_efi_mmap {
    struct mb2_tag tag;
    uint32_t desc_size, desc_version;
    uint8_t entries[];
};

/* UEFI 2.9, 7.2: EFI_MEMORY_DESCRIPTOR. */
struct efi_mem_desc {
    uint32_t type, pad;
    uint64_t phys, virt, pages, attributes;
};

#endif
#endif /* BOOT_MULTIBOOT_DEF_H */
