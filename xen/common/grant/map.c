/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_map_grant_ref, unmap_grant_ref, unmap_and_replace, and the handles they use. */
#include "private.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>

#include <asm/mm.h>

#define BATCH 32                /* one TLB flush for as many unmaps */

#define KNOWN_FLAGS (GNTMAP_device_map | GNTMAP_host_map | GNTMAP_readonly |                \
                     GNTMAP_application_map | GNTMAP_contains_pte | GNTMAP_guest_avail_mask)

/* --- Handles --------------------------------------------------------------------------- */

/* Pages are only added, and a page is there before nr_pages counts it: no lock is needed. */
static struct maptrack *track_entry(const struct grant_table *gt, uint32_t handle)
{
    uint32_t nr = READ_ONCE(gt->nr_pages) * MAPTRACK_PER_PAGE;

    if (handle >= nr) {
        return NULL;
    }
    handle = (uint32_t)array_index_nospec(handle, nr);
    return &gt->maptrack[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
}

/* One more page of handles; maptrack_lock held.  False: limit or no memory. */
static bool track_grow(struct grant_table *gt)
{
    uint32_t first = gt->nr_pages * MAPTRACK_PER_PAGE;
    struct maptrack *page;

    if (gt->nr_pages == gt->max_pages) {
        return false;
    }
    if (gt->maptrack == NULL) {
        gt->maptrack = kzalloc_array(struct maptrack *, gt->max_pages);
    }
    page = gt->maptrack == NULL ? NULL : kzalloc(PAGE_SIZE);
    if (page == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < MAPTRACK_PER_PAGE; i++) {
        page[i].ref = i + 1 < MAPTRACK_PER_PAGE ? first + i + 1 : gt->free_handle;
    }
    gt->maptrack[gt->nr_pages] = page;
    smp_wmb();
    WRITE_ONCE(gt->nr_pages, gt->nr_pages + 1);
    gt->free_handle = first;
    return true;
}

static uint32_t track_take(struct grant_table *gt)
{
    uint32_t handle = NO_HANDLE;

    spin_lock(&gt->maptrack_lock);
    if (gt->free_handle != NO_HANDLE || track_grow(gt)) {
        handle = gt->free_handle;
        gt->free_handle = track_entry(gt, handle)->ref;
    }
    spin_unlock(&gt->maptrack_lock);
    return handle;
}

/* A mapping and its handle's word, which is changed at once. */
union track_word {
    struct maptrack t;
    uint64_t word;
};

/* By who took or claimed the handle; others see it in use from here on. */
static void track_set(struct grant_table *gt, uint32_t handle, struct maptrack t)
{
    union track_word new = { .t = t };

    smp_wmb();
    WRITE_ONCE(*(uint64_t *)track_entry(gt, handle), new.word);
}

static void track_free(struct grant_table *gt, uint32_t handle)
{
    spin_lock(&gt->maptrack_lock);
    track_set(gt, handle, (struct maptrack){ .ref = gt->free_handle });
    gt->free_handle = handle;
    spin_unlock(&gt->maptrack_lock);
}

/*
 * Take @handle out of use for its unmapping: nobody else can then unmap it too.  flags 0: not in
 * use.
 */
static struct maptrack track_claim(struct grant_table *gt, uint32_t handle)
{
    uint64_t *at = (uint64_t *)track_entry(gt, handle);
    union track_word old = { .word = 0 }, new;

    if (at == NULL) {
        return old.t;
    }
    old.word = READ_ONCE(*at);
    do {
        if (old.t.flags == 0) {
            break;
        }
        new = old;
        new.t.flags = 0;
    } while (!try_cmpxchg(at, &old.word, new.word));
    return old.t;
}

/* --- Mapping ------------------------------------------------------------------------------- */

static bool writes(unsigned int flags)
{
    return !(flags & GNTMAP_readonly);
}

static int map_pinned(struct gnttab_map_grant_ref *op, struct domain *rd, mfn_t mfn,
                      uint32_t handle)
{
    unsigned int avail = op->flags >> _GNTMAP_guest_avail0;
    int rc = GNTST_okay;

    if (op->flags & GNTMAP_host_map) {
        rc = arch_gnttab_map(op->host_addr, mfn, op->flags, avail);
    }
    if (rc == GNTST_okay) {
        track_set(currd->grant_table, handle,
                  (struct maptrack){ .ref = op->ref, .domid = rd->domain_id,
                                     .flags = (uint16_t)(op->flags & 0xff) });
        op->handle = handle;
        op->dev_bus_addr = mfn_x(mfn) << PAGE_SHIFT;
    }
    return rc;
}

static int map_one(struct gnttab_map_grant_ref *op)
{
    struct domain *rd;
    struct grant g;
    uint32_t handle;
    int rc;

    if (!(op->flags & (GNTMAP_device_map | GNTMAP_host_map)) || (op->flags & ~KNOWN_FLAGS)) {
        return GNTST_general_error;
    }
    rd = domain_get(op->dom);
    if (rd == NULL) {
        return GNTST_bad_domain;
    }
    handle = track_take(currd->grant_table);
    if (handle == NO_HANDLE) {
        domain_put(rd);
        return GNTST_no_space;
    }
    rc = grant_pin(rd, op->ref, currd->domain_id, writes(op->flags), false, &g);
    if (rc == GNTST_okay) {
        rc = map_pinned(op, rd, g.mfn, handle);
        if (rc != GNTST_okay) {
            grant_unpin(rd, op->ref, writes(op->flags));
        }
    }
    if (rc != GNTST_okay) {
        track_free(currd->grant_table, handle);
    }
    domain_put(rd);
    return rc;
}

long gnttab_map_batch(unsigned long arg, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        struct gnttab_map_grant_ref op;

        if (i != 0 && i % 16 == 0 && hypercall_preempt_check()) {
            hypercall_set_arg(1, arg);
            hypercall_set_arg(2, count - i);
            return -ERESTART;
        }
        if (guest_read(&op, arg, sizeof(op)) != 0) {
            return -EFAULT;
        }
        op.status = (int16_t)map_one(&op);
        if (guest_write(arg, &op, sizeof(op)) != 0) {
            return -EFAULT;
        }
        arg += sizeof(op);
    }
    return 0;
}

/* --- Unmapping -------------------------------------------------------------------------------- */

/* What is left to do after the TLB flush. */
struct unmapped {
    struct domain *rd;          /* with a reference; NULL: nothing, the handle stays */
    uint32_t ref, handle;
    bool write;
};

/* The ABI's rule: a mapping whose address is given as 0 is not touched, and stays. */
static int unmap_one(uint64_t host_addr, uint64_t new_addr, uint64_t bus_addr, uint32_t handle,
                     struct unmapped *u)
{
    struct grant_table *gt = currd->grant_table;
    struct maptrack t = track_claim(gt, handle);
    int rc = GNTST_okay;
    mfn_t mfn;

    if (t.flags == 0) {
        return GNTST_bad_handle;
    }
    u->rd = domain_get(t.domid);
    BUG_ON(u->rd == NULL);              /* G3: its frame is pinned, so it is still there */
    mfn = grant_frame(u->rd, t.ref);
    if (bus_addr != 0 && bus_addr != mfn_x(mfn) << PAGE_SHIFT) {
        rc = GNTST_bad_dev_addr;
    } else if (host_addr != 0 && (t.flags & GNTMAP_host_map)) {
        rc = arch_gnttab_unmap(host_addr, mfn, t.flags, new_addr);
    }
    if (rc == GNTST_okay) {
        t.flags &= (uint16_t)~((host_addr != 0 ? GNTMAP_host_map : 0) |
                               (bus_addr != 0 ? GNTMAP_device_map : 0));
    }
    if (t.flags & (GNTMAP_host_map | GNTMAP_device_map)) {
        track_set(gt, handle, t);       /* an error, or not all of it was named */
        domain_put(u->rd);
        u->rd = NULL;
        return rc;
    }
    u->ref = t.ref;
    u->handle = handle;
    u->write = writes(t.flags);
    return GNTST_okay;
}

/* Nothing of the mappings is in any TLB: let the frames go, and the handles. */
static void finish_unmaps(struct unmapped *u, unsigned int nr)
{
    if (nr == 0) {
        return;
    }
    tlb_flush_domain(currd);
    for (unsigned int i = 0; i < nr; i++) {
        grant_unpin(u[i].rd, u[i].ref, u[i].write);
        track_free(currd->grant_table, u[i].handle);
        domain_put(u[i].rd);
    }
}

long gnttab_unmap_batch(unsigned long arg, unsigned int count)
{
    struct unmapped u[BATCH];
    unsigned int nr = 0, i;
    long rc = 0;

    for (i = 0; i < count && rc == 0; i++) {
        struct gnttab_unmap_grant_ref op;

        if (nr == BATCH || (i != 0 && i % BATCH == 0)) {
            finish_unmaps(u, nr);
            nr = 0;
            if (hypercall_preempt_check()) {
                hypercall_set_arg(1, arg);
                hypercall_set_arg(2, count - i);
                return -ERESTART;
            }
        }
        rc = guest_read(&op, arg, sizeof(op));
        if (rc == 0) {
            op.status = (int16_t)unmap_one(op.host_addr, 0, op.dev_bus_addr, op.handle, &u[nr]);
            nr += op.status == GNTST_okay && u[nr].rd != NULL;
            rc = guest_write(arg, &op, sizeof(op));
        }
        arg += sizeof(op);
    }
    finish_unmaps(u, nr);
    return rc;
}

long gnttab_replace_batch(unsigned long arg, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        struct gnttab_unmap_and_replace op;
        struct unmapped u;

        if (i != 0 && i % 16 == 0 && hypercall_preempt_check()) {
            hypercall_set_arg(1, arg);
            hypercall_set_arg(2, count - i);
            return -ERESTART;
        }
        if (guest_read(&op, arg, sizeof(op)) != 0) {
            return -EFAULT;
        }
        op.status = (int16_t)(op.host_addr == 0 || op.new_addr == 0 ? GNTST_bad_virt_addr :
                              unmap_one(op.host_addr, op.new_addr, 0, op.handle, &u));
        if (op.status == GNTST_okay && u.rd != NULL) {
            finish_unmaps(&u, 1);
        }
        if (guest_write(arg, &op, sizeof(op)) != 0) {
            return -EFAULT;
        }
        arg += sizeof(op);
    }
    return 0;
}

/* --- Death of a domain that has mappings --------------------------------- */

#define RELEASE_BATCH   1024    /* handles looked at between two looks for other work */
#define RELEASE_COST    8       /* of one in use, in handles that are not */
#define FREE_BATCH      32      /* pages given back */

int gnttab_release_mappings(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    /* Its page tables are gone, with the references that their entries held. */
    for (unsigned int n = 0; gt->cursor < gt->nr_pages * MAPTRACK_PER_PAGE; gt->cursor++) {
        struct maptrack t = track_claim(gt, gt->cursor);
        struct domain *rd;

        if (t.flags != 0) {
            rd = domain_get(t.domid);
            BUG_ON(rd == NULL);         /* G3 */
            grant_unpin(rd, t.ref, writes(t.flags));
            domain_put(rd);
        }
        n += t.flags != 0 ? RELEASE_COST : 1;
        if (n >= RELEASE_BATCH) {
            gt->cursor++;
            return -ERESTART;
        }
    }
    /* Its vcpus have stopped for good: nobody looks for a handle any more. */
    for (unsigned int n = 0; gt->nr_pages != 0; n++) {
        if (n == FREE_BATCH) {
            return -ERESTART;
        }
        kfree(gt->maptrack[--gt->nr_pages]);
    }
    return 0;
}
