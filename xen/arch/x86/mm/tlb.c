/* SPDX-License-Identifier: GPL-2.0-only */
/* TLB flushes, and the clock that tells which frames still need one (docs/design/tlb.md). */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/percpu.h>

#include <asm/apic.h>
#include <asm/irq-vectors.h>
#include <asm/mm.h>
#include <asm/processor.h>

/*
 * tlb_clock counts full flushes (those that take global entries too: a guest's
 * user entries are global).  Each CPU notes the time of its last one; a frame
 * notes the time when its last type reference went.  A stale entry for it can
 * live on a CPU only if that CPU has not flushed since.  Stamps have 15 bits, so
 * an old one may look recent: then there is one flush too many, never too few.
 */
uint64_t tlb_clock = 1;
static DEFINE_PER_CPU(uint64_t, flushed_at);

/*
 * What other CPUs want of one.  They add to `what`, then count `wanted` up; the CPU notes in
 * `served` which count it had seen before it took `what` and flushed.
 * L1  while `idle` is set the CPU uses no address of a guest's: it is not interrupted for those,
 *     and flushes what was wanted before it clears the flag's effect (tlb_idle_leave).
 */
struct tlb_mail {
    uint64_t wanted, served;
    unsigned long what;         /* 0, TLB_ALL, or a page's address with TLB_PAGE */
    uint32_t idle;
};
static DEFINE_PER_CPU(struct tlb_mail, tlb_mail);

#define TLB_ALL     1UL
#define TLB_PAGE    2UL

/* During boot nobody runs yet. */
static inline void count(unsigned int which)
{
    if (likely(current != NULL)) {
        counter_inc(current, which);
    }
}

/* The clock goes first: what is used of a guest's afterwards was loaded behind the flush. */
static inline void clock_tick(void)
{
    WRITE_ONCE(this_cpu(flushed_at), atomic_add_return(&tlb_clock, 1));
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

static void flush_here(unsigned long what)
{
    if (what == TLB_ALL) {
        tlb_flush_local_all();
    } else if (what != 0) {
        tlb_flush_page_local(what & PAGE_MASK);
    }
}

/* --- Other CPUs ------------------------------------------------------------------------------ */

void tlb_serve(void)
{
    struct tlb_mail *m = &this_cpu(tlb_mail);
    unsigned long flags;
    uint64_t wanted;

    if (likely(READ_ONCE(m->wanted) == m->served)) {
        return;
    }
    flags = local_irq_save();
    wanted = READ_ONCE(m->wanted);
    flush_here(xchg(&m->what, 0));
    WRITE_ONCE(m->served, wanted);
    local_irq_restore(flags);
}

/*
 * Leave @what for @cpu; true if it is to be interrupted and waited for.  The exchange is made even
 * if it changes nothing: our own stores to page tables are seen by then, and the CPU takes the
 * word, and flushes, after that.
 */
static bool post(unsigned int cpu, unsigned long what, bool spare_idle)
{
    struct tlb_mail *m = &per_cpu(tlb_mail, cpu);
    unsigned long old = READ_ONCE(m->what), new;

    do {
        new = old == 0 || old == what ? what : TLB_ALL;
    } while (!try_cmpxchg(&m->what, &old, new));
    (void)atomic_add_return(&m->wanted, 1);
    return !(spare_idle && READ_ONCE(m->idle));
}

/*
 * What was wanted of @cpu until now is done; others may want things of us meanwhile.  One that has
 * gone offline flushes when it comes back.
 */
static void wait_for(unsigned int cpu)
{
    struct tlb_mail *m = &per_cpu(tlb_mail, cpu);
    uint64_t wanted = READ_ONCE(m->wanted);

    while ((int64_t)(READ_ONCE(m->served) - wanted) < 0 && cpu_online(cpu)) {
        tlb_serve();
        cpu_relax();
    }
}

/*
 * Flush @what on the online CPUs of @mask, and be sure that it is done.  @spare_idle: it concerns
 * guests' addresses only (L1).
 */
static void flush_cpus(const cpumask_t *mask, unsigned long what, bool spare_idle)
{
    unsigned int self = smp_processor_id(), cpu;
    cpumask_t waiting = { { 0 } };

    if (nr_online_cpus == 1) {
        flush_here(what);
        return;
    }
    lock_order_may_wait();
    for_each_cpu_in (cpu, mask) {
        if (cpu != self && post(cpu, what, spare_idle)) {
            __set_bit(cpu, waiting.bits);
            count(COUNTER_TLB_REMOTE);
            apic_send_ipi(cpu, VECTOR_IPI_TLB);
        }
    }
    if (cpumask_test(self, mask)) {
        flush_here(what);
    }
    for_each_cpu_in (cpu, &waiting) {
        wait_for(cpu);
    }
}

void tlb_idle_enter(void)
{
    WRITE_ONCE(this_cpu(tlb_mail).idle, 1);
}

/* Either who posts sees that the CPU is idle no more, or this sees what was posted. */
void tlb_idle_leave(void)
{
    if (this_cpu(tlb_mail).idle) {
        (void)xchg(&this_cpu(tlb_mail).idle, 0);
        tlb_serve();
    }
}

/* --- The interface ---------------------------------------------------------------------------- */

void tlb_flush_mask(const cpumask_t *mask, bool page, unsigned long va)
{
    flush_cpus(mask, page ? (va & PAGE_MASK) | TLB_PAGE : TLB_ALL, true);
}

void tlb_flush_domain(struct domain *d)
{
    flush_cpus(&d->arch.dirty_cpus, TLB_ALL, true);
}

void tlb_flush_domain_page(struct domain *d, unsigned long va)
{
    tlb_flush_mask(&d->arch.dirty_cpus, true, va);
}

void tlb_flush_everywhere(void)
{
    flush_cpus(&cpu_online_map, TLB_ALL, true);
}

static void flush_own(unsigned long va, unsigned long nr, bool spare_idle)
{
    if (nr == 1) {
        flush_cpus(&cpu_online_map, (va & PAGE_MASK) | TLB_PAGE, spare_idle);
    } else if (nr > 32 || nr_online_cpus > 1) {
        flush_cpus(&cpu_online_map, TLB_ALL, spare_idle);
    } else {
        for (unsigned long i = 0; i < nr; i++) {
            invlpg(va + (i << PAGE_SHIFT));
        }
    }
}

/* An idle CPU, too, may look through Xylem's own mappings at any time. */
void tlb_flush_hv(unsigned long va, unsigned long nr)
{
    flush_own(va, nr, false);
}

/* There an old entry is no wrong one, and it is gone before a guest runs. */
void tlb_flush_window(unsigned long va, unsigned long nr)
{
    flush_own(va, nr, true);
}

void tlb_flush_since(uint64_t clock)
{
    cpumask_t mask = { { 0 } };
    bool any = false;
    unsigned int cpu;

    if (clock == 0) {
        return;
    }
    for_each_online_cpu (cpu) {
        if (READ_ONCE(per_cpu(flushed_at, cpu)) <= clock) {
            __set_bit(cpu, mask.bits);
            any = true;
        }
    }
    if (any) {
        flush_cpus(&mask, TLB_ALL, true);
    }
}

/* Stamps keep 15 bits: the time that is meant is the last one that ends so. */
void tlb_flush_stamp(uint64_t type_word)
{
    uint32_t stamp = (uint32_t)(type_word >> FT_STAMP_SHIFT);
    uint64_t now = READ_ONCE(tlb_clock);
    uint32_t age = ((uint32_t)now - stamp) & 0x7fff;

    tlb_flush_since(now - age);
}
