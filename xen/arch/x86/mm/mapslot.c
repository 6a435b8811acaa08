/* SPDX-License-Identifier: GPL-2.0-only */
/* Map slots: one foreign frame at a time, on this CPU only (xen/mapframe.h). */
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/percpu.h>

#include <asm/processor.h>

#define NR_WORDS (PERCPU_NR_SLOTS / 64)

/*
 * This CPU's slots, used by it alone and never from IRQ context.
 * Invariant: bit s of free is clear exactly when entry s of l1 is present.
 */
struct map_slots {
    pte_t *l1;
    uint64_t free[NR_WORDS];
};
static DEFINE_PER_CPU(struct map_slots, map_slots);

void map_slots_init(unsigned int cpu)
{
    struct map_slots *ms = &per_cpu(map_slots, cpu);

    ms->l1 = percpu_pte(cpu, PERCPU_SLOT_PAGE);
    for (unsigned int w = 0; w < NR_WORDS; w++) {
        ms->free[w] = ~0UL;
    }
}

/* Address of this CPU's slot 0. */
static inline unsigned long slot_base(void)
{
    return (unsigned long)get_cpu_info() - CPU_INFO_OFFSET +
           ((unsigned long)PERCPU_SLOT_PAGE << PAGE_SHIFT);
}

static inline unsigned int slot_of(const void *va)
{
    return (unsigned int)((unsigned long)va >> PAGE_SHIFT) & (PERCPU_NR_SLOTS - 1);
}
static_assert(PERCPU_SLOT_PAGE % PERCPU_NR_SLOTS == 0, "slot_of() takes the low bits");

static inline bool slot_in_use(const struct map_slots *ms, unsigned int s)
{
    return !((ms->free[s / 64] >> (s % 64)) & 1);
}

/* The first 64 are taken: the next free slot. */
static __noinline unsigned int slot_take_far(struct map_slots *ms)
{
    unsigned int w = 1, s;

    while (ms->free[w] == 0) {
        w++;
        BUG_ON(w == NR_WORDS);
    }
    s = lowest_bit(ms->free[w]);
    ms->free[w] &= ms->free[w] - 1;
    return w * 64 + s;
}

void *map_frame(mfn_t mfn)
{
    struct map_slots *ms = &this_cpu(map_slots);
    uint64_t bits = ms->free[0];
    unsigned long s;

    if (likely(bits != 0)) {
        s = lowest_bit(bits);
        ms->free[0] = bits & (bits - 1);
    } else {
        s = slot_take_far(ms);
    }
    ms->l1[s] = pte_make(mfn, HV_PTE_SLOT);
    return (void *)(slot_base() + (s << PAGE_SHIFT));
}

void unmap_frame(const void *va)
{
    struct map_slots *ms = &this_cpu(map_slots);
    unsigned int s = slot_of(va);

    ASSERT((unsigned long)va - slot_base() < PERCPU_NR_SLOTS * PAGE_SIZE && slot_in_use(ms, s));
    ms->l1[s] = 0;
    invlpg((unsigned long)va);
    ms->free[s / 64] |= 1UL << (s % 64);
}

pte_t *map_slot_entry(const void *va)
{
    struct map_slots *ms = &this_cpu(map_slots);
    unsigned int s = slot_of(va);

    ASSERT(slot_in_use(ms, s));
    return &ms->l1[s];
}

void *remap_frame(void *va, mfn_t mfn)
{
    return remap_slot(map_slot_entry(va), va, mfn);
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
    unsigned long va = slot_base() + ((unsigned long)first << PAGE_SHIFT);
    unsigned long i;

    ASSERT(nr <= 64);
    if (ms->free[first / 64] != ~0UL) {
        for (i = 0; i < nr; i++) {
            clear_frame(mfn_add(mfn, i));
        }
        return;
    }
    ms->free[first / 64] = 0;
    for (i = 0; i < nr; i++) {
        ms->l1[first + i] = pte_make(mfn_add(mfn, i), HV_PTE_SLOT);
    }
    clear_bytes((void *)va, nr << PAGE_SHIFT);
    for (i = 0; i < nr; i++) {
        ms->l1[first + i] = 0;
        invlpg(va + (i << PAGE_SHIFT));
    }
    ms->free[first / 64] = ~0UL;
}
