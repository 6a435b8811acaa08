/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the processor's state that a guest may have really its own, and the rest out of reach?
 *
 * Debug registers that break on data and code; CR0.TS and the FPU; XSETBV; the control registers
 * and MSRs that are emulated; I/O privilege and bitmap; TLB, cache and page calls of mmuext;
 * vm_assist; machine-to-physical updates.
 * ABI: docs/abi/traps.md, docs/abi/mmu.md; expected values are those of Xen 4.17.
 */
#include "guest.h"

const char test_name[] = "processor";

#define DR7_WRITE8(n) (1UL << (2 * (n)) | 9UL << (16 + 4 * (n)))   /* local, 8 bytes, on write */

static uint64_t watched, page_a[512] PAGE_ALIGNED, page_b[512] PAGE_ALIGNED;

static long set_debug(unsigned int reg, unsigned long value)
{
    return HYPERCALL_2(__HYPERVISOR_set_debugreg, reg, value);
}

static long get_debug(unsigned int reg)
{
    return HYPERCALL_1(__HYPERVISOR_get_debugreg, reg);
}

static volatile unsigned long breaks;

static bool count_break(struct regs *regs)
{
    breaks += regs->vector == 1;
    return regs->vector == 1;
}

static void breakpoints(void)
{
    unsigned long value;

    trap_hook = count_break;
    EXPECT_EQ(set_debug(6, 0xffff0ff0), 0);
    EXPECT_EQ(set_debug(0, (unsigned long)&watched), 0);
    EXPECT_EQ(set_debug(7, DR7_WRITE8(0)), 0);
    *(volatile uint64_t *)&watched = 1;
    EXPECT_EQ(breaks, 1);
    EXPECT_EQ(get_debug(6) & 0xf, 1);
    EXPECT_EQ(set_debug(7, 0), 0);
    *(volatile uint64_t *)&watched = 2;
    EXPECT_EQ(breaks, 1);
    trap_hook = NULL;
    /* By instruction, which is emulated. */
    asm volatile("mov %0, %%dr1" : : "r"(0x4000UL));
    asm volatile("mov %%dr1, %0" : "=r"(value));
    EXPECT_EQ(value, 0x4000);
    EXPECT_EQ(get_debug(1), 0x4000);
    asm volatile("mov %0, %%dr7" : : "r"(0x400UL));
    asm volatile("mov %%dr7, %0" : "=r"(value));
    EXPECT_EQ(value, 0x400);
}

static void breakpoints_refused(void)
{
    unsigned long trapped;

    for (unsigned int reg = 0; reg < 4; reg++) {
        EXPECT_EQ(set_debug(reg, 0xffff800000000000UL), -E_PERM);
        EXPECT_EQ(set_debug(reg, 0xffff87ffffffffffUL), -E_PERM);
        EXPECT_EQ(set_debug(reg, 0), 0);
    }
    EXPECT_EQ(set_debug(7, 1UL << 13), -E_PERM);            /* general detect */
    EXPECT_EQ(set_debug(7, 2UL << 16 | 1), -E_PERM);        /* on ports, without CR4.DE */
    EXPECT_EQ(set_debug(6, 1UL << 32), -E_INVAL);
    EXPECT_EQ(set_debug(8, 0), -E_NODEV);
    EXPECT_EQ(set_debug(~0U, 0), -E_NODEV);
    EXPECT_EQ(get_debug(8), -E_NODEV);
    TRY_ASM(trapped, "mov %[bad], %%dr7", , [bad] "r"(1UL << 13));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "mov %[bad], %%dr0", , [bad] "r"(0xffff830000000000UL));
    EXPECT_EQ(trapped, TRAPPED(13));
}

static unsigned long use_fpu(void)
{
    unsigned long trapped;

    TRY_ASM(trapped, "fninit", , "r"(0));
    return trapped;
}

static void fpu(void)
{
    unsigned long cr0;

    EXPECT_EQ(use_fpu(), 0);
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_fpu_taskswitch, 1), 0);
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    EXPECT_EQ(cr0 & 8, 8);
    EXPECT_EQ(use_fpu(), TRAPPED(7));
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_fpu_taskswitch, 0), 0);
    EXPECT_EQ(use_fpu(), 0);
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    EXPECT_EQ(cr0 & 8, 0);
    asm volatile("mov %0, %%cr0" : : "r"(cr0 | 8));         /* the one bit that may change */
    EXPECT_EQ(use_fpu(), TRAPPED(7));
    asm volatile("clts");
    EXPECT_EQ(use_fpu(), 0);
}

static void extended_state(void)
{
    uint32_t eax = 1, ebx, ecx = 0, edx, low, high;
    unsigned long trapped, cr4;

    asm volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e\n cpuid"
                 : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (!(ecx & 1U << 26)) {
        guest_printf("this processor has no XSAVE\n");
        return;
    }
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    asm volatile("mov %0, %%cr4" : : "r"(cr4 | 1UL << 18)); /* OSXSAVE */
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    EXPECT_EQ(low & 1, 1);
    /* xsetbv takes its value in edx:eax, and TRY_ASM has rax: so the value goes there last. */
    TRY_ASM(trapped, "mov %[v], %%eax\n xsetbv\n xor %%eax, %%eax", , [v] "r"(3U) COMMA "c"(0)
            COMMA "d"(0));
    EXPECT_EQ(trapped, 0);
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    EXPECT_EQ(low, 3);
}

static void control_registers(void)
{
    unsigned long trapped, cr4;

    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    EXPECT_EQ(cr4 & 1UL << 5, 1UL << 5);                    /* PAE is seen */
    TRY_ASM(trapped, "mov %[v], %%cr0", , [v] "r"(1UL));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "mov %[v], %%cr3", , [v] "r"(~0xfffUL));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "mov %[v], %%cr8", , [v] "r"(0UL));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "lidt (%[va])", , [va] "r"(page_a));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "ltr %%cx", , "c"(0x38));
    EXPECT_EQ(trapped, TRAPPED(13));
    asm volatile("wbinvd");
}

static long set_iopl(unsigned int level)
{
    struct physdev_set_iopl op = { .iopl = level };

    return HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &op);
}

static void ports(void)
{
    struct physdev_set_iobitmap map = { .nr_ports = 65536 };
    unsigned long trapped;

    EXPECT_EQ(set_iopl(4), -E_INVAL);
    EXPECT_EQ(set_iopl(0), 0);
    TRY_ASM(trapped, "cli", , "r"(0));
    EXPECT_EQ(trapped, TRAPPED(13));
    EXPECT_EQ(set_iopl(1), 0);
    asm volatile("cli\n sti");                              /* allowed, and without effect */
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_mask, 1);
    TRY_ASM(trapped, "in $0x71, %%al\n xor %%eax, %%eax", , "r"(0));
    EXPECT_EQ(trapped, 0);                                  /* all ones for who has no right */
    set_xen_guest_handle(map.bitmap, (uint8_t *)page_a);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map), 0);
    map.nr_ports = 65537;
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map), -E_INVAL);
    map.nr_ports = 65536;
    set_xen_guest_handle(map.bitmap, (uint8_t *)0xffff830000000000UL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map), -E_INVAL);
    map.nr_ports = 0;
    set_xen_guest_handle(map.bitmap, NULL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map), 0);
}

static void flushes(void)
{
    unsigned long mask = 1, bad = 0xffff830000000000UL;

    EXPECT_EQ(mmuext_op(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_INVLPG_ALL, (unsigned long)page_a, 0), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_INVLPG_LOCAL, bad, 0), 0);   /* nothing to do, no harm */
    EXPECT_EQ(mmuext_op(MMUEXT_TLB_FLUSH_MULTI, 0, (unsigned long)&mask), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_INVLPG_MULTI, (unsigned long)page_a, (unsigned long)&mask), 0);
    mask = ~0UL;                                            /* vcpus that there are not */
    EXPECT_EQ(mmuext_op(MMUEXT_TLB_FLUSH_MULTI, 0, (unsigned long)&mask), 0);
    EXPECT(mmuext_op(MMUEXT_TLB_FLUSH_MULTI, 0, bad) < 0);
    EXPECT(mmuext_op(MMUEXT_INVLPG_MULTI, 0, 0x10000) < 0);
    EXPECT_EQ(mmuext_op(MMUEXT_FLUSH_CACHE, 0, 0), guest_is_dom0() ? 0 : -E_ACCES);
    EXPECT_EQ(mmuext_op(MMUEXT_MARK_SUPER, 0, 0), -E_OPNOTSUPP);
    EXPECT_EQ(mmuext_op(MMUEXT_UNMARK_SUPER, 0, 0), -E_OPNOTSUPP);
}

static void pages(void)
{
    unsigned long table = mfn_of((void *)start_info->pt_base);

    page_a[7] = 0x77;
    EXPECT_EQ(mmuext_op(MMUEXT_COPY_PAGE, mfn_of(page_b), mfn_of(page_a)), 0);
    EXPECT_EQ(page_b[7], 0x77);
    EXPECT_EQ(mmuext_op(MMUEXT_CLEAR_PAGE, mfn_of(page_b), 0), 0);
    EXPECT_EQ(page_b[7], 0);
    EXPECT(mmuext_op(MMUEXT_CLEAR_PAGE, table, 0) < 0);
    EXPECT(mmuext_op(MMUEXT_COPY_PAGE, table, mfn_of(page_a)) < 0);
    EXPECT(mmuext_op(MMUEXT_CLEAR_PAGE, ~0UL >> 12, 0) < 0);
    EXPECT(mmuext_op(MMUEXT_COPY_PAGE, mfn_of(page_a), 0) < 0);
}

static long machphys(unsigned long mfn, unsigned long pfn)
{
    struct mmu_update update = { .ptr = mfn * PAGE_SIZE | MMU_MACHPHYS_UPDATE, .val = pfn };

    return mmu_update(&update, 1, NULL);
}

static void m2p(void)
{
    struct xen_machphys_mapping map;
    unsigned long pfn = va_to_pfn(page_a);

    EXPECT_EQ(memory_op(XENMEM_machphys_mapping, &map), 0);
    EXPECT_EQ(map.v_start, MACH2PHYS_VIRT_START);
    EXPECT(map.max_mfn >= mfn_of(page_a));
    EXPECT_EQ(memory_op(XENMEM_machphys_mapping, (void *)0xffff830000000000UL), -E_FAULT);
    EXPECT_EQ(machphys(mfn_of(page_a), 0x1234), 0);
    EXPECT_EQ(((const volatile uint64_t *)MACH2PHYS_VIRT_START)[mfn_of(page_a)], 0x1234);
    EXPECT_EQ(machphys(mfn_of(page_a), pfn), 0);
    EXPECT(machphys(~0UL >> 14, 0) < 0);
    EXPECT(machphys(0xa0, 0) < 0);                          /* no memory of anybody's */
}

static void assists(void)
{
    static const unsigned char types[] = {
        VMASST_TYPE_4gb_segments, VMASST_TYPE_writable_pagetables, VMASST_TYPE_pae_extended_cr3,
        VMASST_TYPE_runstate_update_flag, VMASST_TYPE_m2p_strict,
    };

    for (unsigned int i = 0; i < sizeof(types); i++) {
        EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, types[i]), 0);
        EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, types[i]), 0);
    }
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, 31), -E_INVAL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, ~0U), -E_INVAL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, 7, 0), -E_NOSYS);
}

void test_main(void)
{
    breakpoints();
    breakpoints_refused();
    fpu();
    extended_state();
    control_registers();
    ports();
    flushes();
    pages();
    m2p();
    assists();
}
