/* SPDX-License-Identifier: GPL-2.0-only */
/* TLB flushes, and the clock that tells which frames still need one (docs/design/tlb.md). */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/percpu.h>

#include <asm/mm.h>
#include <asm/processor.h>

/*
 * tlb_clock counts full flushes (those that take global entries too: a guest's
 * user entries are global).  Each CPU notes the time of its last one; a frame
 * notes the time when its last type reference went.  A stale entry for it can
 * live on a CPU only if that CPU has not flushed since.  Stamps have 15 bits, so
 * an old one may look recent: then there is one flush too many, never too few.
 */
uint32_t tlb_clock = 1;
static DEFINE_PER_CPU(uint32_t, flushed_at);

/* During boot nobody runs yet. */
static inline void count(unsigned int which)
{
    if (likely(current != NULL)) {
        counter_inc(current, which);
    }
}

static inline void clock_tick(void)
{
    this_cpu(flushed_at) = atomic_add_return(&tlb_clock, 1);
}

void tlb_flush_local(void)
{
    count(COUNTER_TLB_FLUSH);
    write_cr3(read_cr3());
}

void tlb_flush_local_all(void)
{
    uint64_t cr4 = read_cr4();

    clock_tick();
    count(COUNTER_TLB_FLUSH);
    write_cr4(cr4 & ~X86_CR4_PGE);
    write_cr4(cr4);
}

void tlb_flush_page_local(unsigned long va)
{
    count(COUNTER_TLB_PAGE);
    invlpg(va);
}

/*
 * Run a flush here, and on every other CPU that may need it.  Only one CPU is
 * brought up so far; the others get theirs by IPI when there are any.
 */
static void flush_mask(void (*fn)(void))
{
    BUG_ON(nr_online_cpus > 1);
    fn();
}

void tlb_flush_domain(struct domain *d)
{
    (void)d;
    flush_mask(tlb_flush_local_all);
}

void tlb_flush_domain_page(struct domain *d, unsigned long va)
{
    (void)d;
    BUG_ON(nr_online_cpus > 1);
    tlb_flush_page_local(va);
}

void tlb_flush_everywhere(void)
{
    flush_mask(tlb_flush_local_all);
}

void tlb_flush_hv(unsigned long va, unsigned long nr)
{
    BUG_ON(nr_online_cpus > 1);
    if (nr > 32) {
        tlb_flush_local_all();
        return;
    }
    for (unsigned long i = 0; i < nr; i++) {
        invlpg(va + (i << PAGE_SHIFT));
    }
}

void tlb_flush_stamp(uint64_t type_word)
{
    uint32_t stamp = (uint32_t)(type_word >> FT_STAMP_SHIFT);
    uint32_t now = READ_ONCE(tlb_clock);
    uint32_t age = (now - stamp) & 0x7fff;
    uint32_t flush_age = now - this_cpu(flushed_at);

    if (flush_age >= age) {
        flush_mask(tlb_flush_local_all);
    }
}
