/* SPDX-License-Identifier: GPL-2.0-only */
/* Map slots: one foreign frame at a time, on this CPU only (xen/mapframe.h). */
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/percpu.h>

#include <asm/processor.h>

/*
 * This CPU's slots, used by it alone and never from IRQ context.
 * Invariant: bit s of used is set exactly when entry s of l1 is present.
 */
struct map_slots {
    pte_t *l1;
    uint64_t used[PERCPU_NR_SLOTS / 64];
};
static DEFINE_PER_CPU(struct map_slots, map_slots);

void map_slots_init(unsigned int cpu)
{
    per_cpu(map_slots, cpu).l1 = percpu_pte(cpu, PERCPU_SLOT_PAGE);
}

#define SLOT_BASE(cpu) (PERCPU_AREA((unsigned long)(cpu)) + ((unsigned long)PERCPU_SLOT_PAGE << 12))

static unsigned int slot_take(struct map_slots *ms)
{
    unsigned int w = 0;

    while (unlikely(ms->used[w] == ~0UL)) {
        w++;
        BUG_ON(w == ARRAY_SIZE(ms->used));
    }
    return w * 64 + lowest_bit(~ms->used[w]);
}

void *map_frame(mfn_t mfn)
{
    struct map_slots *ms = &this_cpu(map_slots);
    unsigned int s = slot_take(ms);

    ms->used[s / 64] |= 1UL << (s % 64);
    ms->l1[s] = pte_make(mfn, HV_PTE_SLOT);
    return (void *)(SLOT_BASE(smp_processor_id()) + ((unsigned long)s << PAGE_SHIFT));
}

void unmap_frame(const void *va)
{
    struct map_slots *ms = &this_cpu(map_slots);
    unsigned long off = (unsigned long)va - SLOT_BASE(smp_processor_id());
    unsigned int s = (unsigned int)(off >> PAGE_SHIFT);

    ASSERT(s < PERCPU_NR_SLOTS && (ms->used[s / 64] >> (s % 64) & 1));
    ms->l1[s] = 0;
    invlpg((unsigned long)va);
    ms->used[s / 64] &= ~(1UL << (s % 64));
}

void *remap_frame(void *va, mfn_t mfn)
{
    struct map_slots *ms = &this_cpu(map_slots);
    unsigned long s = ((unsigned long)va >> PAGE_SHIFT) & (PERCPU_NR_SLOTS - 1);

    ASSERT(ms->used[s / 64] >> (s % 64) & 1);
    ms->l1[s] = pte_make(mfn, HV_PTE_SLOT);
    invlpg((unsigned long)va);
    return va;
}

static inline void clear_bytes(void *va, unsigned long bytes)
{
    unsigned long n = bytes / 8;

    asm volatile ("rep stosq" : "+D" (va), "+c" (n) : "a" (0UL) : "memory");
}

void clear_frame(mfn_t mfn)
{
    void *va = map_frame(mfn);

    clear_bytes(va, PAGE_SIZE);
    unmap_frame(va);
}

void copy_frame(mfn_t dst, mfn_t src)
{
    void *d = map_frame(dst), *s = map_frame(src), *di = d, *si = s;
    unsigned long n = PAGE_SIZE / 8;

    asm volatile ("rep movsq" : "+D" (di), "+S" (si), "+c" (n) :: "memory");
    unmap_frame(s);
    unmap_frame(d);
}

/* The frames get neighbouring slots, so that one string operation clears them. */
void clear_frames(mfn_t mfn, unsigned long nr)
{
    struct map_slots *ms = &this_cpu(map_slots);
    unsigned int first = PERCPU_NR_SLOTS - 64;
    unsigned long va = SLOT_BASE(smp_processor_id()) + ((unsigned long)first << PAGE_SHIFT);
    unsigned long i;

    ASSERT(nr <= 64);
    if (ms->used[first / 64] != 0) {
        for (i = 0; i < nr; i++) {
            clear_frame(mfn_add(mfn, i));
        }
        return;
    }
    ms->used[first / 64] = ~0UL;
    for (i = 0; i < nr; i++) {
        ms->l1[first + i] = pte_make(mfn_add(mfn, i), HV_PTE_SLOT);
    }
    clear_bytes((void *)va, nr << PAGE_SHIFT);
    for (i = 0; i < nr; i++) {
        ms->l1[first + i] = 0;
        invlpg(va + (i << PAGE_SHIFT));
    }
    ms->used[first / 64] = 0;
}
