/* SPDX-License-Identifier: GPL-2.0-only */
/* First C code: read what the loader left, move the image up, turn on protections. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/percpu.h>

#include <asm/extable.h>
#include <asm/image.h>
#include <asm/percpu-area.h>
#include <asm/processor.h>

#include "boot.h"

unsigned long per_cpu_offset[NR_CPUS];

/* Under 4 GiB, so that tables and 32-bit start code can reach it, and as high as there is room. */
static void __init move_image(struct boot_info *bi)
{
    uint64_t size = ROUNDUP((uint64_t)(_end - _start), PAGE_SIZE);
    uint64_t to, root;

    bi->image_start = bi->load_base;
    bi->image_end = bi->load_base + size;
    to = boot_find_high(bi, size, MB(2), GB(4));
    if (to == 0) {
        boot_fail("no room for Xylem: %lu KiB of memory in one piece, 2 MiB aligned, are needed "
                  "below 4 GiB: give the machine more memory\n", size >> 10);
    }
    bi->image_start = to;
    bi->image_end = to + size;
    root = boot_build_tables(to);
    boot_move(to, bi->load_base, size, root);
    boot_map_identity();
}

/* The stack and the per-CPU data of CPU 0, in its own area; the pages are mapped and zero. */
static void __init init_bsp_area(void)
{
    struct cpu_info *info = cpu_info_of(0);

    memcpy(percpu_bsp, percpu_start, (size_t)(percpu_end - percpu_start));
    per_cpu_offset[0] = (unsigned long)(percpu_bsp - percpu_start);
    info->cpu = 0;
    info->per_cpu_offset = per_cpu_offset[0];
    cpu_desc_init(0);
    early_traps_init(0);
}

static void __noreturn __init boot_on_own_stack(void)
{
    console_use_lock();
    extable_init();
    printf_hook_init();
    start_xylem(&boot_info);
}

void __noreturn __init boot_main(uint32_t magic, uint64_t info, uint64_t load_base)
{
    struct boot_info *bi = &boot_info;

    bi->load_base = load_base;
    boot_parse(bi, magic, info);
    cmdline_parse(bi->cmdline);
    console_init_early(bi);
    printk("Xylem version " XYLEM_VERSION " (Xen 4.17 ABI)\n");
    if (bi->error != NULL) {
        boot_fail("%s\n", bi->error);
    }
    move_image(bi);
    init_bsp_area();
    asm volatile ("mov %0, %%rsp; xor %%ebp, %%ebp; call *%1"
                  :: "r" (cpu_info_of(0)), "r" (boot_on_own_stack) : "memory");
    unreachable();
}
