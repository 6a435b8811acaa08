/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boot loader handed over, in one form for multiboot 1 and 2. */
#ifndef ASM_BOOT_INFO_H
#define ASM_BOOT_INFO_H

#include <xen/types.h>

#define BOOT_MAX_MEM        256
#define BOOT_MAX_MODULES    8
#define BOOT_EFI_MMAP_MAX   16384

/* Kinds of memory, numbered as the firmware's map (ACPI 6.4, 15.1). */
enum boot_mem_type {
    BOOT_MEM_RAM = 1,
    BOOT_MEM_RESERVED = 2,
    BOOT_MEM_ACPI = 3,
    BOOT_MEM_NVS = 4,
    BOOT_MEM_UNUSABLE = 5,
};

struct boot_mem {
    uint64_t start;         /* maddr, inclusive */
    uint64_t end;           /* maddr, exclusive */
    enum boot_mem_type type;
};

/* Modules stay where the loader put them, below 4 GiB; nobody may use their pages before. */
struct boot_module {
    uint64_t start;         /* maddr */
    uint64_t end;           /* maddr, exclusive */
    const char *cmdline;    /* "" if none; the loader's word "placeholder" is gone already */
};

/* The screen as the loader left it. */
struct boot_video {
    enum { BOOT_VIDEO_NONE, BOOT_VIDEO_TEXT, BOOT_VIDEO_RGB } kind;
    uint64_t base;          /* maddr of the frame buffer */
    uint32_t pitch;         /* bytes per line */
    uint32_t width, height; /* pixels, or characters for text */
    uint8_t bpp;
    struct { uint8_t pos, size; } red, green, blue;
};

/*
 * Filled in once by boot/multiboot*.c; constant when start_xylem() gets it.  It and the strings
 * it points to lie in boot-only data: copy what is to last.
 *
 * Invariants, checked by boot_memmap_check():
 *   B1  mem[0..nr_mem) is sorted by address, no two entries overlap, none is empty, and
 *       neighbours that touch differ in type.
 *   B2  image and modules lie in RAM entries, and do not overlap.
 *   B3  RAM entries begin and end on page boundaries.
 */
struct boot_info {
    const char *loader_name;
    const char *cmdline;            /* without the word "placeholder" */
    unsigned int nr_mem;
    unsigned int nr_modules;
    struct boot_mem mem[BOOT_MAX_MEM];
    struct boot_module modules[BOOT_MAX_MODULES];

    uint64_t image_start;           /* where the image lies now (2 MiB aligned), page-rounded */
    uint64_t image_end;
    uint64_t load_base;             /* where the loader had put it */

    unsigned int rsdp_len;          /* a copy of ACPI's root pointer: 0 if the loader gave none */
    uint8_t rsdp[64];
    uint64_t efi_systab;            /* maddr of the EFI system table, 0 on BIOS machines */
    unsigned int efi_desc_size;     /* of the EFI map's entries; 0 if there is no map */
    unsigned int efi_mmap_len;      /* bytes in efi_mmap */
    const uint8_t *efi_mmap;
    struct boot_video video;
    const char *error;              /* set if the loader's data was unusable: what and why */
};

extern struct boot_info boot_info;

/*
 * boot_mem_add - note one piece of the firmware's map.  False if the table is full.
 * boot_memmap_finish - sort it, and settle overlaps (the worse type wins) so that B1, B3 hold.
 * boot_memmap_check - true if B1 to B3 hold.
 */
bool boot_mem_add(struct boot_info *bi, uint64_t start, uint64_t size, enum boot_mem_type type);
void boot_memmap_finish(struct boot_info *bi);
bool boot_memmap_check(const struct boot_info *bi);

/*
 * boot_find_high - the highest place in RAM for @size bytes below @limit, aligned to @align, which
 * overlaps neither the image nor a module nor lies below 1 MiB.  0 if there is none.
 */
uint64_t boot_find_high(const struct boot_info *bi, uint64_t size, uint64_t align,
                        uint64_t limit);

#endif /* ASM_BOOT_INFO_H */
