/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's memory map, kept for dom0. */
#include <asm/e820.h>

#include <xen/lib.h>

#include <asm/boot-info.h>

/* Sorted by address, without overlaps. */
struct e820entry host_e820[E820_MAX];
unsigned int host_e820_nr;

void __init e820_init(const struct boot_info *bi)
{
    for (unsigned int i = 0; i < bi->nr_mem && host_e820_nr < E820_MAX; i++) {
        host_e820[host_e820_nr++] = (struct e820entry){
            bi->mem[i].start, bi->mem[i].end - bi->mem[i].start, bi->mem[i].type,
        };
    }
}

void __init e820_reserve(uint64_t start, uint64_t size)
{
    unsigned int at = 0;

    while (at < host_e820_nr && host_e820[at].addr + host_e820[at].size <= start) {
        at++;
    }
    if (host_e820_nr == E820_MAX || (at < host_e820_nr && host_e820[at].addr < start + size)) {
        return;                         /* already described, or no room */
    }
    memmove(&host_e820[at + 1], &host_e820[at], (host_e820_nr - at) * sizeof(host_e820[0]));
    host_e820[at] = (struct e820entry){ start, size, E820_RESERVED };
    host_e820_nr++;
}
