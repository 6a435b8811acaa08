/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/arch/x86/boot/multiboot.c: loader data, sound and damaged, in a small fake low memory. */
#include "harness.h"

#include <asm/boot-info.h>
#include <xen/lib.h>

#include "boot.h"
#include "multiboot-def.h"

static uint8_t low_memory[65536] __attribute__((aligned(8)));

const void *boot_ptr(uint64_t maddr)
{
    return maddr < sizeof(low_memory) ? low_memory + maddr : NULL;
}

static struct boot_info bi;

/* A multiboot2 block at 4096 that is built tag by tag. */
static uint32_t at;

static void begin(void)
{
    memset(&bi, 0, sizeof(bi));
    memset(low_memory, 0, sizeof(low_memory));
    at = 8;
}

static void *tag(uint32_t type, const void *body, uint32_t len)
{
    uint8_t *p = low_memory + 4096 + at;

    ((struct mb2_tag *)p)->type = type;
    ((struct mb2_tag *)p)->size = len + 8;
    memcpy(p + 8, body, len);
    at += ROUNDUP(len + 8, 8u);
    return p;
}

static void finish(void)
{
    tag(MB2_TAG_END, "", 0);
    ((struct mb2_info *)(low_memory + 4096))->total_size = at;
    boot_parse(&bi, MB2_LOADER_MAGIC, 4096);
}

static void add_mmap(void)
{
    struct {
        uint32_t entry_size, version;
        struct mb2_mmap_entry e[2];
    } map = { sizeof(struct mb2_mmap_entry), 0,
              { { 0, 0x80000, 1, 0 }, { MB(1), MB(63), 1, 0 } } };

    tag(MB2_TAG_MMAP, &map, sizeof(map));
}

TEST(multiboot2_all_tags)
{
    struct { uint32_t start, end; char string[32]; } module = {
        MB(4), MB(5), "placeholder root=/dev/sda ro"
    };
    uint64_t systab = 0x12345678;
    char rsdp[36] = "RSD PTR new";

    begin();
    tag(MB2_TAG_CMDLINE, "placeholder  com1=115200 x", 27);
    tag(MB2_TAG_LOADER_NAME, "GRUB 2", 7);
    tag(MB2_TAG_MODULE, &module, sizeof(module));
    add_mmap();
    tag(MB2_TAG_EFI64, &systab, 8);
    tag(MB2_TAG_ACPI_NEW, rsdp, sizeof(rsdp));
    tag(MB2_TAG_ACPI_OLD, "RSD PTR old         ", 20);
    finish();
    CHECK(bi.error == NULL);
    CHECK_STR(bi.cmdline, "com1=115200 x");
    CHECK_STR(bi.loader_name, "GRUB 2");
    CHECK_EQ(bi.nr_modules, 1);
    CHECK_EQ(bi.modules[0].start, MB(4));
    CHECK_STR(bi.modules[0].cmdline, "root=/dev/sda ro");
    CHECK_EQ(bi.nr_mem, 2);
    CHECK_EQ(bi.mem[1].end, MB(64));
    CHECK_EQ(bi.efi_systab, systab);
    CHECK_EQ(bi.rsdp_len, 36);
    CHECK_STR((char *)bi.rsdp, "RSD PTR new");
}

TEST(placeholder_is_a_whole_word)
{
    begin();
    add_mmap();
    tag(MB2_TAG_CMDLINE, "placeholders", 13);
    finish();
    CHECK_STR(bi.cmdline, "placeholders");
    begin();
    add_mmap();
    tag(MB2_TAG_CMDLINE, "placeholder", 12);
    finish();
    CHECK_STR(bi.cmdline, "");
}

TEST(efi_map_when_there_is_no_other)
{
    struct {
        uint32_t size, version;
        struct efi_mem_desc d[3];
    } map = { sizeof(struct efi_mem_desc), 1,
              { { .type = 7, .phys = 0, .pages = 16 }, { .type = 5, .phys = 0x10000, .pages = 1 },
                { .type = 9, .phys = 0x11000, .pages = 2 } } };

    begin();
    tag(MB2_TAG_EFI_MMAP, &map, sizeof(map));
    finish();
    CHECK(bi.error == NULL);
    CHECK_EQ(bi.nr_mem, 3);
    CHECK_EQ(bi.mem[0].type, BOOT_MEM_RAM);
    CHECK_EQ(bi.mem[1].type, BOOT_MEM_RESERVED);
    CHECK_EQ(bi.mem[2].type, BOOT_MEM_ACPI);
    CHECK_EQ(bi.efi_mmap_len, sizeof(map.d));
}

TEST(damaged_multiboot2)
{
    struct mb2_tag *t;

    begin();
    finish();
    CHECK_STR(bi.error, "the boot loader gave no memory map");

    begin();
    t = tag(MB2_TAG_CMDLINE, "abc", 4);
    t->size = 100000;
    finish();
    CHECK(bi.error != NULL && strstr(bi.error, "impossible size") != NULL);

    begin();
    t = tag(MB2_TAG_CMDLINE, "abc", 4);
    t->size = 3;
    finish();
    CHECK(bi.error != NULL && strstr(bi.error, "impossible size") != NULL);

    begin();
    add_mmap();
    ((struct mb2_mmap *)(low_memory + 4096 + 8))->entry_size = 0;
    finish();
    CHECK(bi.error != NULL && strstr(bi.error, "malformed") != NULL);

    begin();
    tag(MB2_TAG_MODULE, "", 0);
    tag(MB2_TAG_EFI64, "", 0);
    tag(MB2_TAG_FRAMEBUFFER, "", 0);
    tag(MB2_TAG_EFI_MMAP, "", 0);
    tag(MB2_TAG_ACPI_NEW, "", 0);
    tag(MB2_TAG_MEMINFO, "", 0);
    add_mmap();
    finish();
    CHECK(bi.error == NULL);
    CHECK_EQ(bi.nr_modules, 0);
}

TEST(too_many_modules)
{
    uint32_t module[2] = { MB(4), MB(5) };

    begin();
    add_mmap();
    for (unsigned int i = 0; i < BOOT_MAX_MODULES + 1; i++) {
        tag(MB2_TAG_MODULE, module, sizeof(module));
    }
    finish();
    CHECK_EQ(bi.nr_modules, BOOT_MAX_MODULES);
    CHECK(bi.error != NULL && strstr(bi.error, "modules") != NULL);
}

TEST(multiboot1)
{
    struct mb1_info *mbi = (void *)(low_memory + 4096);
    struct mb1_module *mods = (void *)(low_memory + 8192);
    struct mb1_mmap *map = (void *)(low_memory + 12288);

    begin();
    mbi->flags = MB1_INFO_CMDLINE | MB1_INFO_MODULES | MB1_INFO_MMAP | MB1_INFO_LOADER_NAME;
    mbi->cmdline = 256;
    str_copy((char *)low_memory + 256, "xen-xylem com1=9600", 64);
    mbi->loader_name = 512;
    str_copy((char *)low_memory + 512, "qemu", 8);
    mbi->mods_count = 2;
    mbi->mods_addr = 8192;
    mods[0] = (struct mb1_module){ MB(4), MB(5), 768, 0 };
    mods[1] = (struct mb1_module){ MB(6), MB(7), 0, 0 };
    str_copy((char *)low_memory + 768, "vmlinuz root=/dev/ram0", 64);
    mbi->mmap_addr = 12288;
    mbi->mmap_length = sizeof(*map);
    *map = (struct mb1_mmap){ sizeof(*map) - 4, 0, MB(64), 1 };
    boot_parse(&bi, MB1_LOADER_MAGIC, 4096);
    CHECK(bi.error == NULL);
    CHECK_STR(bi.cmdline, "com1=9600");
    CHECK_STR(bi.loader_name, "qemu");
    CHECK_EQ(bi.nr_modules, 2);
    CHECK_STR(bi.modules[0].cmdline, "root=/dev/ram0");
    CHECK_STR(bi.modules[1].cmdline, "");
    CHECK_EQ(bi.nr_mem, 1);
    CHECK_EQ(bi.video.kind, BOOT_VIDEO_TEXT);

    map->size = 2;
    memset(&bi, 0, sizeof(bi));
    boot_parse(&bi, MB1_LOADER_MAGIC, 4096);
    CHECK(bi.error != NULL && strstr(bi.error, "malformed") != NULL);
}

TEST_MAIN
