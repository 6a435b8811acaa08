/* SPDX-License-Identifier: GPL-2.0-only */
/* A CPU's own area: page table, GDT, TSS, and the empty IDT. */
#include <xen/lib.h>
#include <xen/percpu.h>

#include <asm/percpu-area.h>
#include <asm/processor.h>

/* Which page of the area each page of memory becomes. */
static const uint16_t percpu_area_page[PERCPU_AREA_NR_PAGES] = {
    PERCPU_STUB_PAGE, PERCPU_STUBDATA_PAGE,
    PERCPU_IST_PAGE(0), PERCPU_IST_PAGE(1), PERCPU_IST_PAGE(2), PERCPU_IST_PAGE(3),
    PERCPU_STACK_PAGE, PERCPU_STACK_PAGE + 1, PERCPU_STACK_PAGE + 2, PERCPU_STACK_PAGE + 3,
    PERCPU_STACK_PAGE + 4, PERCPU_STACK_PAGE + 5, PERCPU_STACK_PAGE + 6, PERCPU_STACK_PAGE + 7,
    PERCPU_GDT_PAGE + GUEST_GDT_FRAMES, PERCPU_TSS_PAGE, PERCPU_IDT_PAGE,
};
static_assert(STACK_SIZE == 8 * PAGE_SIZE, "eight stack pages are listed above");

#define AREA_RX 0x121UL                     /* present, accessed, global */
#define AREA_RO (AREA_RX | 1UL << 63)
#define AREA_RW (AREA_RO | 0x42UL)          /* writable, dirty */

void percpu_area_fill(uint64_t *l1, const uint64_t *pages, uint64_t zero)
{
    for (unsigned int i = 0; i < PERCPU_AREA_NR_PAGES; i++) {
        l1[percpu_area_page[i]] = pages[i] | (i == 0 ? AREA_RX : AREA_RW);
    }
    for (unsigned int i = 0; i < GUEST_GDT_FRAMES; i++) {
        l1[PERCPU_GDT_PAGE + i] = zero | AREA_RO;
    }
}

/* A system descriptor of 16 bytes: available TSS (9) or LDT (2), SDM 3A 3.5 and 8.2.3. */
static void set_system_desc(uint64_t *entry, unsigned long base, uint32_t limit, unsigned int type)
{
    entry[0] = (limit & 0xffff) | ((base & 0xffffff) << 16) | ((uint64_t)(0x80 | type) << 40) |
               ((uint64_t)(limit >> 16 & 0xf) << 48) | ((base >> 24 & 0xff) << 56);
    entry[1] = base >> 32;
}

static void build_gdt(unsigned int cpu)
{
    uint64_t *gdt = percpu_gdt(cpu);

    /* Flat segments; selectors as in asm/layout.h. */
    gdt[1] = 0x00af9b000000ffffUL;          /* ring 0 code, 64 bits */
    gdt[2] = 0x00cf93000000ffffUL;          /* ring 0 data */
    gdt[3] = 0x00cf9b000000ffffUL;          /* ring 0 code, 32 bits */
    gdt[4] = 0x00cffb000000ffffUL;          /* ring 3 code, 32 bits: 0xe023 */
    gdt[5] = 0x00cff3000000ffffUL;          /* ring 3 data: 0xe02b */
    gdt[6] = 0x00affb000000ffffUL;          /* ring 3 code, 64 bits: 0xe033 */
    set_system_desc(&gdt[(SEL_TSS - HV_SEL_BASE) / 8], (unsigned long)percpu_tss(cpu),
                    sizeof(struct tss64) - 1, 9);
}

static void build_tss(unsigned int cpu)
{
    unsigned long area = PERCPU_AREA((unsigned long)cpu);
    struct tss64 *tss = percpu_tss(cpu);

    for (unsigned int i = 0; i < 4; i++) {
        tss->ist[i] = area + ((unsigned long)(PERCPU_IST_PAGE(i) + 1) << 12);
    }
    /* Entries from a guest build guest_regs: its last field that hardware writes is ss. */
    tss->rsp[0] = (unsigned long)&cpu_info_of(cpu)->guest_regs.es;
    tss->iomap_base = sizeof(*tss);         /* beyond the limit: no port is open to ring 3 */
}

void idt_set_gate(unsigned int cpu, unsigned int vector, const void *handler, unsigned int dpl,
                  unsigned int ist)
{
    struct idt_gate *gate = &percpu_idt(cpu)[vector];
    unsigned long addr = (unsigned long)handler;

    gate->high = addr >> 32;
    gate->low = (addr & 0xffff) | ((uint64_t)SEL_HV_CS64 << 16) | ((uint64_t)ist << 32) |
                ((uint64_t)(0x8e | dpl << 5) << 40) | ((addr >> 16 & 0xffff) << 48);
}

void cpu_desc_init(unsigned int cpu)
{
    struct desc_ptr gdtr = {
        .limit = HV_SEL_BASE + PAGE_SIZE - 1,
        .base = PERCPU_AREA((unsigned long)cpu) + (PERCPU_GDT_PAGE << 12),
    };
    struct desc_ptr idtr = { .limit = 256 * 16 - 1, .base = (unsigned long)percpu_idt(cpu) };

    build_gdt(cpu);
    build_tss(cpu);
    lgdt(&gdtr);
    asm volatile ("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
                  :: "i" (SEL_HV_CS64) : "rax", "memory");
    asm volatile ("mov %0, %%ss; mov %1, %%ds; mov %1, %%es; mov %1, %%fs; mov %1, %%gs"
                  :: "r" (SEL_HV_DS), "r" (0));
    asm volatile ("lldt %w0" :: "r" (0));
    asm volatile ("ltr %w0" :: "r" (SEL_TSS));
    lidt(&idtr);
}
