/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of boot, from CPU 0's own stack to dom0. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>

#include <asm/boot-info.h>
#include <asm/extable.h>
#include <asm/image.h>
#include <asm/processor.h>

static const char *__init mem_type_name(enum boot_mem_type type)
{
    static const char *const names[] __initconst = {
        [BOOT_MEM_RAM] = "usable", [BOOT_MEM_RESERVED] = "reserved",
        [BOOT_MEM_ACPI] = "ACPI data", [BOOT_MEM_NVS] = "ACPI NVS",
        [BOOT_MEM_UNUSABLE] = "unusable",
    };

    return names[type];
}

static void __init show_memory(const struct boot_info *bi)
{
    uint64_t ram = 0;

    printk("Memory map from the boot loader:\n");
    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        const struct boot_mem *m = &bi->mem[i];

        printk(" [%016lx, %016lx] (%s)\n", m->start, m->end - 1, mem_type_name(m->type));
        if (m->type == BOOT_MEM_RAM) {
            ram += m->end - m->start;
        }
    }
    printk("System RAM: %luMB (%lukB)\n", ram >> 20, ram >> 10);
}

static void __init show_loader(const struct boot_info *bi)
{
    printk("Bootloader: %s\n", bi->loader_name);
    printk("Command line: %s\n", bi->cmdline);
    printk("Image at %#lx (loaded at %#lx), %lu KiB\n", bi->image_start, bi->load_base,
           (bi->image_end - bi->image_start) >> 10);
    for (unsigned int i = 0; i < bi->nr_modules; i++) {
        printk("Module %u: [%#lx, %#lx) %s\n", i + 1, bi->modules[i].start, bi->modules[i].end,
               bi->modules[i].cmdline);
    }
    if (bi->efi_systab != 0) {
        printk("EFI system table at %#lx\n", bi->efi_systab);
    }
}

/* Protections of CPU 0; NX and WP are on since head.S. */
static void __init enable_protections(void)
{
    struct cpuid_leaf leaf7 = { 0 };
    uint64_t cr4 = read_cr4() | X86_CR4_PGE;

    if (cpuid(0, 0).a >= 7) {
        leaf7 = cpuid(7, 0);
    }
    if (leaf7.b & (1u << 7)) {
        cr4 |= X86_CR4_SMEP;
    }
    write_cr4(cr4);
}

void __noreturn __init start_xylem(struct boot_info *bi)
{
    extable_init();
    printf_hook_init();
    enable_protections();
    show_loader(bi);
    show_memory(bi);
    if (!boot_memmap_check(bi)) {
        boot_fail("the boot loader's memory map and module list contradict each other\n");
    }
    if (bi->nr_modules == 0) {
        boot_fail("no dom0 kernel: give it as the first module of the boot entry\n");
    }
    panic("nothing to do yet");
}
