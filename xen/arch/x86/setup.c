/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of boot, from CPU 0's own stack to dom0. */
#include <xen/acpi.h>
#include <xen/console.h>
#include <xen/cpu-watchdog.h>
#include <xen/domain.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/rcu.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/time.h>
#include <xen/unit.h>

#include <asm/boot-info.h>
#include <asm/e820.h>
#include <asm/image.h>
#include <asm/mm.h>
#include <asm/platform.h>
#include <asm/smpboot.h>
#include <asm/time.h>

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
    printk("Memory map from the boot loader:\n");
    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        const struct boot_mem *m = &bi->mem[i];

        printk(" [%016lx, %016lx] (%s)\n", m->start, m->end - 1, mem_type_name(m->type));
    }
}

static void __init show_video(const struct boot_video *v)
{
    if (v->kind == BOOT_VIDEO_NONE) {
        printk("Screen: none told of by the boot loader\n");
    } else {
        printk("Screen: %s %ux%u at %#lx\n", v->kind == BOOT_VIDEO_TEXT ? "text" : "graphics",
               v->width, v->height, v->base);
    }
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
    show_video(&bi->video);
    if (bi->efi_systab != 0) {
        printk("EFI system table at %#lx\n", bi->efi_systab);
    }
}

static void __init check_loader_data(const struct boot_info *bi)
{
    if (!boot_memmap_check(bi)) {
        boot_fail("the boot loader's memory map and module list contradict each other\n");
    }
    if (bi->nr_modules == 0) {
        boot_fail("no dom0 kernel: give it as the first module of the boot entry\n");
    }
}

/* What of the modules was not handed to dom0; the first 64 KiB are kept for starting CPUs. */
static void __init free_modules(const struct boot_info *bi)
{
    for (unsigned int i = 0; i < bi->nr_modules; i++) {
        mm_boot_free(max(ROUNDDOWN(bi->modules[i].start, PAGE_SIZE), KB(64)),
                     ROUNDUP(bi->modules[i].end, PAGE_SIZE));
    }
}

/* Boot-only text and data, this file's too, are gone when this returns to nobody. */
static void __noreturn __noinline finish_boot(void)
{
    uint64_t start, end;

    image_seal(&start, &end);
    mm_boot_free(start, end);
    domain_unpause(hardware_domain);
    idle_loop();
}

/* dom0 sees in its memory map what it must keep away from. */
static void __init reserve_apics(void)
{
    e820_reserve(acpi_info.lapic_base, PAGE_SIZE);
    for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
        e820_reserve(acpi_info.ioapic[i].base & PAGE_MASK, PAGE_SIZE);
    }
}

void __noreturn __init start_xylem(struct boot_info *bi)
{
    show_loader(bi);
    show_memory(bi);
    check_loader_data(bi);
    mm_boot_init(bi);
    smp_find_low_page(bi);
    e820_init(bi);
    traps_init();
    cpu_init_boot();
    platform_init(bi);
    reserve_apics();
    keyhandler_init();
    rcu_init();
    sched_init();
    domains_init();
    if (units_init() != 0) {
        boot_fail("a subsystem could not be started: the lines above say which\n");
    }
    local_irq_enable();
    console_init_late();
    dom0_create(bi);
    free_modules(bi);
    time_refine();
    smp_boot();
    cpu_watchdog_boot();
    console_end_boot();
    finish_boot();
}
