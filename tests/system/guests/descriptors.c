/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Are a guest's descriptor tables and entry points its own, and nothing but its own?
 *
 * set_gdt, update_descriptor, SET_LDT with lawful frames, with writable, foreign and absurd ones;
 * segment loads through both tables; descriptors that would raise privilege; segment bases; trap
 * table, callbacks, kernel stack, NMI.
 * ABI: docs/abi/traps.md, docs/abi/mmu.md; expected values are those of Xen 4.17.
 */
#include "guest.h"

#include <public/nmi.h>

const char test_name[] = "descriptors";

#define DATA64  0x00cff3000000ffffUL    /* flat, writable, DPL 3, accessed */
#define DATA_0  0x00cf92000000ffffUL    /* the same with DPL 0, not yet accessed */
#define ABSENT  0x00cf73000000ffffUL    /* not present */
#define TSS     0x008089000000ffffUL    /* what no guest may have */
#define GATE    0x0000ec00e0330000UL    /* a call gate to the kernel's code segment */

#define SELECTOR(index, ldt) ((index) << 3 | (ldt) << 2 | 3)

static uint64_t gdt[512] PAGE_ALIGNED, ldt[1024] PAGE_ALIGNED, plain[512] PAGE_ALIGNED;
static uint64_t variable = 0x1122334455667788UL;

/* The trap of loading SELECTOR into fs; 0 if there is none. */
static unsigned long load(unsigned int selector)
{
    unsigned long trapped;

    TRY_ASM(trapped, "mov %[sel], %%fs", , [sel] "r"(selector));
    return trapped;
}

static long set_gdt(const xen_pfn_t *frames, unsigned int entries)
{
    return HYPERCALL_2(__HYPERVISOR_set_gdt, frames, entries);
}

static long update(const void *slot, uint64_t value)
{
    uint64_t maddr = mfn_of(slot) * PAGE_SIZE + ((unsigned long)slot & PAGE_MASK);

    return HYPERCALL_2(__HYPERVISOR_update_descriptor, maddr, value);
}

static void gdt_refused(void)
{
    xen_pfn_t frame = mfn_of(gdt);

    EXPECT_EQ(set_gdt(&frame, 512), -E_INVAL);              /* mapped writable */
    make_readonly(gdt);
    EXPECT_EQ(set_gdt(&frame, 7169), -E_INVAL);             /* reaches the hypervisor's part */
    EXPECT_EQ(set_gdt(&frame, ~0U), -E_INVAL);
    frame = ~0UL >> 12;
    EXPECT_EQ(set_gdt(&frame, 512), -E_INVAL);
    frame = mfn_of((void *)start_info->pt_base);
    EXPECT_EQ(set_gdt(&frame, 512), -E_INVAL);              /* a page table */
    make_writable(gdt);
    gdt[5] = TSS;
    make_readonly(gdt);
    frame = mfn_of(gdt);
    EXPECT_EQ(set_gdt(&frame, 512), -E_INVAL);
    make_writable(gdt);
    gdt[5] = 0;
}

static void gdt_used(void)
{
    xen_pfn_t frame = mfn_of(gdt);

    gdt[1] = DATA64;
    gdt[2] = DATA_0;
    gdt[3] = ABSENT;
    make_readonly(gdt);
    EXPECT_EQ(load(SELECTOR(1, 0)), TRAPPED(13));           /* nothing there yet */
    EXPECT_EQ(set_gdt(&frame, 512), 0);
    EXPECT_EQ(load(SELECTOR(1, 0)), 0);
    EXPECT_EQ(load(SELECTOR(2, 0)), 0);                     /* its DPL was made 3 */
    EXPECT_EQ(gdt[2] >> 45 & 3, 3);
    EXPECT_EQ(load(SELECTOR(3, 0)), TRAPPED(11));
    EXPECT_EQ(last_trap.error, SELECTOR(3, 0) & ~3U);
    EXPECT_EQ(load(SELECTOR(4, 0)), TRAPPED(13));
    EXPECT_EQ(load(SELECTOR(600, 0)), TRAPPED(13));         /* the empty part */
    EXPECT_EQ(load(0), 0);
    EXPECT_EQ(update_va_mapping(gdt, mfn_of(gdt) * PAGE_SIZE | PTE_RWP, UVMF_INVLPG), -E_BUSY);
    EXPECT_EQ(try_write(&gdt[4], DATA64), TRAPPED(14));
}

static void gdt_updated(void)
{
    EXPECT_EQ(update(&gdt[4], DATA_0), 0);
    EXPECT_EQ(load(SELECTOR(4, 0)), 0);
    EXPECT_EQ(update(&gdt[4], TSS), -E_INVAL);
    EXPECT_EQ(load(SELECTOR(4, 0)), 0);                     /* as it was */
    /* Xen takes a call gate, which no 64-bit guest can use; refused is as good. */
    if (update(&gdt[4], GATE) != -E_INVAL) {
        EXPECT_EQ(load(SELECTOR(4, 0)), TRAPPED(13));
    }
    EXPECT_EQ(update((char *)&gdt[4] + 4, 0), -E_INVAL);
    EXPECT_EQ(update(&gdt[4], 0), 0);
    EXPECT_EQ(load(SELECTOR(4, 0)), TRAPPED(13));
    EXPECT_EQ(update(&plain[3], DATA_0), 0);                /* a page of data: a store */
    EXPECT_EQ(plain[3] >> 44 & 0xf, 0xf);
    EXPECT_EQ(update((void *)start_info->pt_base, 0), -E_INVAL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_update_descriptor, ~7UL, 0), -E_INVAL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_update_descriptor, 0x1000, DATA64), -E_INVAL);
}

static void gdt_gone(void)
{
    EXPECT_EQ(load(0), 0);
    EXPECT_EQ(set_gdt(NULL, 0), 0);
    EXPECT_EQ(load(SELECTOR(1, 0)), TRAPPED(13));
    make_writable(gdt);                                     /* no descriptor page any more */
}

/* Two pages, of which the second is mapped writable until later. */
static void local_table(void)
{
    char *second = (char *)ldt + PAGE_SIZE;

    ldt[1] = DATA64;
    ldt[3] = ABSENT;
    ldt[513] = DATA64;
    make_readonly(ldt);
    EXPECT_EQ(load(SELECTOR(1, 1)), TRAPPED(13));
    EXPECT_EQ(mmuext_op(MMUEXT_SET_LDT, (unsigned long)ldt + 8, 4), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_SET_LDT, (unsigned long)ldt, 8193), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_SET_LDT, 0xffff830000000000UL, 4), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_SET_LDT, (unsigned long)ldt, 1024), 0);
    EXPECT_EQ(load(SELECTOR(1, 1)), 0);
    EXPECT_EQ(load(SELECTOR(3, 1)), TRAPPED(11));
    EXPECT_EQ(load(SELECTOR(2, 1)), TRAPPED(13));
    EXPECT_EQ(load(SELECTOR(1024, 1)), TRAPPED(13));        /* behind its end */
    EXPECT_EQ(load(SELECTOR(513, 1)), TRAPPED(14));         /* a page that is writable */
    EXPECT_EQ(last_cr2, (unsigned long)&ldt[513]);
    make_readonly(second);
    EXPECT_EQ(load(SELECTOR(513, 1)), 0);
    EXPECT_EQ(update_va_mapping(second, mfn_of(second) * PAGE_SIZE | PTE_RWP, UVMF_INVLPG),
              -E_BUSY);
    EXPECT_EQ(load(0), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_SET_LDT, 0, 0), 0);
    EXPECT_EQ(load(SELECTOR(1, 1)), TRAPPED(13));
    make_writable(ldt);
    make_writable(second);
}

static long set_base(unsigned int which, unsigned long value)
{
    return HYPERCALL_2(__HYPERVISOR_set_segment_base, which, value);
}

static uint64_t read_msr(unsigned int index)
{
    uint32_t low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return (uint64_t)high << 32 | low;
}

static void segment_bases(void)
{
    uint64_t got;

    EXPECT_EQ(set_base(SEGBASE_FS, (unsigned long)&variable), 0);
    asm volatile("mov %%fs:0, %0" : "=r"(got));
    EXPECT_EQ(got, variable);
    EXPECT_EQ(set_base(SEGBASE_GS_KERNEL, (unsigned long)&variable), 0);
    asm volatile("mov %%gs:0, %0" : "=r"(got));
    EXPECT_EQ(got, variable);
    EXPECT_EQ(set_base(SEGBASE_GS_USER, 0x123450), 0);
    EXPECT_EQ(read_msr(0xc0000102), 0x123450);              /* the user's, while in the kernel */
    EXPECT_EQ(read_msr(0xc0000101), (unsigned long)&variable);
    for (unsigned int which = SEGBASE_FS; which <= SEGBASE_GS_KERNEL; which++) {
        EXPECT_EQ(set_base(which, 0x0001000000000000UL), -E_INVAL);
    }
    EXPECT_EQ(set_base(SEGBASE_GS_USER_SEL, FLAT_USER_DS), 0);
    EXPECT_EQ(set_base(SEGBASE_GS_USER_SEL, 0xffff), 0);    /* loads the null one */
    EXPECT_EQ(read_msr(0xc0000101), (unsigned long)&variable);
    EXPECT_EQ(set_base(SEGBASE_FS, 0), 0);
    EXPECT_EQ(set_base(SEGBASE_GS_KERNEL, 0), 0);
    EXPECT_EQ(set_base(SEGBASE_GS_USER, 0), 0);
}

static void entry_points(void)
{
    static const unsigned char kept[] = {
        CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall, CALLBACKTYPE_sysenter,
        CALLBACKTYPE_syscall32,
    };
    struct trap_info bad[2] = {
        { .vector = 0x41, .cs = FLAT_KERNEL_CS, .address = 0x0001000000000000UL },
    };

    EXPECT_EQ(callback_op(CALLBACKOP_register, CALLBACKTYPE_sysenter,
                          (unsigned long)syscall_stub, 0), 0);
    EXPECT_EQ(callback_op(CALLBACKOP_register, CALLBACKTYPE_syscall32,
                          (unsigned long)syscall32_stub, 0), 0);
    for (unsigned int i = 0; i < sizeof(kept); i++) {
        EXPECT_EQ(callback_op(CALLBACKOP_register, kept[i], 0x0001000000000000UL, 0), -E_INVAL);
        EXPECT_EQ(callback_op(CALLBACKOP_unregister, kept[i], 0, 0), -E_INVAL);
    }
    EXPECT_EQ(callback_op(CALLBACKOP_register, 77, (unsigned long)event_stub, 0), -E_NOSYS);
    EXPECT_EQ(callback_op(CALLBACKOP_unregister, 77, 0, 0), -E_NOSYS);
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_set_trap_table, bad), -E_INVAL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, user_trap_stack_top), 0);
}

static volatile unsigned int nmis;

static bool count_nmi(struct regs *regs)
{
    nmis += regs->vector == 2;
    return regs->vector == 2;
}

static void nmi(void)
{
    struct xennmi_callback cb = { .handler_address = TRAP_STUB(2) };

    trap_hook = count_nmi;
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_nmi_op, XENNMI_register_callback, &cb), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    EXPECT_EQ(nmis, 1);
    EXPECT_EQ(vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);        /* the iret lets the next one in */
    EXPECT_EQ(nmis, 2);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_nmi_op, XENNMI_unregister_callback, NULL), 0);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_nmi_op, 99, NULL), -E_NOSYS);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_nmi_op, XENNMI_register_callback, 0x10000), -E_FAULT);
    EXPECT_EQ(callback_op(CALLBACKOP_register, CALLBACKTYPE_nmi, TRAP_STUB(2), 0), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    EXPECT_EQ(nmis, 3);
    EXPECT_EQ(callback_op(CALLBACKOP_unregister, CALLBACKTYPE_nmi, 0, 0), 0);
    trap_hook = NULL;
}

void test_main(void)
{
    gdt_refused();
    gdt_used();
    gdt_updated();
    gdt_gone();
    local_table();
    segment_bases();
    entry_points();
    nmi();
}
