/* SPDX-License-Identifier: GPL-2.0-only */
/* A CPU's 2 MiB area: which pages it has, and its descriptor tables. */
#ifndef ASM_PERCPU_AREA_H
#define ASM_PERCPU_AREA_H

#include <asm/layout.h>
#include <xen/types.h>

/* Pages of memory behind one area, in the order of percpu_area_page[]. */
#define PERCPU_AREA_NR_PAGES 17

/*
 * percpu_area_fill - write the level-1 table of a CPU's area.
 * @l1     512 entries, all zero.
 * @pages  machine addresses of PERCPU_AREA_NR_PAGES zeroed pages.
 * @zero   machine address of a page of zeroes: what empty GDT frames of guests read.
 */
void percpu_area_fill(uint64_t *l1, const uint64_t *pages, uint64_t zero);

/*
 * cpu_desc_init - build this CPU's GDT, TSS and IDT in its area, and load them.
 * @cpu    the CPU this runs on, whose area is mapped.
 * Context: boot of a CPU, IRQs off.
 */
void cpu_desc_init(unsigned int cpu);

/* The hypervisor's part of @cpu's GDT: entry i has selector HV_SEL_BASE + 8 * i. */
static inline uint64_t *percpu_gdt(unsigned int cpu)
{
    return (uint64_t *)(PERCPU_AREA((unsigned long)cpu) +
                        ((PERCPU_GDT_PAGE + GUEST_GDT_FRAMES) << 12));
}

/* 64-bit task state (SDM 3A, 8.7). */
struct tss64 {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t iomap_base;
} __packed;
static_assert(sizeof(struct tss64) == 104, "SDM 3A, figure 8-11");

static inline struct tss64 *percpu_tss(unsigned int cpu)
{
    return (struct tss64 *)(PERCPU_AREA((unsigned long)cpu) + (PERCPU_TSS_PAGE << 12));
}

/* 64-bit gate (SDM 3A, 6.14.1). */
struct idt_gate {
    uint64_t low, high;
};

static inline struct idt_gate *percpu_idt(unsigned int cpu)
{
    return (struct idt_gate *)(PERCPU_AREA((unsigned long)cpu) + (PERCPU_IDT_PAGE << 12));
}

/*
 * idt_set_gate - an interrupt gate for @vector on @cpu.
 * @handler  code; @dpl  who may raise it by `int`; @ist  stack slot, 0: the CPU's own stack.
 */
void idt_set_gate(unsigned int cpu, unsigned int vector, const void *handler, unsigned int dpl,
                  unsigned int ist);

/* The page table of CPU 0's area, and the table that holds all CPUs' ones (slot = CPU). */
extern uint64_t bsp_percpu_l1[512], hv_percpu_l2[512];
extern const uint8_t zero_page[4096];

#endif /* ASM_PERCPU_AREA_H */
