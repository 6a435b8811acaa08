/* SPDX-License-Identifier: GPL-2.0-only */
/* The firmware's memory map: sorted, without overlaps, in whole pages of RAM. */
#include <xen/lib.h>

#include <asm/boot-info.h>

bool __init boot_mem_add(struct boot_info *bi, uint64_t start, uint64_t size,
                         enum boot_mem_type type)
{
    uint64_t end = start + size;

    if (size == 0) {
        return true;
    }
    if (bi->nr_mem == BOOT_MAX_MEM) {
        return false;
    }
    if (end < start) {
        end = ~0ULL & PAGE_MASK;
    }
    if (type < BOOT_MEM_RAM || type > BOOT_MEM_UNUSABLE) {
        type = BOOT_MEM_RESERVED;
    }
    bi->mem[bi->nr_mem++] = (struct boot_mem){ start, end, type };
    return true;
}

static int __init compare_mem(const void *a, const void *b)
{
    const struct boot_mem *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

/* Of two claims on one byte the more careful one holds. */
static int __init type_rank(enum boot_mem_type type)
{
    static const uint8_t rank[] __initconst = {
        [BOOT_MEM_RAM] = 0, [BOOT_MEM_ACPI] = 1, [BOOT_MEM_NVS] = 2,
        [BOOT_MEM_RESERVED] = 3, [BOOT_MEM_UNUSABLE] = 4,
    };

    return rank[type];
}

static void __init remove_entry(struct boot_info *bi, unsigned int i)
{
    bi->nr_mem--;
    memmove(&bi->mem[i], &bi->mem[i + 1], (bi->nr_mem - i) * sizeof(bi->mem[0]));
}

/* Keeps the order by start; an entry too many is dropped (it can only be RAM's second half). */
static void __init insert_sorted(struct boot_info *bi, struct boot_mem m)
{
    unsigned int i = bi->nr_mem;

    if (m.start >= m.end || bi->nr_mem == BOOT_MAX_MEM) {
        return;
    }
    while (i > 0 && bi->mem[i - 1].start > m.start) {
        bi->mem[i] = bi->mem[i - 1];
        i--;
    }
    bi->mem[i] = m;
    bi->nr_mem++;
}

/* Settles entry @i against the one behind it; true if the table changed. */
static bool __init settle_pair(struct boot_info *bi, unsigned int i)
{
    struct boot_mem a = bi->mem[i], b = bi->mem[i + 1];

    if (a.type == b.type && b.start <= a.end) {
        bi->mem[i].end = max(a.end, b.end);
        remove_entry(bi, i + 1);
        return true;
    }
    if (b.start >= a.end) {
        return false;
    }
    remove_entry(bi, i + 1);
    remove_entry(bi, i);
    if (type_rank(a.type) >= type_rank(b.type)) {
        insert_sorted(bi, a);
        insert_sorted(bi, (struct boot_mem){ a.end, b.end, b.type });
    } else {
        insert_sorted(bi, (struct boot_mem){ a.start, b.start, a.type });
        insert_sorted(bi, b);
        insert_sorted(bi, (struct boot_mem){ b.end, a.end, a.type });
    }
    return true;
}

static void __init round_ram(struct boot_info *bi)
{
    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        struct boot_mem *m = &bi->mem[i];

        if (m->type != BOOT_MEM_RAM) {
            continue;
        }
        m->start = ROUNDUP(m->start, PAGE_SIZE);
        m->end = ROUNDDOWN(m->end, PAGE_SIZE);
        if (m->start >= m->end) {
            remove_entry(bi, i--);
        }
    }
}

void __init boot_memmap_finish(struct boot_info *bi)
{
    sort(bi->mem, bi->nr_mem, sizeof(bi->mem[0]), compare_mem);
    for (unsigned int i = 0; i + 1 < bi->nr_mem;) {
        if (settle_pair(bi, i)) {
            i = i > 0 ? i - 1 : 0;
        } else {
            i++;
        }
    }
    round_ram(bi);
}

static bool __init overlaps(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
    return a < b_end && b < a_end;
}

static bool __init in_ram(const struct boot_info *bi, uint64_t start, uint64_t end)
{
    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        const struct boot_mem *m = &bi->mem[i];

        if (m->type == BOOT_MEM_RAM && start >= m->start && end <= m->end) {
            return true;
        }
    }
    return false;
}

static bool __init modules_sane(const struct boot_info *bi)
{
    for (unsigned int i = 0; i < bi->nr_modules; i++) {
        const struct boot_module *m = &bi->modules[i];

        if (m->start >= m->end || !in_ram(bi, m->start, m->end) ||
            overlaps(m->start, m->end, bi->image_start, bi->image_end)) {
            return false;
        }
        for (unsigned int j = 0; j < i; j++) {
            if (overlaps(m->start, m->end, bi->modules[j].start, bi->modules[j].end)) {
                return false;
            }
        }
    }
    return true;
}

bool __init boot_memmap_check(const struct boot_info *bi)
{
    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        const struct boot_mem *m = &bi->mem[i];

        if (m->start >= m->end) {
            return false;
        }
        if (m->type == BOOT_MEM_RAM && ((m->start | m->end) & ~PAGE_MASK)) {
            return false;
        }
        if (i > 0 && (m->start < m[-1].end || (m->start == m[-1].end && m->type == m[-1].type))) {
            return false;
        }
    }
    return in_ram(bi, bi->image_start, bi->image_end) && modules_sane(bi);
}

/* The lowest start of something in use that overlaps [start, end), or UINT64_MAX. */
static uint64_t __init lowest_conflict(const struct boot_info *bi, uint64_t start, uint64_t end)
{
    uint64_t low = UINT64_MAX;

    if (overlaps(start, end, bi->image_start, bi->image_end)) {
        low = bi->image_start;
    }
    for (unsigned int i = 0; i < bi->nr_modules; i++) {
        const struct boot_module *m = &bi->modules[i];

        if (overlaps(start, end, m->start, m->end)) {
            low = min(low, m->start);
        }
    }
    return low;
}

uint64_t __init boot_find_high(const struct boot_info *bi, uint64_t size, uint64_t align,
                               uint64_t limit)
{
    for (unsigned int i = bi->nr_mem; i-- > 0;) {
        const struct boot_mem *m = &bi->mem[i];
        uint64_t low = max(m->start, MB(1));
        uint64_t top = min(m->end, limit);

        if (m->type != BOOT_MEM_RAM) {
            continue;
        }
        while (top >= size && top - size >= low) {
            uint64_t start = ROUNDDOWN(top - size, align);
            uint64_t conflict;

            if (start < low) {
                break;
            }
            conflict = lowest_conflict(bi, start, start + size);
            if (conflict == UINT64_MAX) {
                return start;
            }
            top = conflict;
        }
    }
    return 0;
}
