/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that are foreseen: the table of instructions and fixups; MSR access that may fail. */
#include <xen/lib.h>

#include <asm/extable.h>
#include <asm/image.h>
#include <asm/processor.h>

extern struct extable_entry ex_table_start[], ex_table_end[];

static int compare_entries(const void *a, const void *b)
{
    uint32_t x = ((const struct extable_entry *)a)->at, y = ((const struct extable_entry *)b)->at;

    return x < y ? -1 : x > y;
}

void __init extable_init(void)
{
    sort(ex_table_start, (size_t)(ex_table_end - ex_table_start), sizeof(*ex_table_start),
         compare_entries);
}

unsigned long extable_search(unsigned long addr)
{
    uint32_t at = (uint32_t)(addr - XYLEM_VIRT_START);
    long i;

    if (!is_image_text(addr)) {
        return 0;
    }
    i = bsearch_index(&at, ex_table_start, (size_t)(ex_table_end - ex_table_start),
                      sizeof(*ex_table_start), compare_entries);
    return i < 0 ? 0 : XYLEM_VIRT_START + ex_table_start[i].fixup;
}

int rdmsr_safe(uint32_t msr, uint64_t *v)
{
    uint32_t lo = 0, hi = 0;
    int rc;

    asm volatile ("1: rdmsr\n\t"
                  "xor %0, %0\n\t"
                  "jmp 3f\n"
                  "2: mov %4, %0\n"
                  "3:\n\t"
                  EXTABLE("1b", "2b")
                  : "=&r" (rc), "+a" (lo), "=&d" (hi) : "c" (msr), "i" (-EFAULT));
    *v = rc == 0 ? ((uint64_t)hi << 32) | lo : 0;
    return rc;
}

int wrmsr_safe(uint32_t msr, uint64_t v)
{
    int rc;

    asm volatile ("1: wrmsr\n\t"
                  "xor %0, %0\n\t"
                  "jmp 3f\n"
                  "2: mov %4, %0\n"
                  "3:\n\t"
                  EXTABLE("1b", "2b")
                  : "=&r" (rc)
                  : "c" (msr), "a" ((uint32_t)v), "d" ((uint32_t)(v >> 32)), "i" (-EFAULT)
                  : "memory");
    return rc;
}
