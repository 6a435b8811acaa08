/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: pins and references under G1 and G2, hostile entries, copies, and both deaths. */
#include <asm/frame.h>
#include <xen/domain.h>
#include <xen/gnttab.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/mapframe.h>
#include <xen/unit.h>
#include <xen/xsm.h>

#include <pthread.h>
#include <unistd.h>

#include "harness.h"

#define FRAMES 64

extern const struct unit gnttab_unit;

static struct cpu_info info;
static struct domain *dom[3];           /* 0 has the rights, 1 grants, 2 maps */
static uint8_t *ram;
static int arch_fails, shared_pages, preempt_in = -1;
static unsigned int flushes, arch_maps, allocations;
static unsigned long args[6];

struct frame *frame_table;
uint64_t max_mfn = FRAMES;
uint64_t tlb_clock;
unsigned long *frame_granules;

struct cpu_info *get_cpu_info(void) { return &info; }
void *kmalloc(size_t n) { allocations++; return malloc(n); }
void *kzalloc(size_t n) { allocations++; return calloc(1, n); }
void *kzalloc_array_(size_t s, size_t n) { allocations++; return calloc(n, s); }
static unsigned int frees;
void kfree(void *p)
{
    frees += p != NULL;
    free(p);
}
void *hv_alloc(unsigned int order)
{
    (void)order;
    return memset(aligned_alloc(PAGE_SIZE, PAGE_SIZE), 0, PAGE_SIZE);
}
/* Lines of a dump that name a grant: all, with the table locked, most without softirqs. */
static unsigned int told, told_locked, told_at_once, told_most;
void printk(const char *fmt, ...)
{
    if (strncmp(fmt, " %u: ", 5) == 0) {
        told++;
        told_locked += spin_is_locked((spinlock_t *)dom[1]->grant_table);   /* its first field */
        told_at_once++;
        told_most = told_at_once > told_most ? told_at_once : told_most;
    }
}
void process_pending_softirqs(void) { told_at_once = 0; }
mfn_t hv_virt_to_mfn(const void *p) { return _mfn((uint64_t)p >> 12); }
void domain_share_hv_page(struct domain *d, void *va, bool ro)
{
    (void)d; (void)va; (void)ro;
    shared_pages++;
}
void domain_unshare_hv_page(void *va) { free(va); shared_pages--; }
void tlb_flush_domain(struct domain *d) { (void)d; flushes++; }
void *map_frame(mfn_t m) { return ram + (mfn_x(m) << PAGE_SHIFT); }
void unmap_frame(const void *va) { (void)va; }
void domain_put(struct domain *d) { d->refs--; }
struct domain *domain_get(domid_t id)
{
    struct domain *d = id == DOMID_SELF ? info.curr_vcpu->domain : id < 3 ? dom[id] : NULL;

    if (d != NULL) {
        d->refs++;
    }
    return d;
}
int may_manage_grants(const struct domain *s, const struct domain *t)
{
    return s == t || s->is_privileged ? 0 : -EPERM;
}
int guest_read(void *dst, unsigned long va, size_t n) { memcpy(dst, (void *)va, n); return 0; }
int guest_write(unsigned long va, const void *src, size_t n)
{
    memcpy((void *)va, src, n);
    return 0;
}
void hypercall_set_arg(unsigned int i, unsigned long v) { args[i] = v; }
bool hypercall_preempt_check(void) { return preempt_in >= 0 && preempt_in-- == 0; }

/* Frames: reference counts as the real ones, a type that is writable or (frame 13) a page table. */
bool frame_get(struct frame *f, const struct domain *d)
{
    if (f->ref == 0 || frame_owner_id(f) != d->domain_id) {
        return false;
    }
    f->ref++;
    return true;
}
/* The granter looks at this status meanwhile: is it told that its frame is free, and it is not? */
static const uint16_t *watched;
static bool told_early;
static void granter_looks(uint16_t bit)
{
    told_early |= watched != NULL && !(*watched & bit);
}
void frame_put(struct frame *f)
{
    granter_looks(GTF_reading);
    f->ref--;
}
void frame_free_last(struct frame *f) { (void)f; }
static void (*on_type)(void);
int frame_get_type(struct frame *f, enum frame_type t, const struct domain *d)
{
    (void)t; (void)d;
    if (on_type != NULL) {
        on_type();
    }
    if (f == &frame_table[13]) {
        return -EBUSY;
    }
    f->type++;
    return 0;
}
void frame_put_type(struct frame *f)
{
    granter_looks(GTF_writing);
    f->type--;
}
void frame_put_and_type(struct frame *f) { f->type--; f->ref--; }

int arch_gnttab_map(uint64_t addr, mfn_t m, unsigned int flags, unsigned int avail)
{
    (void)addr; (void)m; (void)flags; (void)avail;
    arch_maps++;
    return arch_fails ? GNTST_bad_virt_addr : GNTST_okay;
}
int arch_gnttab_unmap(uint64_t addr, mfn_t m, unsigned int flags, uint64_t new_addr)
{
    (void)addr; (void)m; (void)flags; (void)new_addr;
    return arch_fails ? GNTST_general_error : GNTST_okay;
}

static unsigned int flushed;
void arch_gnttab_flush(const void *va, unsigned int bytes) { (void)va; flushed = bytes; }

static void run(unsigned int d) { info.curr_vcpu = dom[d]->vcpu[0]; }

static struct grant_entry_v1 *entries(unsigned int d)
{
    mfn_t m;

    return gnttab_frame(dom[d], 0, false, &m) == 0 ? (void *)(mfn_x(m) << 12) : NULL;
}

static void setup(void)
{
    free(ram);
    ram = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
    memset(ram, 0, FRAMES * PAGE_SIZE);
    if (frame_table == NULL) {
        frame_table = calloc(FRAMES, sizeof(*frame_table));
        frame_granules = calloc(1, 8);
        *frame_granules = 1;
    }
    for (unsigned int i = 0; i < FRAMES; i++) {
        /* 1-31 belong to domain 1, the rest to domain 2. */
        frame_table[i] = (struct frame){
            .ref = ((uint64_t)(i < 32 ? 1 : 2) << FRAME_OWNER_SHIFT) | FRAME_ALLOCATED | 1,
            /* Even ones were writable before: the short ways apply. */
            .type = i % 2 == 0 ? ((uint64_t)FT_WRITABLE << FT_SHIFT) | FTF_VALIDATED : 0,
        };
    }
    for (unsigned int i = 0; i < 3; i++) {
        dom[i] = calloc(1, sizeof(*dom[i]));
        dom[i]->domain_id = (domid_t)i;
        dom[i]->refs = 1;
        dom[i]->is_privileged = i == 0;
        dom[i]->vcpu = calloc(1, sizeof(*dom[i]->vcpu));
        dom[i]->vcpu[0] = calloc(1, sizeof(struct vcpu));
        dom[i]->vcpu[0]->domain = dom[i];
        if (gnttab_create(dom[i], 4, 2, 1) != 0) {
            abort();
        }
    }
    arch_fails = 0;
    flushes = arch_maps = 0;
    preempt_in = -1;
    run(2);
}

/* A domain's death up to its destruction; most frees at once, which take long, to *@most. */
static void die(struct domain *d, unsigned int *most)
{
    int rc;

    d->dying = DOMDYING_DYING;
    do {
        frees = 0;
        rc = gnttab_relinquish(d);
        *most = frees > *most ? frees : *most;
    } while (rc == -ERESTART);
}

/* The mapper dies first, then the others; every reference must be back. */
static bool teardown(void)
{
    bool ok = true;
    unsigned int most = 0;

    for (unsigned int i = 3; i-- > 0;) {
        die(dom[i], &most);
    }
    for (unsigned int i = 0; i < 3; i++) {
        ok &= dom[i]->refs == 1;
        gnttab_unit.domain_destroy(dom[i]);
        free(dom[i]->vcpu[0]);
        free(dom[i]->vcpu);
        free(dom[i]);
    }
    for (unsigned int i = 1; i < FRAMES; i++) {
        ok &= (uint32_t)frame_table[i].ref == 1 && (uint32_t)frame_table[i].type == 0;
    }
    return ok && shared_pages == 0;
}

static void grant(uint32_t ref, uint32_t frame, domid_t to, uint16_t extra)
{
    entries(1)[ref] = (struct grant_entry_v1){
        .flags = (uint16_t)(GTF_permit_access | extra), .domid = to, .frame = frame,
    };
}

static struct gnttab_map_grant_ref map(uint32_t ref, uint32_t flags)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = 0x1000, .flags = flags, .ref = ref, .dom = 1, .status = 99,
    };

    if (do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&op, 1) != 0) {
        op.status = 98;
    }
    return op;
}

static int unmap(grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = 0x1000, .handle = handle };

    return do_grant_table_op(GNTTABOP_unmap_grant_ref, (unsigned long)&op, 1) != 0 ? 98 : op.status;
}

TEST(a_mapping_pins_and_lets_go)
{
    struct gnttab_map_grant_ref m, r;

    setup();
    grant(8, 5, 2, 0);
    m = map(8, GNTMAP_host_map);
    CHECK_EQ(m.status, GNTST_okay);
    CHECK_EQ(m.dev_bus_addr, 5 << PAGE_SHIFT);
    CHECK_EQ((uint32_t)frame_table[5].ref, 2);
    CHECK_EQ((uint32_t)frame_table[5].type, 1);
    CHECK_EQ(entries(1)[8].flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing);
    r = map(8, GNTMAP_host_map | GNTMAP_readonly);
    CHECK_EQ(r.status, GNTST_okay);
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK_EQ(entries(1)[8].flags & (GTF_reading | GTF_writing), GTF_reading);
    CHECK_EQ(unmap(m.handle), GNTST_bad_handle);
    CHECK_EQ(unmap(r.handle), GNTST_okay);
    CHECK_EQ(entries(1)[8].flags & (GTF_reading | GTF_writing), 0);
    CHECK(flushes >= 2);
    CHECK(teardown());
}

/*
 * "A granter that had seen its grant end could not pin the page as a page table": the unmapping
 * CPU had yet to let go of its writable type.
 */
TEST(a_frame_is_let_go_before_its_granter_is_told)
{
    setup();
    grant(8, 5, 2, 0);
    watched = &entries(1)[8].flags;
    told_early = false;
    CHECK_EQ(unmap(map(8, GNTMAP_host_map).handle), GNTST_okay);
    CHECK_EQ(*watched, GTF_permit_access);
    CHECK(!told_early);
    watched = NULL;
    CHECK(teardown());
}

TEST(what_is_not_granted_is_refused)
{
    struct gnttab_map_grant_ref m;

    setup();
    grant(8, 5, 0, 0);                          /* to somebody else */
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_general_error);
    grant(9, 5, 2, GTF_readonly);
    CHECK_EQ(map(9, GNTMAP_host_map).status, GNTST_general_error);
    CHECK_EQ(map(10, GNTMAP_host_map).status, GNTST_general_error);     /* invalid entry */
    grant(11, 40, 2, 0);                        /* not the granter's frame */
    CHECK_EQ(map(11, GNTMAP_host_map).status, GNTST_bad_page);
    grant(12, 1u << 30, 2, 0);
    CHECK_EQ(map(12, GNTMAP_host_map).status, GNTST_bad_page);
    grant(13, 13, 2, 0);                        /* one of its page tables */
    CHECK_EQ(map(13, GNTMAP_host_map).status, GNTST_bad_page);
    CHECK_EQ(map(13, GNTMAP_host_map | GNTMAP_readonly).status, GNTST_okay);
    CHECK_EQ(map(~0u, GNTMAP_host_map).status, GNTST_bad_gntref);
    CHECK_EQ(map(600, GNTMAP_host_map).status, GNTST_bad_gntref);
    CHECK_EQ(map(8, 0).status, GNTST_general_error);
    m = map(8, GNTMAP_host_map | 1u << 9);      /* a flag nobody knows */
    CHECK_EQ(m.status, GNTST_general_error);
    arch_fails = 1;
    grant(14, 6, 2, 0);
    CHECK_EQ(map(14, GNTMAP_host_map).status, GNTST_bad_virt_addr);
    CHECK_EQ(entries(1)[14].flags & (GTF_reading | GTF_writing), 0);
    CHECK(teardown());
}

/* Else anybody could have a granter's table grow that grants nothing: dom0's, of all. */
TEST(what_is_refused_costs_the_granter_nothing)
{
    struct gnttab_map_grant_ref m;
    unsigned int before;

    setup();
    grant(3, 5, 2, 0);
    m = map(3, GNTMAP_host_map);                /* the mapper's handles, the granter's first use */
    CHECK_EQ(m.status, GNTST_okay);
    before = allocations;
    grant(70, 5, 0, 0);
    grant(140, 5, 2, GTF_readonly);
    CHECK_EQ(map(70, GNTMAP_host_map).status, GNTST_general_error);
    CHECK_EQ(map(140, GNTMAP_host_map).status, GNTST_general_error);
    CHECK_EQ(map(210, GNTMAP_host_map).status, GNTST_general_error);
    CHECK_EQ(allocations, before);
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK(teardown());
}

TEST(a_granter_that_changes_its_entry_hurts_nobody_else)
{
    struct gnttab_map_grant_ref m;

    setup();
    grant(8, 5, 2, 0);
    m = map(8, GNTMAP_host_map);
    CHECK_EQ(m.status, GNTST_okay);
    memset(&entries(1)[8], 0xff, sizeof(struct grant_entry_v1));
    /* the pinned frame, not the new one */
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_okay);
    CHECK_EQ((uint32_t)frame_table[5].ref, 2);
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK(teardown());                          /* the second goes with the mapper */
}

TEST(a_failing_unmap_keeps_the_handle)
{
    struct gnttab_map_grant_ref m;

    setup();
    grant(8, 5, 2, 0);
    m = map(8, GNTMAP_host_map);
    arch_fails = 1;
    CHECK_EQ(unmap(m.handle), GNTST_general_error);
    arch_fails = 0;
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK(teardown());
}

TEST(handles_grow_and_run_out)
{
    unsigned int n = 0;

    setup();
    grant(8, 5, 2, 0);
    while (map(8, GNTMAP_host_map).status == GNTST_okay) {
        n++;
    }
    CHECK_EQ(n, 1024);
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_no_space);
    CHECK(teardown());
}

TEST(copies_go_where_both_sides_allow)
{
    struct gnttab_copy op = {
        .source = { .u.ref = 8, .domid = 1, .offset = 100 },
        .dest = { .u.gmfn = 40, .domid = DOMID_SELF, .offset = 3 },
        .len = 1001, .flags = GNTCOPY_source_gref,
    };

    setup();
    grant(8, 5, 2, GTF_readonly);
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        ram[5 * PAGE_SIZE + i] = (uint8_t)(i * 7);
    }
    CHECK_EQ(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_okay);
    CHECK(memcmp(&ram[40 * PAGE_SIZE + 3], &ram[5 * PAGE_SIZE + 100], 1001) == 0);
    CHECK_EQ(ram[40 * PAGE_SIZE + 2], 0);
    CHECK_EQ(ram[40 * PAGE_SIZE + 1004], 0);
    op.len = 4000;
    CHECK_EQ(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_bad_copy_arg);
    op.len = 8;
    op.dest.u.gmfn = 5;                         /* domain 1's own */
    CHECK_EQ(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_bad_page);
    op.dest.domid = 1;
    CHECK_EQ(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_permission_denied);
    CHECK(teardown());
}

TEST(copies_among_own_frames)
{
    /* 41 was not writable before, 5 and 13 are domain 1's, the last two are no frames. */
    static const uint64_t to[] = { 40, 41, 5, 13, FRAMES, ~0UL };

    for (unsigned int i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
        struct gnttab_copy op = {
            .source = { .u.gmfn = 42, .domid = DOMID_SELF },
            .dest = { .u.gmfn = to[i], .domid = DOMID_SELF }, .len = PAGE_SIZE,
        };

        setup();
        ram[42 * PAGE_SIZE + 4095] = 9;
        CHECK_EQ(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1), 0);
        CHECK_EQ(op.status, i < 2 ? GNTST_okay : GNTST_bad_page);
        CHECK_EQ(ram[40 * PAGE_SIZE + 4095] + ram[41 * PAGE_SIZE + 4095], i < 2 ? 9 : 0);
        op.source.u.gmfn = to[i];
        op.dest.u.gmfn = 44;
        CHECK_EQ(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1), 0);
        CHECK_EQ(op.status, i < 2 ? GNTST_okay : GNTST_bad_page);
        CHECK(teardown());
    }
}

TEST(a_long_batch_goes_on_where_it_stopped)
{
    struct gnttab_copy op[40];

    setup();
    grant(8, 5, 2, 0);
    for (unsigned int i = 0; i < 40; i++) {
        op[i] = (struct gnttab_copy){
            .source = { .u.ref = 8, .domid = 1 }, .dest = { .u.gmfn = 40, .domid = DOMID_SELF },
            .len = 8, .flags = GNTCOPY_source_gref, .status = 77,
        };
    }
    preempt_in = 0;
    CHECK_EQ(do_grant_table_op(GNTTABOP_copy, (unsigned long)op, 40), -ERESTART);
    CHECK_EQ(args[1], (unsigned long)&op[16]);
    CHECK_EQ(args[2], 24);
    CHECK_EQ(op[15].status, 0);
    CHECK_EQ(op[16].status, 77);
    CHECK_EQ(do_grant_table_op(GNTTABOP_copy, args[1], (unsigned int)args[2]), 0);
    CHECK_EQ(op[39].status, 0);
    CHECK(teardown());
}

TEST(tables_are_set_up_within_their_limit)
{
    xen_pfn_t list[8];
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 3, .frame_list = { list } };
    struct gnttab_query_size q = { .dom = 1 };
    struct gnttab_set_version v = { .version = 2 };

    setup();
    CHECK_EQ(do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_okay);
    CHECK(list[0] != list[1] && list[1] != list[2]);
    op.nr_frames = 5;
    CHECK_EQ(do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_general_error);
    CHECK_EQ(do_grant_table_op(GNTTABOP_query_size, (unsigned long)&q, 1), 0);
    CHECK_EQ(q.status, GNTST_permission_denied);
    run(0);
    CHECK_EQ(do_grant_table_op(GNTTABOP_query_size, (unsigned long)&q, 1), 0);
    CHECK_EQ(q.status, GNTST_okay);
    CHECK_EQ(q.max_nr_frames, 4);
    CHECK_EQ(do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 2), -EINVAL);
    run(1);                                     /* allowed version 1 only */
    CHECK_EQ(do_grant_table_op(GNTTABOP_set_version, (unsigned long)&v, 1), -ENOSYS);
    v.version = 1;
    CHECK_EQ(do_grant_table_op(GNTTABOP_set_version, (unsigned long)&v, 1), 0);
    CHECK_EQ(do_grant_table_op(99, 0, 1), -ENOSYS);
    CHECK(teardown());
}

TEST(a_large_table_grows_in_several_calls)
{
    xen_pfn_t list[50];
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 50, .frame_list = { list } };
    unsigned int max, calls = 0;
    long rc;

    setup();
    gnttab_unit.domain_destroy(dom[2]);
    CHECK_EQ(gnttab_create(dom[2], 64, 2, 1), 0);
    while ((rc = do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 1)) == -ERESTART) {
        calls++;
    }
    CHECK_EQ(rc, 0);
    CHECK_EQ(op.status, GNTST_okay);
    CHECK_EQ(calls, 3);                         /* 1, 17, 33, 49, 50 */
    CHECK_EQ(gnttab_nr_frames(dom[2], &max), 50);
    CHECK(list[0] != 0 && list[49] != 0 && list[0] != list[49]);
    CHECK(teardown());
}

TEST(a_frame_that_is_only_lent_cannot_be_granted)
{
    setup();
    frame_table[5].ref |= FRAME_HV;             /* as its shared info, say */
    grant(8, 5, 2, 0);
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_bad_page);
    CHECK_EQ((uint32_t)frame_table[5].ref, 1);
    CHECK_EQ(entries(1)[8].flags & (GTF_reading | GTF_writing), 0);
    CHECK(teardown());
}

TEST(what_is_not_named_stays_mapped_and_pinned)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = 0 };
    struct gnttab_map_grant_ref m;

    setup();
    grant(8, 5, 2, 0);
    m = map(8, GNTMAP_host_map | GNTMAP_device_map);
    CHECK_EQ(m.status, GNTST_okay);
    u.handle = m.handle;
    for (int i = 0; i < 2; i++) {               /* nothing, then the device's part */
        CHECK_EQ(do_grant_table_op(GNTTABOP_unmap_grant_ref, (unsigned long)&u, 1), 0);
        CHECK_EQ(u.status, GNTST_okay);
        CHECK_EQ(entries(1)[8].flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing);
        CHECK_EQ((uint32_t)frame_table[5].type, 1);
        u.dev_bus_addr = m.dev_bus_addr;
    }
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK_EQ(entries(1)[8].flags & (GTF_reading | GTF_writing), 0);
    CHECK_EQ(unmap(m.handle), GNTST_bad_handle);
    CHECK(teardown());
}

TEST(transfers_are_refused_one_by_one)
{
    struct gnttab_transfer op[2] = { { .mfn = 40 }, { .mfn = 41 } };

    setup();
    CHECK_EQ(do_grant_table_op(GNTTABOP_transfer, (unsigned long)op, 2), 0);
    CHECK_EQ(op[0].status, GNTST_permission_denied);
    CHECK_EQ(op[1].status, GNTST_permission_denied);
    CHECK(teardown());
}

/* --- Version 2 -------------------------------------------------------------------------------- */

static grant_status_t *statuses(unsigned int d)
{
    mfn_t m;

    return gnttab_frame(dom[d], 0, true, &m) == 0 ? (void *)(mfn_x(m) << 12) : NULL;
}

static union grant_entry_v2 *entry2(unsigned int d, uint32_t ref)
{
    mfn_t m;

    return gnttab_frame(dom[d], ref / 256, false, &m) == 0 ?
           (union grant_entry_v2 *)(mfn_x(m) << 12) + ref % 256 : NULL;
}

static long set_version(unsigned int d, uint32_t version)
{
    struct gnttab_set_version op = { .version = version };
    long rc;

    run(d);
    rc = do_grant_table_op(GNTTABOP_set_version, (unsigned long)&op, 1);
    run(2);
    return rc;
}

static void setup2(void)
{
    setup();
    for (unsigned int i = 0; i < 3; i++) {
        gnttab_unit.domain_destroy(dom[i]);
        if (gnttab_create(dom[i], 4, 2, 2) != 0 || set_version(i, 2) != 0) {
            abort();
        }
    }
}

static void grant2(unsigned int d, uint32_t ref, uint64_t frame, domid_t to, uint16_t extra,
                   uint16_t offset, uint16_t length)
{
    *entry2(d, ref) = (union grant_entry_v2){
        .sub_page = { .hdr = { (uint16_t)(GTF_permit_access | extra), to }, .page_off = offset,
                      .length = length, .frame = frame },
    };
}

static int copy_from(domid_t domid, uint32_t ref, uint16_t offset, uint16_t len)
{
    struct gnttab_copy op = {
        .source = { .u.ref = ref, .domid = domid, .offset = offset },
        .dest = { .u.gmfn = 40, .domid = DOMID_SELF }, .len = len, .flags = GNTCOPY_source_gref,
    };

    return do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1) != 0 ? 98 : op.status;
}

TEST(version_2_keeps_its_status_apart)
{
    struct gnttab_map_grant_ref m;

    setup2();
    CHECK_EQ(entry2(1, 0) == NULL || statuses(1) == NULL, false);
    grant2(1, 8, 5, 2, 0, 0, 0);
    m = map(8, GNTMAP_host_map);
    CHECK_EQ(m.status, GNTST_okay);
    CHECK_EQ(statuses(1)[8], GTF_reading | GTF_writing);
    CHECK_EQ(entry2(1, 8)->hdr.flags, GTF_permit_access);
    memset(entry2(1, 8), 0xff, 16);             /* the granter changes its mind */
    CHECK_EQ(map(8, GNTMAP_host_map | GNTMAP_readonly).status, GNTST_okay);
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK_EQ(statuses(1)[8], GTF_reading);
    grant2(1, 9, 5, 0, 0, 0, 0);
    CHECK_EQ(map(9, GNTMAP_host_map).status, GNTST_general_error);
    grant2(1, 10, 5, 2, GTF_readonly, 0, 0);
    CHECK_EQ(map(10, GNTMAP_host_map).status, GNTST_general_error);
    grant2(1, 11, 5 | 1ULL << 40, 2, 0, 0, 0);  /* all 64 bits of the frame count */
    CHECK_EQ(map(11, GNTMAP_host_map).status, GNTST_bad_page);
    grant2(1, 12, 5, 2, GTF_transitive, 0, 0);
    CHECK_EQ(map(12, GNTMAP_host_map).status, GNTST_general_error);
    CHECK_EQ(statuses(1)[9] | statuses(1)[10] | statuses(1)[11] | statuses(1)[12], 0);
    CHECK_EQ(map(4 * 256, GNTMAP_host_map).status, GNTST_bad_gntref);
    CHECK(teardown());
}

TEST(a_part_of_a_page_is_copied_and_never_mapped)
{
    setup2();
    grant2(1, 8, 5, 2, GTF_sub_page, 100, 50);
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_general_error);
    CHECK_EQ(copy_from(1, 8, 100, 50), GNTST_okay);
    CHECK_EQ(copy_from(1, 8, 149, 1), GNTST_okay);
    CHECK_EQ(copy_from(1, 8, 99, 2), GNTST_general_error);
    CHECK_EQ(copy_from(1, 8, 149, 2), GNTST_general_error);
    grant2(1, 9, 5, 2, GTF_sub_page, 65535, 65535);     /* beyond the page: no way in */
    CHECK_EQ(copy_from(1, 9, 0, 8), GNTST_general_error);
    CHECK_EQ(copy_from(1, 9, 4000, 96), GNTST_general_error);
    grant2(1, 9, 5, 2, GTF_sub_page, 100, PAGE_SIZE);   /* to its end, and not the 100 before */
    CHECK_EQ(copy_from(1, 9, 0, 100), GNTST_general_error);
    CHECK_EQ(copy_from(1, 9, 100, PAGE_SIZE - 100), GNTST_okay);
    CHECK_EQ(statuses(1)[8] | statuses(1)[9], 0);
    CHECK(teardown());
}

static void transit(unsigned int d, uint32_t ref, domid_t to, domid_t behind, uint32_t ref2)
{
    *entry2(d, ref) = (union grant_entry_v2){
        .transitive = { .hdr = { GTF_transitive, to }, .trans_domid = behind, .gref = ref2 },
    };
}

/* 0 grants its frame to 1, which lets 2 have it; 2 copies. */
TEST(a_grant_is_passed_on_once)
{
    setup2();
    frame_table[3].ref = ((uint64_t)0 << FRAME_OWNER_SHIFT) | FRAME_ALLOCATED | 1;
    ram[3 * PAGE_SIZE] = 77;
    grant2(0, 20, 3, 1, GTF_readonly, 0, 0);
    transit(1, 8, 2, 0, 20);
    CHECK_EQ(copy_from(1, 8, 0, 16), GNTST_okay);
    CHECK_EQ(ram[40 * PAGE_SIZE], 77);
    CHECK_EQ(statuses(0)[20] | statuses(1)[8], 0);
    grant2(0, 21, 3, 2, 0, 0, 0);               /* that one is for 2, not for 1 to pass on */
    transit(1, 9, 2, 0, 21);
    CHECK_EQ(copy_from(1, 9, 0, 16), GNTST_general_error);
    transit(0, 22, 1, 2, 8);                    /* a chain of three */
    transit(1, 10, 2, 0, 22);
    CHECK_EQ(copy_from(1, 10, 0, 16), GNTST_general_error);
    transit(1, 11, 2, 1, 11);                   /* itself */
    CHECK_EQ(copy_from(1, 11, 0, 16), GNTST_general_error);
    transit(1, 12, 2, 99, 1);
    CHECK_EQ(copy_from(1, 12, 0, 16), GNTST_general_error);
    transit(1, 13, 2, DOMID_SELF, 1);
    CHECK_EQ(copy_from(1, 13, 0, 16), GNTST_general_error);
    CHECK_EQ(statuses(0)[21] | statuses(0)[22] | statuses(1)[10] | statuses(1)[11], 0);
    CHECK(teardown());
}

TEST(versions_change_while_nothing_is_in_use)
{
    struct gnttab_get_version v = { .dom = 1 };
    struct gnttab_map_grant_ref m;

    setup();
    gnttab_unit.domain_destroy(dom[1]);
    CHECK_EQ(gnttab_create(dom[1], 64, 2, 2), 0);
    grant(1, 5, 2, GTF_readonly);               /* reserved: stays, with its mapping */
    m = map(1, GNTMAP_host_map | GNTMAP_readonly);
    CHECK_EQ(m.status, GNTST_okay);
    grant(8, 6, 2, 0);
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_okay);
    CHECK_EQ(set_version(1, 2), -EBUSY);
    CHECK_EQ(unmap(1), GNTST_okay);
    CHECK_EQ(set_version(1, 3), -EINVAL);
    CHECK_EQ(set_version(1, 2), 0);
    CHECK_EQ(entry2(1, 1)->full_page.frame, 5);
    CHECK_EQ(entry2(1, 1)->hdr.flags, GTF_permit_access | GTF_readonly);
    CHECK_EQ(statuses(1)[1], GTF_reading);
    CHECK_EQ(entry2(1, 8)->hdr.flags, 0);
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK_EQ(statuses(1)[1], 0);
    run(0);
    CHECK_EQ(do_grant_table_op(GNTTABOP_get_version, (unsigned long)&v, 1), 0);
    CHECK_EQ(v.version, 2);
    run(2);
    transit(1, 2, 2, 0, 1);                     /* version 1 has no word for that */
    CHECK_EQ(set_version(1, 1), -EBUSY);
    memset(entry2(1, 2), 0, 16);
    CHECK_EQ(set_version(1, 1), 0);
    CHECK_EQ(entries(1)[1].flags, GTF_permit_access | GTF_readonly);
    CHECK_EQ(entries(1)[1].frame, 5);
    CHECK(statuses(1) == NULL);
    CHECK(teardown());
}

/*
 * "A guest that began a change of version and left it at that kept the thread in dom0 that connects
 * all guests' devices asleep, half a minute for each grant": it was told to try again.
 */
TEST(a_large_table_is_cleared_in_several_calls)
{
    mfn_t m;

    setup();
    gnttab_unit.domain_destroy(dom[1]);
    CHECK_EQ(gnttab_create(dom[1], 64, 2, 2), 0);
    CHECK_EQ(gnttab_frame(dom[1], 63, false, &m), 0);
    for (uint32_t i = 8; i < 512; i++) {
        grant(i, 5, 2, 0);
    }
    CHECK_EQ(set_version(1, 2), -ERESTART);
    grant2(1, 8, 5, 2, 0, 0, 0);
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_general_error);      /* not yet */
    CHECK_EQ(set_version(1, 1), -EBUSY);
    while (set_version(1, 2) == -ERESTART) {
    }
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_okay);
    CHECK_EQ(entry2(1, 300)->hdr.flags, 0);
    CHECK(teardown());
}

TEST(entries_are_swapped_unless_in_use)
{
    struct gnttab_swap_grant_ref op[3] = { { 8, 9, 99 }, { 8, 5000, 99 }, { 8, 8, 99 } };
    struct gnttab_cache_flush flush = { .length = 8 };

    setup();
    grant(8, 5, 2, 0);
    grant(9, 6, 0, GTF_readonly);
    run(1);
    CHECK_EQ(do_grant_table_op(GNTTABOP_swap_grant_ref, (unsigned long)op, 3), 0);
    CHECK(op[0].status == GNTST_okay && op[1].status == GNTST_bad_gntref);
    CHECK_EQ(op[2].status, GNTST_okay);
    CHECK(entries(1)[8].frame == 6 && entries(1)[9].frame == 5 && entries(1)[9].domid == 2);
    flush.op = GNTTAB_CACHE_CLEAN;
    flush.a.dev_bus_addr = 6 << PAGE_SHIFT;
    CHECK_EQ(do_grant_table_op(GNTTABOP_cache_flush, (unsigned long)&flush, 1), 0);
    CHECK_EQ(flushed, 8);
    CHECK_EQ((uint32_t)frame_table[6].ref, 1);
    flush.a.dev_bus_addr = 40 << PAGE_SHIFT;    /* domain 2's */
    CHECK_EQ(do_grant_table_op(GNTTABOP_cache_flush, (unsigned long)&flush, 1), -EPERM);
    flush.offset = PAGE_SIZE - 7;
    CHECK_EQ(do_grant_table_op(GNTTABOP_cache_flush, (unsigned long)&flush, 1), -EINVAL);
    run(2);
    CHECK_EQ(map(9, GNTMAP_host_map).status, GNTST_okay);
    run(1);
    CHECK_EQ(do_grant_table_op(GNTTABOP_swap_grant_ref, (unsigned long)op, 1), 0);
    CHECK_EQ(op[0].status, GNTST_eagain);
    CHECK_EQ(entries(1)[9].frame, 5);
    run(2);
    CHECK(teardown());
}

TEST(status_frames_are_told)
{
    uint64_t list[2] = { 0, 0 };
    struct gnttab_get_status_frames op = { .dom = DOMID_SELF, .nr_frames = 1,
                                           .frame_list = { list } };

    setup2();
    CHECK_EQ(do_grant_table_op(GNTTABOP_get_status_frames, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_okay);
    CHECK(list[0] == (unsigned long)statuses(2) >> 12 && list[1] == 0);
    op.nr_frames = 2;                           /* 4 frames have one */
    CHECK_EQ(do_grant_table_op(GNTTABOP_get_status_frames, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_general_error);
    CHECK_EQ(set_version(2, 1), 0);
    op.nr_frames = 1;
    CHECK_EQ(do_grant_table_op(GNTTABOP_get_status_frames, (unsigned long)&op, 1), 0);
    CHECK_EQ(op.status, GNTST_general_error);
    CHECK(teardown());
}

TEST(a_dying_granter_grants_nothing_new)
{
    setup();
    grant(8, 5, 2, 0);
    dom[1]->dying = DOMDYING_DYING;
    CHECK_EQ(map(8, GNTMAP_host_map).status, GNTST_bad_domain);
    CHECK(teardown());
}

/*
 * "A guest that had once mapped half a million grants kept a CPU from other work while it was
 * destroyed."
 */
TEST(large_tables_go_by_and_by)
{
    unsigned int most = 0;
    mfn_t m;

    setup();
    for (unsigned int i = 1; i < 3; i++) {
        gnttab_unit.domain_destroy(dom[i]);
        CHECK_EQ(gnttab_create(dom[i], 64, 200, 1), 0);
    }
    for (unsigned int ref = 0; ref < 64 * 512; ref++) {
        struct grant_entry_v1 *e;

        CHECK_EQ(gnttab_frame(dom[1], ref / 512, false, &m), 0);
        e = (struct grant_entry_v1 *)(mfn_x(m) << 12) + ref % 512;
        *e = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = 2, .frame = 5 };
        for (unsigned int i = 0; i < 3; i++) {
            CHECK_EQ(map(ref, GNTMAP_host_map).status, GNTST_okay);
        }
    }
    die(dom[1], &most);                 /* the granter first: what is in use stays */
    CHECK_EQ(most, 0);
    die(dom[2], &most);
    CHECK(most >= 16 && most <= 64);
    for (unsigned int i = 1; i < 3; i++) {
        frees = 0;
        gnttab_unit.domain_destroy(dom[i]);
        CHECK(frees < 16);
        CHECK_EQ(gnttab_create(dom[i], 4, 2, 1), 0);
    }
    CHECK(teardown());
}

/* The same of a granter whose mappers have let go before. */
TEST(a_large_granter_goes_by_and_by)
{
    unsigned int most = 0;
    mfn_t m;

    setup();
    gnttab_unit.domain_destroy(dom[1]);
    CHECK_EQ(gnttab_create(dom[1], 64, 2, 1), 0);
    for (unsigned int ref = 0; ref < 64 * 512; ref += 64) {
        struct grant_entry_v1 *e;

        CHECK_EQ(gnttab_frame(dom[1], ref / 512, false, &m), 0);
        e = (struct grant_entry_v1 *)(mfn_x(m) << 12) + ref % 512;
        *e = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = 2, .frame = 5 };
        if (ref == 640) {
            CHECK_EQ(map(ref, GNTMAP_host_map).status, GNTST_okay);
        } else {
            CHECK_EQ(unmap(map(ref, GNTMAP_host_map).handle), GNTST_okay);
        }
    }
    die(dom[1], &most);
    CHECK(most >= 16 && most <= 64);
    die(dom[2], &most);                 /* what it had in use still */
    CHECK_EQ(frame_table[5].ref & FRAME_REF_MASK, 1);
    frees = 0;
    gnttab_unit.domain_destroy(dom[1]);
    CHECK(frees < 16);
    CHECK_EQ(gnttab_create(dom[1], 4, 2, 1), 0);
    CHECK(teardown());
}

/*
 * "A guest that has 30,000 pages granted and mapped, and the key g: for minutes who mapped or
 * unmapped one of its grants waited, and that CPU ran no timers."
 */
TEST(a_dump_of_many_grants_keeps_nobody_waiting)
{
    grant_handle_t handle[40];

    setup();
    for (uint32_t i = 0; i < 40; i++) {
        struct gnttab_map_grant_ref m;

        grant(100 + i, 5, 2, 0);
        m = map(100 + i, GNTMAP_host_map);
        CHECK_EQ(m.status, GNTST_okay);
        handle[i] = m.handle;
    }
    told = told_locked = told_at_once = told_most = 0;
    gnttab_unit.dump(dom[1]);
    CHECK_EQ(told, 40);
    CHECK_EQ(told_locked, 0);
    CHECK(told_most <= 16);
    for (unsigned int i = 0; i < 40; i++) {
        CHECK_EQ(unmap(handle[i]), GNTST_okay);
    }
    CHECK(teardown());
}

/* Another CPU kills the granter, up to the walk over its frames. */
static int walking;
static void *kill_granter(void *unused)
{
    (void)unused;
    WRITE_ONCE(dom[1]->dying, DOMDYING_DYING);
    if (gnttab_unit.domain_relinquish != NULL) {
        (void)gnttab_unit.domain_relinquish(dom[1]);
    }
    WRITE_ONCE(walking, 1);
    return NULL;
}

static pthread_t killer;
static int walked_under_pin;
static void granter_dies(void)
{
    if (pthread_create(&killer, NULL, kill_granter, NULL) != 0) {
        abort();
    }
    for (unsigned int i = 0; i < 50 && !READ_ONCE(walking); i++) {
        usleep(1000);
    }
    walked_under_pin = READ_ONCE(walking);
}

/*
 * "A grant of a page that had been a half-validated table was pinned while its granter was killed:
 * the pin went on with that table behind the walk, was interrupted, and the domain stayed."
 */
TEST(a_pin_under_way_ends_before_the_granters_frames_are_walked)
{
    struct gnttab_map_grant_ref m;

    setup();
    grant(8, 5, 2, 0);
    walking = 0;
    on_type = granter_dies;
    m = map(8, GNTMAP_host_map);
    on_type = NULL;
    CHECK_EQ(pthread_join(killer, NULL), 0);
    CHECK_EQ(m.status, GNTST_okay);
    CHECK(walking);
    CHECK(!walked_under_pin);
    CHECK_EQ(unmap(m.handle), GNTST_okay);
    CHECK(teardown());
}

TEST_MAIN
