/* SPDX-License-Identifier: GPL-2.0-only */
/* Where things lie in the hypervisor's part of the address space (docs/design/address-space.md). */
#ifndef ASM_LAYOUT_H
#define ASM_LAYOUT_H

#ifdef __ASSEMBLY__
#define LAYOUT_UL(x) x
#else
#define LAYOUT_UL(x) x##UL
#endif

/* L4 slots 256-271 are the hypervisor's in every PV root (public/arch-x86/xen-x86_64.h). */
#define HV_VIRT_START           LAYOUT_UL(0xffff800000000000)
#define HV_VIRT_END             LAYOUT_UL(0xffff880000000000)
#define HV_L4_FIRST             256
#define HV_L4_LAST              271

/* Slot 256, lower half: the machine-to-physical table as guests see it, read-only. */
#define M2P_VIRT_START          LAYOUT_UL(0xffff800000000000)
#define M2P_VIRT_END            LAYOUT_UL(0xffff804000000000)
/* Slot 256, upper half: the same pages, writable, supervisor only. */
#define M2P_RW_START            LAYOUT_UL(0xffff804000000000)
#define M2P_RW_END              LAYOUT_UL(0xffff808000000000)
/* Slot 257: struct frame for each machine frame, sparse. */
#define FRAME_TABLE_START       LAYOUT_UL(0xffff808000000000)
#define FRAME_TABLE_END         LAYOUT_UL(0xffff810000000000)
/* Slot 258: Xylem's image; behind it device memory (ioremap). */
#define XYLEM_VIRT_START        LAYOUT_UL(0xffff810000000000)
#define IOREMAP_START           LAYOUT_UL(0xffff811000000000)
#define IOREMAP_END             LAYOUT_UL(0xffff818000000000)
/* Slots 259: Xylem's own pages and pages shared with it; va = HVHEAP_START + maddr. */
#define HVHEAP_START            LAYOUT_UL(0xffff818000000000)
#define HVHEAP_END              LAYOUT_UL(0xffff820000000000)
/* Slot 260: 2 MiB for each CPU: entry stub, stacks, descriptor tables, map slots. */
#define PERCPU_START            LAYOUT_UL(0xffff820000000000)
#define PERCPU_END              LAYOUT_UL(0xffff828000000000)
#define PERCPU_SHIFT            21
#define PERCPU_AREA(cpu)        (PERCPU_START + ((cpu) << PERCPU_SHIFT))

/*
 * Inside a CPU's 2 MiB area, by 4 KiB page.  Pages not named are unmapped guards.
 *   0       entry stub, read-execute
 *   1       entry stub's data (saved rsp, stack top), read-write
 *   8-23    GDT window: 14 guest frames, then Xylem's own two (one in use)
 *   24-39   LDT window: 16 guest frames
 *   48,50,52,54  IST stacks: #DF, NMI, #MC, #DB (one page each, guards between)
 *   64-71   the CPU's stack, 32 KiB, its top holds struct cpu_info
 *   80      TSS (and I/O bitmap limit), 81 IDT
 *   256-511 map slots for foreign frames
 */
#define PERCPU_STUB_PAGE        0
#define PERCPU_STUBDATA_PAGE    1
#define PERCPU_GDT_PAGE         8
#define PERCPU_LDT_PAGE         24
#define PERCPU_IST_PAGE(n)      (48 + 2 * (n))
#define PERCPU_STACK_PAGE       64
#define PERCPU_TSS_PAGE         80
#define PERCPU_IDT_PAGE         81
#define PERCPU_SLOT_PAGE        256
#define PERCPU_NR_SLOTS         256

#define STACK_ORDER             3
#define STACK_SIZE              (LAYOUT_UL(1) << (12 + STACK_ORDER))

/* Selectors: fixed by the ABI (public/arch-x86/xen-x86_64.h) or behind the guest's 14 frames. */
#define GUEST_GDT_FRAMES        14
#define FIRST_HV_GDT_ENTRY      (GUEST_GDT_FRAMES * 512)
#define HV_SEL_BASE             (FIRST_HV_GDT_ENTRY * 8)        /* 0xe000 */
#define SEL_HV_CS64             (HV_SEL_BASE + 0x08)
#define SEL_HV_DS               (HV_SEL_BASE + 0x10)
#define SEL_HV_CS32             (HV_SEL_BASE + 0x18)
#define SEL_GUEST_CS32          0xe023
#define SEL_GUEST_DS            0xe02b
#define SEL_GUEST_CS64          0xe033
#define SEL_TSS                 (HV_SEL_BASE + 0x40)            /* two entries */
#define SEL_LDT                 (HV_SEL_BASE + 0x50)            /* two entries */

#endif /* ASM_LAYOUT_H */
