/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper, not a test: does ROUNDS rounds of each operation between two markers, which the
 * plugin of tests/bench counts.  Run as dom0.  A line "bench N NAME rounds R" says how to read
 * the pair of markers 2N, 2N+1.
 */
#include "guest.h"

const char test_name[] = "bench";

#define ROUNDS 256
#define BATCH  128

/* Markers need constants, so begin and end are spelled per row. */
#define ROW(n, begin, end, name, rounds, ...)                                                      \
    do {                                                                                           \
        guest_printf("bench " #n " %s rounds %u\n", name, (unsigned int)(rounds));                 \
        MARKER(begin);                                                                             \
        for (unsigned int round = 0; round < ROUNDS; round++) {                                    \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        MARKER(end);                                                                               \
    } while (0)

static void null_calls(void)
{
    ROW(0, 0000, 0001, "null hypercall (xen_version)", ROUNDS,
        (void)xen_version(XENVER_version, NULL));
}

/* A port whose peer is a port of our own: sending on one makes the other pending. */
static evtchn_port_t self_loop(evtchn_port_t *peer)
{
    evtchn_port_t local;

    EXPECT_EQ(evtchn_alloc(DOMID_SELF, DOMID_SELF, peer), 0);
    EXPECT_EQ(evtchn_bind(DOMID_SELF, *peer, &local), 0);
    return local;
}

/* The argument is made once: what is counted is the call alone. */
static void events(void)
{
    evtchn_port_t peer, port = self_loop(&peer);
    struct evtchn_send send = { .port = port };
    volatile xen_ulong_t *pending = &shared_info->evtchn_pending[peer / 64];
    xen_ulong_t bit = 1UL << (peer % 64);

    evtchn_set_mask(peer, true);
    *pending |= bit;
    ROW(1, 0002, 0003, "evtchn_send, pending", ROUNDS, (void)event_op(EVTCHNOP_send, &send));
    ROW(2, 0004, 0005, "evtchn_send, clear but masked", ROUNDS, {
        *pending &= ~bit;
        (void)event_op(EVTCHNOP_send, &send);
    });
}

/* Pages whose PTEs are changed; the same 128 entries in every round. */
static char pages[BATCH * 4096] PAGE_ALIGNED;
static struct mmu_update updates[BATCH];

static void fill_updates(unsigned int round)
{
    for (unsigned int i = 0; i < BATCH; i++) {
        char *va = pages + i * PAGE_SIZE;
        char *other = pages + ((i + 1 + round) % BATCH) * PAGE_SIZE;

        updates[i].ptr = pte_maddr(va, 1) | MMU_NORMAL_PT_UPDATE;
        updates[i].val = mfn_of(other) * PAGE_SIZE | PTE_RWP;
    }
}

static void page_tables(void)
{
    volatile uint64_t *pte = pte_of(pages, 1);
    uint64_t a = mfn_of(pages) * PAGE_SIZE | PTE_RWP;
    uint64_t b = mfn_of(pages + PAGE_SIZE) * PAGE_SIZE | PTE_RWP;

    ROW(3, 0006, 0007, "PTE update, batch of 128, per entry", ROUNDS * BATCH, {
        fill_updates(round);
        if (mmu_update(updates, BATCH, NULL) != 0) {
            guest_error("batch of PTE updates refused");
            return;
        }
    });
    ROW(4, 0008, 0009, "PTE update, single", ROUNDS, {
        struct mmu_update one = { .ptr = pte_maddr(pages, 1), .val = round & 1 ? a : b };

        if (mmu_update(&one, 1, NULL) != 0) {
            guest_error("single PTE update refused");
            return;
        }
    });
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                          VMASST_TYPE_writable_pagetables), 0);
    ROW(5, 000a, 000b, "PTE update, plain store, trapped and emulated", ROUNDS,
        *pte = round & 1 ? a : b);
    EXPECT_EQ(mmuext_op(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
}

static bool skip_ud2(struct regs *regs)
{
    regs->rip += 2;
    return true;
}

static void exceptions(void)
{
    trap_hook = skip_ud2;
    ROW(6, 000c, 000d, "exception bounced plus iret", ROUNDS, asm volatile("ud2" : : : "memory"));
    trap_hook = NULL;
}

static void multicalls(void)
{
    static struct multicall_entry calls[32];

    ROW(7, 000e, 000f, "multicall of 32 null calls, per call", ROUNDS * 32, {
        for (unsigned int i = 0; i < 32; i++) {
            calls[i].op = __HYPERVISOR_xen_version;
            calls[i].args[0] = XENVER_version;
        }
        (void)HYPERCALL_2(__HYPERVISOR_multicall, calls, 32);
    });
}

static struct grant_entry_v1 grants[512] PAGE_ALIGNED;

static bool map_grant_table(void)
{
    xen_pfn_t frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

    set_xen_guest_handle(setup.frame_list, &frame);
    if (grant_op(GNTTABOP_setup_table, &setup, 1) != 0 || setup.status != GNTST_okay) {
        return false;
    }
    return update_va_mapping(grants, frame * PAGE_SIZE | PTE_RWP, UVMF_INVLPG) == 0;
}

static void grant_copies(void)
{
    struct gnttab_copy copy = {
        .source.domid = DOMID_SELF, .dest.domid = DOMID_SELF, .len = PAGE_SIZE,
    };

    if (!map_grant_table()) {
        guest_error("no grant table");
        return;
    }
    copy.source.u.gmfn = mfn_of(pages + PAGE_SIZE);
    copy.dest.u.gmfn = mfn_of(pages + 2 * PAGE_SIZE);
    ROW(8, 0010, 0011, "grant copy of 4096 bytes", ROUNDS, (void)grant_op(GNTTABOP_copy, &copy, 1));
    EXPECT_EQ(copy.status, GNTST_okay);
    grants[8].domid = 0;
    grants[8].frame = (uint32_t)mfn_of(pages + PAGE_SIZE);
    grants[8].flags = GTF_permit_access;
    copy.source.u.ref = 8;
    copy.flags = GNTCOPY_source_gref;
    ROW(15, 001e, 001f, "grant copy of 4096 bytes from a grant", ROUNDS,
        (void)grant_op(GNTTABOP_copy, &copy, 1));
    EXPECT_EQ(copy.status, GNTST_okay);
}

static uint32_t domain_create(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .domain = 0 };
    long rc;

    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = 1023;
    op.u.createdomain.max_grant_frames = 64;
    op.u.createdomain.max_maptrack_frames = 1024;
    op.u.createdomain.grant_opts = 1;
    rc = domctl(&op);
    if (rc != 0) {
        guest_error("createdomain: %ld", rc);
        guest_exit();
    }
    return op.domain;
}

static void domain_destroy(uint32_t id)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_destroydomain, .domain = (domid_t)id };
    long rc = domctl(&op);

    if (rc != 0) {
        guest_error("destroydomain: %ld", rc);
    }
}

/* Wait until background work (scrubbing, freeing of dead domains) is done. */
static void settle(unsigned long milliseconds)
{
    struct sched_poll poll = { .nr_ports = 0 };

    poll.timeout = guest_now() + milliseconds * 1000000;
    (void)sched_op(SCHEDOP_poll, &poll);
    for (unsigned int i = 0; i < 4; i++) {
        poll.timeout = guest_now() + 100000000;
        (void)sched_op(SCHEDOP_poll, &poll);
    }
}

static unsigned long free_pages(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };

    if (sysctl(&op) != 0) {
        guest_error("physinfo refused");
        return 0;
    }
    return op.u.physinfo.free_pages;
}

static unsigned long all_pages(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };

    return sysctl(&op) == 0 ? op.u.physinfo.total_pages : 0;
}

/* Only the creations count: the domains live side by side and are destroyed afterwards. */
static void creations(void)
{
    static uint32_t ids[ROUNDS];
    unsigned long before, after;

    settle(2000);
    before = free_pages();
    ROW(9, 0012, 0013, "createdomain, empty PV domain", ROUNDS, ids[round] = domain_create());
    after = free_pages();
    guest_printf("bench-value bytes per empty domain: %lu\n",
                 (before - after) * PAGE_SIZE / ROUNDS);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        domain_destroy(ids[i]);
    }
}

static void set_max_memory(uint32_t id, unsigned long kib)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem, .domain = (domid_t)id };

    op.u.max_mem.max_memkb = kib;
    EXPECT_EQ(domctl(&op), 0);
}

static void populate(uint32_t id, xen_pfn_t *frames, unsigned long count, unsigned int order)
{
    struct xen_memory_reservation reservation = {
        .nr_extents = count, .extent_order = order, .domid = (domid_t)id,
    };
    long rc;

    set_xen_guest_handle(reservation.extent_start, frames);
    rc = memory_op(XENMEM_populate_physmap, &reservation);
    if (rc != (long)count) {
        guest_error("populate: %ld of %lu", rc, count);
    }
}

/* What populate() left in FRAMES goes back. */
static void decrease(uint32_t id, xen_pfn_t *frames, unsigned long count, unsigned int order)
{
    struct xen_memory_reservation reservation = {
        .nr_extents = count, .extent_order = order, .domid = (domid_t)id,
    };
    long rc;

    set_xen_guest_handle(reservation.extent_start, frames);
    rc = memory_op(XENMEM_decrease_reservation, &reservation);
    if (rc != (long)count) {
        guest_error("decrease: %ld of %lu", rc, count);
    }
}

/* ------------------------------------------------------------ a thousand domains at once */

#define THOUSAND 1000
#define SAMPLE   32      /* a page table for the heap in between must not decide */

static uint32_t thousand[THOUSAND];

/* A domain with a vCPU and a page of memory, as little as one can live on. */
static uint32_t small_domain(void)
{
    uint32_t id = domain_create();
    struct xen_domctl vcpus = { .cmd = XEN_DOMCTL_max_vcpus, .domain = (domid_t)id };
    xen_pfn_t frame = 0;

    vcpus.u.max_vcpus.max = 1;
    EXPECT_EQ(domctl(&vcpus), 0);
    set_max_memory(id, 1024);
    populate(id, &frame, 1, 0);
    return id;
}

static void create_some(unsigned int from, unsigned int to)
{
    for (unsigned int i = from; i < to; i++) {
        thousand[i] = small_domain();
    }
}

/* Does making one cost more, or does doing nothing, when there are many? */
static void many_domains(void)
{
    guest_printf("bench 17 small domain, of the first rounds %u\n", SAMPLE);
    MARKER(0022);
    create_some(0, SAMPLE);
    MARKER(0023);
    create_some(SAMPLE, THOUSAND - SAMPLE);
    guest_printf("bench 18 small domain, of the last of 1000 rounds %u\n", SAMPLE);
    MARKER(0024);
    create_some(THOUSAND - SAMPLE, THOUSAND);
    MARKER(0025);
    settle(2000);
    guest_printf("bench 19 idle for 4.4 s, 1000 domains rounds 1\n");
    MARKER(0026);
    settle(4000);
    MARKER(0027);
    for (unsigned int i = 1; i < THOUSAND; i++) {
        domain_destroy(thousand[i]);
    }
    settle(8000);
    guest_printf("bench 20 idle for 4.4 s, 1 domain rounds 1\n");
    MARKER(0028);
    settle(4000);
    MARKER(0029);
    domain_destroy(thousand[0]);
}

/* ------------------------------------------------------------ memory of domains */

#define POPULATE_PAGES 16384UL
static xen_pfn_t frames[POPULATE_PAGES];

static void fill_frames(unsigned long step)
{
    for (unsigned long i = 0; i < POPULATE_PAGES / step; i++) {
        frames[i] = i * step;
    }
}

static uint32_t roomy_domain(void)
{
    uint32_t id = domain_create();

    set_max_memory(id, POPULATE_PAGES * 4 + 1024);
    return id;
}

static void populate_singly(uint32_t id)
{
    for (unsigned long done = 0; done < POPULATE_PAGES; done += 1024) {
        populate(id, frames + done, 1024, 0);
    }
}

/* 64 MiB by 2 MiB extents: clean frames, then (nearly) all that is free is dirty. */
static void populate_large(void)
{
    uint32_t id = roomy_domain();

    fill_frames(512);
    guest_printf("bench 10 populate by 2 MiB extents, per page rounds %lu\n", POPULATE_PAGES);
    MARKER(0014);
    populate(id, frames, POPULATE_PAGES / 512, 9);
    MARKER(0015);
    guest_printf("bench 11 destroy, per page rounds %lu\n", POPULATE_PAGES);
    MARKER(0016);
    domain_destroy(id);
    MARKER(0017);
    guest_printf("bench 12 scrubbing in idle time, per page rounds %lu\n", POPULATE_PAGES);
    MARKER(0018);
    settle(4000);
    MARKER(0019);
}

static void populate_small(void)
{
    uint32_t id = roomy_domain();

    fill_frames(1);
    guest_printf("bench 13 populate by single pages, per page rounds %lu\n", POPULATE_PAGES);
    MARKER(001a);
    populate_singly(id);
    MARKER(001b);
    domain_destroy(id);
    settle(8000);
}

/* The same at a time when no free frame has been scrubbed: nearly all memory was just freed. */
static void populate_dirty(void)
{
    unsigned long hog_pages = (free_pages() - 2048) & ~511UL;
    uint32_t hog = domain_create(), id;

    set_max_memory(hog, (hog_pages + 1024) * 4);
    fill_frames(512);
    for (unsigned long done = 0; done + POPULATE_PAGES <= hog_pages; done += POPULATE_PAGES) {
        populate(hog, frames, POPULATE_PAGES / 512, 9);
    }
    id = roomy_domain();
    domain_destroy(hog);
    guest_printf("bench 16 populate by 2 MiB extents, dirty, per page rounds %lu\n",
                 POPULATE_PAGES);
    MARKER(0020);
    populate(id, frames, POPULATE_PAGES / 512, 9);
    MARKER(0021);
    guest_printf("bench 14 decrease by 2 MiB extents, per page rounds %lu\n", POPULATE_PAGES);
    MARKER(001c);
    decrease(id, frames, POPULATE_PAGES / 512, 9);
    MARKER(001d);
    domain_destroy(id);
}

void test_main(void)
{
    guest_printf("bench-value pages kept from domains: %lu\n",
                 all_pages() - free_pages() - start_info->nr_pages);
    null_calls();
    events();
    page_tables();
    exceptions();
    multicalls();
    grant_copies();
    creations();
    settle(4000);
    populate_large();
    populate_small();
    many_domains();
    populate_dirty();
}
