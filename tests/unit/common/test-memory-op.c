/* SPDX-License-Identifier: GPL-2.0-only */
/* Reservations and exchange: what they do to memory, and how long without a look for other work. */
#include <asm/e820.h>
#include <asm/frame.h>
#include <xen/domain.h>
#include <xen/gnttab.h>
#include <xen/guest-access.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/mapframe.h>
#include <xen/unit.h>
#include <xen/xsm.h>

#include <public/memory.h>

#include "harness.h"

#define FRAMES  4096
#define LOW     512
#define ALL     (FRAMES - LOW)
#define MOST    128             /* frames dealt with between two looks: two batches */

extern const struct unit exchange_unit;

struct frame *frame_table;
uint64_t max_mfn = FRAMES;
uint64_t tlb_clock;
unsigned long *frame_granules, *m2p_rw_table;
struct e820entry host_e820[E820_MAX];
unsigned int host_e820_nr;

static struct cpu_info info;
static struct domain dom;
static struct vcpu vcpu, *vcpus[1] = { &vcpu };
static unsigned long args[6], fail_read = ~0UL, fail_write = ~0UL;
static uint64_t work, looked_at, most;  /* frames cleared or freed: all, at the last look, most */
static bool preempt;
static unsigned int flushes, fail_kmalloc;

struct cpu_info *get_cpu_info(void) { return &info; }
void clear_frame(mfn_t m) { (void)m; work++; }
void clear_frames(mfn_t m, unsigned long nr) { (void)m; work += nr; }
void *kmalloc(size_t n) { return fail_kmalloc != 0 && --fail_kmalloc == 0 ? NULL : malloc(n); }
/* A domain gets frames, for which counters are made: set if the M2P says of one that it is this. */
static unsigned long watched_pfn, watched_at;
void *kzalloc(size_t n)
{
    for (unsigned long m = LOW; watched_pfn != 0 && m < FRAMES; m++) {
        watched_at = m2p_rw_table[m] == watched_pfn ? m : watched_at;
    }
    return calloc(1, n);
}
void *kzalloc_array_(size_t s, size_t n) { return calloc(s, n); }
void kfree(void *p) { free(p); }
void hv_free(void *va, unsigned int order) { (void)va; (void)order; }
void *hv_mfn_to_virt(mfn_t m) { (void)m; return NULL; }
mfn_t hv_virt_to_mfn(const void *va) { (void)va; return _mfn(1); }
static void (*at_flush)(void);          /* by another vcpu, while this one waits for CPUs */
void tlb_flush_everywhere(void)
{
    flushes++;
    if (at_flush != NULL) {
        at_flush();
    }
}
void tlb_flush_since(uint64_t clock) { (void)clock; }
void tlb_flush_stamp(uint64_t word) { (void)word; }
int pt_validate(struct frame *f, enum frame_type t, const struct domain *d)
{
    (void)f; (void)t; (void)d;
    return -EINVAL;
}
int pt_invalidate(struct frame *f, enum frame_type t) { (void)f; (void)t; return 0; }
void m2p_set(mfn_t m, unsigned long pfn) { m2p_rw_table[mfn_x(m)] = pfn; }
struct domain *domain_lookup(domid_t id) { return id == dom.domain_id ? &dom : NULL; }
struct domain *domain_get(domid_t id)
{
    dom.refs += id == DOMID_SELF;
    return id == DOMID_SELF ? &dom : NULL;
}
void domain_put(struct domain *d) { d->refs--; }
int may_manage_memory(const struct domain *s, const struct domain *t)
{
    return s == t ? 0 : -EPERM;
}
int may_control_host(const struct domain *s) { (void)s; return -EPERM; }
int may_control_domain(const struct domain *s, const struct domain *t)
{
    (void)s; (void)t;
    return -EPERM;
}
int gnttab_frame(struct domain *d, unsigned int i, bool status, mfn_t *m)
{
    (void)d; (void)i; (void)status; (void)m;
    return -EINVAL;
}
unsigned int gnttab_nr_frames(struct domain *d, unsigned int *m) { (void)d; *m = 0; return 0; }
static void (*at_read)(unsigned long va);       /* by another vcpu, meanwhile */
int guest_read(void *dst, unsigned long va, size_t n)
{
    if (at_read != NULL) {
        at_read(va);
    }
    if (va <= fail_read && fail_read < va + n) {
        return -EFAULT;
    }
    memcpy(dst, (const void *)va, n);
    return 0;
}
int guest_write(unsigned long va, const void *src, size_t n)
{
    if (va <= fail_write && fail_write < va + n) {
        return -EFAULT;
    }
    memcpy((void *)va, src, n);
    return 0;
}
void hypercall_set_arg(unsigned int i, unsigned long v) { args[i] = v; }

static uint64_t done_so_far(void)
{
    return work + heap_free_pages();
}

static void look(void)
{
    uint64_t now = done_so_far();

    most = max(most, now > looked_at ? now - looked_at : 0);
    looked_at = now;
}

bool hypercall_preempt_check(void)
{
    look();
    return preempt;
}

static void reset(void)
{
    if (frame_table == NULL) {
        frame_table = calloc(FRAMES, sizeof(*frame_table));
        m2p_rw_table = calloc(FRAMES, sizeof(*m2p_rw_table));
        frame_granules = calloc(1, sizeof(*frame_granules));
        *frame_granules = (1UL << (FRAMES / 256)) - 1;
        boot_heap_add((uint64_t)LOW << PAGE_SHIFT, (uint64_t)FRAMES << PAGE_SHIFT);
    }
    dom = (struct domain){ .domain_id = 3, .refs = 1, .max_pages = 2048, .max_vcpus = 1,
                           .vcpu = vcpus };
    vcpu.domain = &dom;
    vcpu.exchanged = NULL;
    info.curr_vcpu = &vcpu;
    preempt = false;
    fail_read = fail_write = ~0UL;
    fail_kmalloc = 0;
    at_flush = NULL;
    at_read = NULL;
    watched_pfn = watched_at = 0;
}

/* All memory of the domain goes; nothing may be missing then. */
static void all_is_back(void)
{
    mfn_t m = _mfn(0);

    CHECK_EQ(exchange_unit.domain_relinquish(&dom), 0);
    CHECK(vcpu.exchanged == NULL);
    while (domain_next_frame(&dom, &m, &(unsigned int){ FRAMES })) {
        CHECK(frame_release(mfn_to_frame(m)));
    }
    CHECK_EQ(dom.tot_pages, 0);
    CHECK_EQ(dom.refs, 1);
    domain_free_chunks(&dom);
    CHECK(heap_check());
    CHECK_EQ(heap_free_pages(), ALL);
}

/* The call as a guest makes it, taken up again each time; *@restarts counts that. */
static long call(unsigned int op, void *arg, unsigned int *restarts)
{
    long rc;

    args[0] = op;
    *restarts = 0;
    most = 0;
    looked_at = done_so_far();
    while ((rc = do_memory_op(args[0], (unsigned long)arg)) == -ERESTART) {
        look();
        if (++*restarts == 10000) {
            return -ERESTART;
        }
    }
    look();
    return rc;
}

static long reserve(unsigned int op, xen_pfn_t *list, unsigned long nr, unsigned int order,
                    unsigned int *restarts)
{
    struct xen_memory_reservation r = {
        .nr_extents = nr, .extent_order = order, .domid = DOMID_SELF,
    };

    r.extent_start.p = list;
    return call(op, &r, restarts);
}

static void take_order(xen_pfn_t *list, unsigned long nr, unsigned int order)
{
    unsigned int n;

    for (unsigned long i = 0; i < nr; i++) {
        list[i] = 0x1000 + (i << order);
    }
    CHECK_EQ(reserve(XENMEM_populate_physmap, list, nr, order, &n), (long)nr);
}

/* "A decrease of a 2 MiB extent runs 150,000 instructions without a look for other work." */
TEST(a_large_decrease_looks_for_other_work)
{
    xen_pfn_t list[3];
    unsigned int n;

    for (int p = 0; p < 2; p++) {
        reset();
        take_order(list, 3, 9);
        CHECK_EQ(dom.tot_pages, 1536);
        preempt = p;
        CHECK_EQ(reserve(XENMEM_decrease_reservation, list, 3, 9, &n), 3);
        CHECK(most <= MOST);
        CHECK(p == 0 ? n == 0 : n >= 20);
        CHECK_EQ(dom.tot_pages, 0);
        all_is_back();
    }
}

TEST(a_decrease_ends_at_the_first_bad_frame)
{
    xen_pfn_t list[2];
    unsigned int n;

    reset();
    take_order(list, 2, 9);
    CHECK(frame_get(&frame_table[list[1] + 300], &dom));
    CHECK(frame_release(&frame_table[list[1] + 300]));
    list[1] += 300;
    preempt = true;
    CHECK_EQ(reserve(XENMEM_decrease_reservation, list, 2, 9, &n), 1);
    CHECK_EQ(reserve(XENMEM_decrease_reservation, list, 2, 10, &n), 0);
    list[1] -= 300;
    frame_put(&frame_table[list[1] + 300]);
    all_is_back();
}

/* Where it went on is the guest's to change: nothing comes of it but an answer. */
TEST(a_hostile_cursor_is_bounded)
{
    struct xen_memory_reservation r = { .nr_extents = 2, .domid = DOMID_SELF };
    xen_pfn_t list[2];

    reset();
    take_order(list, 2, 9);
    r.extent_start.p = list;
    for (unsigned int order = 0; order < 20; order++) {
        for (unsigned int bit = 6; bit < 64; bit++) {
            r.extent_order = order;
            r.nr_extents = bit % 3;
            (void)do_memory_op(XENMEM_decrease_reservation | 1UL << bit, (unsigned long)&r);
            (void)do_memory_op(XENMEM_decrease_reservation | ~0UL << bit, (unsigned long)&r);
        }
    }
    all_is_back();
}

/* What is dirty is cleared before it is taken, piece by piece. */
TEST(a_large_populate_looks_for_other_work)
{
    xen_pfn_t list[3] = { 0, 512, 1024 };
    unsigned int n;

    reset();
    take_order(list, 3, 9);
    all_is_back();
    reset();
    preempt = true;
    CHECK(heap_dirty_pages() >= 1536);
    CHECK_EQ(reserve(XENMEM_populate_physmap, list, 3, 9, &n), 3);
    CHECK(most <= MOST);
    CHECK(n > 3);
    CHECK_EQ(dom.tot_pages, 1536);
    all_is_back();
}

static long exchange(xen_pfn_t *in, unsigned int in_order, xen_pfn_t *out,
                     unsigned int out_order, unsigned long pages, unsigned int *restarts)
{
    struct xen_memory_exchange x = {
        .in = { .nr_extents = pages >> in_order, .extent_order = in_order, .domid = DOMID_SELF },
        .out = { .nr_extents = pages >> out_order, .extent_order = out_order, .domid = DOMID_SELF },
    };
    long rc;

    x.in.extent_start.p = in;
    x.out.extent_start.p = out;
    rc = call(XENMEM_exchange, &x, restarts);
    EXPECT(rc != 0 || x.nr_exchanged == x.in.nr_extents);
    return rc;
}

/* The same for an exchange, both ways, and each frame belongs to the domain at the end. */
TEST(a_large_exchange_looks_for_other_work)
{
    static xen_pfn_t in[1024], out[1024];
    unsigned int n;

    for (int p = 0; p < 2; p++) {
        reset();
        take_order(in, 1024, 0);
        dom.max_pages = 1024;           /* full: what comes in is for what goes out */
        out[0] = 0x5000;
        out[1] = 0x6000;
        preempt = p;
        CHECK_EQ(exchange(in, 0, out, 9, 1024, &n), 0);
        CHECK(most <= MOST);
        CHECK(p == 0 ? n == 0 : n >= 14);
        CHECK_EQ(dom.tot_pages, 1024);
        CHECK(IS_ALIGNED(out[0], 512) && IS_ALIGNED(out[1], 512));
        CHECK_EQ(m2p_rw_table[out[1] + 7], 0x6007);
        for (unsigned int i = 0; i < 1024; i++) {
            in[i] = 0x7000 + i;
        }
        CHECK_EQ(exchange(out, 9, in, 0, 1024, &n), 0);
        CHECK(most <= MOST);
        for (unsigned int i = 0; i < 1024; i++) {
            CHECK_EQ(m2p_rw_table[in[i]], 0x7000 + i);
            CHECK(frame_get(&frame_table[in[i]], &dom));
            frame_put(&frame_table[in[i]]);
        }
        all_is_back();
    }
}

/* All orders with each other; a frame named twice, one in use, one of nobody: nothing changes. */
TEST(exchanges_are_whole_or_nothing)
{
    static xen_pfn_t in[512], out[512], was[512];
    unsigned int n;

    for (unsigned int a = 0; a < 10; a++) {
        for (unsigned int b = 0; b < 10; b++) {
            for (unsigned int bad = 0; bad < 4; bad++) {
                unsigned long k = (512UL >> a) - 1;
                uint64_t mfn;
                long rc;

                reset();
                take_order(in, 512UL >> a, a);
                memcpy(was, in, sizeof(was));
                for (unsigned long i = 0; i < 512UL >> b; i++) {
                    out[i] = 0x9000 + (i << b);
                }
                mfn = in[k];
                in[k] = bad == 1 ? in[0] + (k == 0) : bad == 2 ? 3 : in[k];
                CHECK(bad != 3 || frame_get(&frame_table[mfn], &dom));
                preempt = b & 1;
                rc = exchange(in, a, out, b, 512, &n);
                CHECK_EQ(dom.tot_pages, 512);
                /* What one unit gave away can be what a later one got. */
                CHECK(bad == 0 ? rc == 0 : rc == -EINVAL || (bad == 1 && max(a, b) < 9));
                if (bad == 3) {
                    frame_put(&frame_table[mfn]);
                }
                all_is_back();
            }
        }
    }
}

/* Not told, not read, no memory: the domain has what it has, and nothing is lost. */
TEST(an_exchange_that_fails_leaks_nothing)
{
    static xen_pfn_t in[512], out[512];
    unsigned int n;

    for (unsigned int what = 0; what < 4; what++) {
        for (unsigned int b = 0; b < 10; b += 3) {
            reset();
            take_order(in, 512, 0);
            preempt = what & 1;
            fail_write = what == 0 ? (unsigned long)out : ~0UL;
            fail_read = what == 1 ? (unsigned long)out : what == 2 ? (unsigned long)&in[511] : ~0UL;
            fail_kmalloc = what == 3;
            CHECK_EQ(exchange(in, 0, out, b, 512, &n), what == 3 ? -ENOMEM : -EFAULT);
            CHECK(vcpu.exchanged == NULL);
            fail_write = fail_read = ~0UL;
            all_is_back();
        }
    }
}

/* Whose vcpu never comes back for the rest: that goes with its domain. */
TEST(an_abandoned_exchange_ends_with_its_domain)
{
    static xen_pfn_t in[512], out[1] = { 0 };
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 512, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .extent_order = 9, .domid = DOMID_SELF },
    };

    reset();
    take_order(in, 512, 0);
    x.in.extent_start.p = in;
    x.out.extent_start.p = out;
    while (heap_scrub_some()) {
    }
    preempt = true;
    CHECK_EQ(do_memory_op(XENMEM_exchange, (unsigned long)&x), -ERESTART);
    CHECK(vcpu.exchanged != NULL);
    CHECK_EQ(dom.tot_pages, 512);
    CHECK_EQ(exchange_unit.domain_relinquish(&dom), -ERESTART);
    preempt = false;
    all_is_back();
}

static void take_all_there_may_be(void)
{
    while (!mfn_eq(domain_alloc_frames(&dom, 0, 0), INVALID_MFN)) {
    }
}

/*
 * "While one vcpu has frames out for exchange, another one populates in their place: the domain has
 * more than its limit afterwards."
 */
TEST(what_is_out_for_exchange_counts_against_the_limit)
{
    static xen_pfn_t in[512], out[512];
    unsigned int n;

    for (unsigned int order = 0; order < 10; order += 9) {
        reset();
        take_order(in, 512, 0);
        dom.max_pages = 512;
        at_flush = take_all_there_may_be;
        CHECK_EQ(exchange(in, 0, out, order, 512, &n), 0);
        CHECK_EQ(dom.tot_pages, 512);
        all_is_back();
    }
}

/*
 * "Another vcpu gives a new frame back before the M2P was told of it, and that then says of a frame
 * of the next domain what the first one wanted."
 */
TEST(the_m2p_knows_a_frame_before_its_domain_has_it)
{
    static xen_pfn_t list[64];
    unsigned int n;

    for (unsigned int order = 0; order < 10; order += 3) {
        reset();
        for (unsigned int i = 0; i < 64; i++) {
            list[i] = 0xa000 + i;
        }
        watched_pfn = 0xa000;
        CHECK_EQ(reserve(XENMEM_populate_physmap, list, order == 0 ? 64 : 1, order, &n),
                 order == 0 ? 64 : 1);
        CHECK(watched_at != 0 && watched_at == list[0]);
        watched_pfn = 0;
        all_is_back();
    }
}

static void forget_counters(void)
{
    domain_free_chunks(&dom);           /* all its frames are out: they are made again */
    watched_pfn = 0xb000;
}

TEST(the_m2p_knows_an_exchanged_frame_before_its_domain_has_it)
{
    static xen_pfn_t in[512], out[1];
    unsigned int n;

    reset();
    take_order(in, 512, 0);
    out[0] = 0xb000;
    at_flush = forget_counters;
    CHECK_EQ(exchange(in, 0, out, 9, 512, &n), 0);
    CHECK(watched_at != 0 && watched_at == out[0]);
    watched_pfn = 0;
    all_is_back();
}

static xen_pfn_t large[1], small[512];

/* When the second half of the list is read, frame 300 goes, and is somebody's at once. */
static void give_one_back(unsigned long va)
{
    if (va == (unsigned long)&small[256]) {
        CHECK(frame_release(&frame_table[large[0] + 300]));
        m2p_rw_table[large[0] + 300] = 0x1234;
    }
}

/* "A frame given back while its extent was split got the M2P entry that its last owner wanted." */
TEST(a_split_leaves_alone_what_was_given_back)
{
    unsigned int n;

    reset();
    take_order(large, 1, 9);
    for (unsigned int i = 0; i < 512; i++) {
        small[i] = 0xc000 + i;
    }
    at_read = give_one_back;
    CHECK_EQ(exchange(large, 9, small, 0, 512, &n), -EINVAL);
    CHECK_EQ(m2p_rw_table[large[0] + 300], 0x1234);
    CHECK_EQ(m2p_rw_table[large[0] + 299], 0xc000 + 299);
    CHECK_EQ(dom.tot_pages, 511);
    all_is_back();
}

/*
 * "An exchange for a domain that was being killed was refused for its last frame: the others came
 * back behind the walk over the frames, and the domain stayed."
 */
TEST(frames_that_come_back_to_a_dying_domain_go)
{
    xen_pfn_t list[4];
    uint32_t mfns[4];

    reset();
    take_order(list, 4, 0);
    for (unsigned int i = 0; i < 4; i++) {
        mfns[i] = (uint32_t)list[i % 3];        /* the last is the first again */
    }
    CHECK_EQ(domain_steal_frames(&dom, mfns, 4), -EINVAL);
    CHECK_EQ(dom.tot_pages, 4);
    dom.dying = DOMDYING_DYING;
    CHECK_EQ(domain_steal_frames(&dom, mfns, 4), -EINVAL);
    for (unsigned int i = 0; i < 3; i++) {
        CHECK(!frame_is_plain(&frame_table[mfns[i]], &dom));
    }
    dom.dying = DOMDYING_ALIVE;
    all_is_back();
}

TEST_MAIN
