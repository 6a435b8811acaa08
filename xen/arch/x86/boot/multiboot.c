/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiboot 1 and 2 information turned into struct boot_info. */
#include <xen/lib.h>

#include <asm/boot-info.h>

#include "boot.h"
#include "multiboot-def.h"

struct boot_info boot_info __initdata;

static char strings[8192] __initdata;
static unsigned int strings_used __initdata;
static uint8_t efi_mmap_copy[BOOT_EFI_MMAP_MAX] __initdata;

static void __init set_error(struct boot_info *bi, const char *text)
{
    if (bi->error == NULL) {
        bi->error = text;
    }
}

/* Keep a loader's string of at most @max bytes; a leading word "placeholder" is dropped. */
static const char *__init keep_string(struct boot_info *bi, const char *s, size_t max,
                                      bool is_cmdline)
{
    static const char placeholder[] __initconst = "placeholder";
    size_t skip = sizeof(placeholder) - 1;
    size_t len = strnlen(s, max);
    char *copy = &strings[strings_used];

    if (is_cmdline && len >= skip && memcmp(s, placeholder, skip) == 0 &&
        (len == skip || s[skip] == ' ')) {
        s += skip;
        len -= skip;
    }
    while (is_cmdline && len != 0 && is_space(*s)) {
        s++;
        len--;
    }
    if (len + 1 > sizeof(strings) - strings_used) {
        set_error(bi, "the boot loader's command lines together exceed 8 KiB: shorten them");
        return "";
    }
    memcpy(copy, s, len);
    copy[len] = '\0';
    strings_used += (unsigned int)len + 1;
    return copy;
}

static void __init add_module(struct boot_info *bi, uint32_t start, uint32_t end,
                              const char *string, size_t max)
{
    struct boot_module *m = &bi->modules[bi->nr_modules];

    if (bi->nr_modules == BOOT_MAX_MODULES) {
        set_error(bi, "more than 8 modules: remove some from the boot entry");
        return;
    }
    m->start = start;
    m->end = end;
    m->cmdline = keep_string(bi, string, max, true);
    bi->nr_modules++;
}

static void __init add_mem(struct boot_info *bi, uint64_t start, uint64_t size, uint32_t type)
{
    if (!boot_mem_add(bi, start, size, type)) {
        set_error(bi, "the firmware's memory map has more than 256 entries");
    }
}

/* The old way of telling memory: KiB below 640 KiB and above 1 MiB. */
static void __init add_meminfo(struct boot_info *bi, uint32_t lower, uint32_t upper)
{
    add_mem(bi, 0, (uint64_t)lower << 10, BOOT_MEM_RAM);
    add_mem(bi, MB(1), (uint64_t)upper << 10, BOOT_MEM_RAM);
}

static void __init mb1_modules(struct boot_info *bi, const struct mb1_info *mbi)
{
    const struct mb1_module *mods = boot_ptr(mbi->mods_addr);

    for (uint32_t i = 0; i < mbi->mods_count && bi->error == NULL; i++) {
        const char *s = mods[i].string != 0 ? boot_ptr(mods[i].string) : "";
        const char *arguments = strchr(s, ' ');

        /* Under multiboot 1 the string begins with the file's name. */
        s = arguments != NULL ? arguments + 1 : "";
        add_module(bi, mods[i].start, mods[i].end, s, strlen(s));
    }
}

static void __init mb1_mmap(struct boot_info *bi, uint64_t addr, uint32_t length)
{
    uint64_t end = addr + length;

    while (addr + sizeof(struct mb1_mmap) <= end) {
        const struct mb1_mmap *e = boot_ptr(addr);

        if (e->size < sizeof(*e) - sizeof(e->size)) {
            set_error(bi, "the boot loader's memory map is malformed");
            return;
        }
        add_mem(bi, e->base, e->length, e->type);
        addr += e->size + sizeof(e->size);
    }
}

static void __init mb1_parse(struct boot_info *bi, const struct mb1_info *mbi)
{
    if (mbi->flags & MB1_INFO_CMDLINE) {
        const char *line = boot_ptr(mbi->cmdline);
        const char *arguments = strchr(line, ' ');

        line = arguments != NULL ? arguments + 1 : "";
        bi->cmdline = keep_string(bi, line, strlen(line), true);
    }
    if ((mbi->flags & MB1_INFO_LOADER_NAME) && mbi->loader_name != 0) {
        const char *name = boot_ptr(mbi->loader_name);

        bi->loader_name = keep_string(bi, name, strlen(name), false);
    }
    if (mbi->flags & MB1_INFO_MODULES) {
        mb1_modules(bi, mbi);
    }
    if (mbi->flags & MB1_INFO_MMAP) {
        mb1_mmap(bi, mbi->mmap_addr, mbi->mmap_length);
    } else if (mbi->flags & MB1_INFO_MEMORY) {
        add_meminfo(bi, mbi->mem_lower, mbi->mem_upper);
    }
    /* No word about the screen: a BIOS loader leaves text mode. */
    bi->video = (struct boot_video){
        .kind = BOOT_VIDEO_TEXT, .base = 0xb8000, .pitch = 160, .width = 80, .height = 25,
    };
}

static void __init mb2_mmap(struct boot_info *bi, const struct mb2_mmap *t)
{
    uint32_t room = t->tag.size - offsetof(struct mb2_mmap, entries);

    if (t->tag.size < sizeof(*t) || t->entry_size < sizeof(struct mb2_mmap_entry)) {
        set_error(bi, "the boot loader's memory map is malformed");
        return;
    }
    for (uint32_t off = 0; off + t->entry_size <= room; off += t->entry_size) {
        const struct mb2_mmap_entry *e = (const void *)&t->entries[off];

        add_mem(bi, e->base, e->length, e->type);
    }
}

static void __init mb2_framebuffer(struct boot_info *bi, const struct mb2_framebuffer *t)
{
    bool rgb = t->kind == 1;

    if (t->tag.size < offsetof(struct mb2_framebuffer, red_pos) ||
        (rgb && t->tag.size < sizeof(*t) - 2) || t->kind == 0) {
        return;
    }
    bi->video = (struct boot_video){
        .kind = rgb ? BOOT_VIDEO_RGB : BOOT_VIDEO_TEXT,
        .base = t->addr, .pitch = t->pitch, .width = t->width, .height = t->height,
        .bpp = t->bpp,
    };
    if (rgb) {
        bi->video.red.pos = t->red_pos;
        bi->video.red.size = t->red_size;
        bi->video.green.pos = t->green_pos;
        bi->video.green.size = t->green_size;
        bi->video.blue.pos = t->blue_pos;
        bi->video.blue.size = t->blue_size;
    }
}

static void __init mb2_rsdp(struct boot_info *bi, const struct mb2_tag *t, unsigned int least)
{
    unsigned int len = t->size - sizeof(*t);

    /* The longer, newer form wins, whichever comes first. */
    if (len >= least && len <= sizeof(bi->rsdp) && len > bi->rsdp_len) {
        memcpy(bi->rsdp, t + 1, len);
        bi->rsdp_len = len;
    }
}

static void __init mb2_efi_mmap(struct boot_info *bi, const struct mb2_efi_mmap *t)
{
    unsigned int len = t->tag.size - offsetof(struct mb2_efi_mmap, entries);

    if (t->tag.size < sizeof(*t) || t->desc_size < sizeof(struct efi_mem_desc)) {
        return;
    }
    if (len > sizeof(efi_mmap_copy)) {
        len = sizeof(efi_mmap_copy) - sizeof(efi_mmap_copy) % t->desc_size;
    }
    memcpy(efi_mmap_copy, t->entries, len);
    bi->efi_mmap = efi_mmap_copy;
    bi->efi_mmap_len = len;
    bi->efi_desc_size = t->desc_size;
}

static void __init mb2_string(struct boot_info *bi, const struct mb2_tag *t, const char **to,
                              bool is_cmdline)
{
    *to = keep_string(bi, (const char *)(t + 1), t->size - sizeof(*t), is_cmdline);
}

static void __init mb2_module(struct boot_info *bi, const struct mb2_module *m)
{
    if (m->tag.size >= sizeof(*m)) {
        add_module(bi, m->start, m->end, m->string, m->tag.size - sizeof(*m));
    }
}

static void __init mb2_tag(struct boot_info *bi, const struct mb2_tag *t)
{
    const void *body = t;

    switch (t->type) {
    case MB2_TAG_CMDLINE:
        mb2_string(bi, t, &bi->cmdline, true);
        break;
    case MB2_TAG_LOADER_NAME:
        mb2_string(bi, t, &bi->loader_name, false);
        break;
    case MB2_TAG_MODULE:
        mb2_module(bi, body);
        break;
    case MB2_TAG_MMAP:
        mb2_mmap(bi, body);
        break;
    case MB2_TAG_FRAMEBUFFER:
        mb2_framebuffer(bi, body);
        break;
    case MB2_TAG_EFI64:
        if (t->size >= sizeof(struct mb2_pointer64)) {
            bi->efi_systab = ((const struct mb2_pointer64 *)body)->pointer;
        }
        break;
    case MB2_TAG_ACPI_OLD:
        mb2_rsdp(bi, t, 20);
        break;
    case MB2_TAG_ACPI_NEW:
        mb2_rsdp(bi, t, 36);
        break;
    case MB2_TAG_EFI_MMAP:
        mb2_efi_mmap(bi, body);
        break;
    case MB2_TAG_EFI_BS:
        set_error(bi, "the boot loader left EFI boot services running: "
                  "use GRUB 2.02 or newer");
        break;
    default:
        break;
    }
}

/* UEFI 2.9, 7.2: what each type of memory is once boot services have ended. */
static enum boot_mem_type __init efi_type(uint32_t type)
{
    switch (type) {
    case 1: case 2: case 3: case 4: case 7:     /* loader, boot services, conventional */
        return BOOT_MEM_RAM;
    case 8:
        return BOOT_MEM_UNUSABLE;
    case 9:
        return BOOT_MEM_ACPI;
    case 10:
        return BOOT_MEM_NVS;
    default:
        return BOOT_MEM_RESERVED;
    }
}

static void __init memory_from_efi(struct boot_info *bi)
{
    if (bi->efi_mmap == NULL) {
        return;
    }
    for (unsigned int off = 0; off + bi->efi_desc_size <= bi->efi_mmap_len;
         off += bi->efi_desc_size) {
        struct efi_mem_desc d;

        memcpy(&d, bi->efi_mmap + off, sizeof(d));
        add_mem(bi, d.phys, d.pages << PAGE_SHIFT, efi_type(d.type));
    }
}

static void __init mb2_parse(struct boot_info *bi, const struct mb2_info *mbi)
{
    const uint8_t *p = (const uint8_t *)(mbi + 1);
    const uint8_t *end = (const uint8_t *)mbi + mbi->total_size;
    const struct mb2_meminfo *meminfo = NULL;

    while (p + sizeof(struct mb2_tag) <= end) {
        const struct mb2_tag *t = (const void *)p;

        if (t->type == MB2_TAG_END) {
            break;
        }
        if (t->size < sizeof(*t) || t->size > (size_t)(end - p)) {
            set_error(bi, "the boot loader's information has a tag of impossible size");
            return;
        }
        if (t->type == MB2_TAG_MEMINFO && t->size >= sizeof(*meminfo)) {
            meminfo = (const void *)t;
        }
        mb2_tag(bi, t);
        p += ROUNDUP(t->size, 8u);
    }
    if (bi->nr_mem == 0) {
        memory_from_efi(bi);
    }
    if (bi->nr_mem == 0 && meminfo != NULL) {
        add_meminfo(bi, meminfo->mem_lower, meminfo->mem_upper);
    }
}

void __init boot_parse(struct boot_info *bi, uint32_t magic, uint64_t info)
{
    bi->cmdline = "";
    bi->loader_name = "unknown";
    if (magic == MB2_LOADER_MAGIC) {
        mb2_parse(bi, boot_ptr(info));
    } else {
        mb1_parse(bi, boot_ptr(info));
    }
    boot_memmap_finish(bi);
    if (bi->nr_mem == 0) {
        set_error(bi, "the boot loader gave no memory map");
    }
}
