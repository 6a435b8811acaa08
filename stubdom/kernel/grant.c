/* SPDX-License-Identifier: MIT */
/* The grant table: entries in a free list, frames added as it runs out. */
#include <stub/grant.h>
#include <stub/hypercall.h>
#include <stub/mm.h>

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define MAX_FRAMES 8
#define NO_ENTRY   UINT16_MAX

/*
 *   G1  an entry is on the free list exactly if we have not given it; then its flags are 0.
 * References below GNTTAB_NR_RESERVED_ENTRIES are the toolstack's.
 */
static struct grant_entry_v1 *table;            /* in the window, MAX_FRAMES long */
static uint16_t next_free[MAX_FRAMES * ENTRIES_PER_FRAME];
static uint16_t first_free = NO_ENTRY;
static unsigned int nr_frames, nr_free, max_frames;

static void put_free(unsigned int gref)
{
    next_free[gref] = first_free;
    first_free = (uint16_t)gref;
    nr_free++;
}

/* Ask for one more frame, and map it behind the others. */
static int grow(void)
{
    xen_pfn_t frames[MAX_FRAMES];
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = nr_frames + 1 };
    unsigned int first = nr_frames * ENTRIES_PER_FRAME;
    long rc;

    if (nr_frames >= max_frames) {
        return -XEN_ENOSPC;
    }
    set_xen_guest_handle(setup.frame_list, frames);
    rc = grant_op(GNTTABOP_setup_table, &setup, 1);
    if (rc != 0 || setup.status != GNTST_okay) {
        return rc != 0 ? (int)rc : -XEN_ENOSPC;
    }
    rc = map_frame((char *)table + nr_frames * PAGE_SIZE, frames[nr_frames], PTE_DATA);
    if (rc != 0) {
        return (int)rc;
    }
    nr_frames++;
    for (unsigned int gref = first + ENTRIES_PER_FRAME; gref-- > first;) {
        if (gref >= GNTTAB_NR_RESERVED_ENTRIES) {
            put_free(gref);
        }
    }
    return 0;
}

static int grants_init(void)
{
    struct gnttab_query_size query = { .dom = DOMID_SELF };
    long rc = grant_op(GNTTABOP_query_size, &query, 1);

    if (rc != 0 || query.status != GNTST_okay) {
        return rc != 0 ? (int)rc : -XEN_ENOSYS;
    }
    max_frames = query.max_nr_frames < MAX_FRAMES ? query.max_nr_frames : MAX_FRAMES;
    table = window_alloc(MAX_FRAMES);
    return table != NULL ? grow() : -XEN_ENOMEM;
}

int grant_give_frame(domid_t domid, unsigned long mfn, bool readonly)
{
    unsigned int gref;

    if (first_free == NO_ENTRY && (table == NULL ? grants_init() : grow()) != 0) {
        return -XEN_ENOSPC;
    }
    gref = first_free;
    first_free = next_free[gref];
    nr_free--;
    table[gref].domid = domid;
    table[gref].frame = (uint32_t)mfn;
    barrier();
    WRITE_ONCE(table[gref].flags, GTF_permit_access | (readonly ? GTF_readonly : 0));
    return (int)gref;
}

int grant_give(domid_t domid, const void *va, bool readonly)
{
    return grant_give_frame(domid, mfn_of(va), readonly);
}

int grant_end(grant_ref_t gref)
{
    uint16_t flags = READ_ONCE(table[gref].flags);

    do {
        if ((flags & (GTF_reading | GTF_writing)) != 0) {
            return -XEN_EBUSY;
        }
    } while (!__atomic_compare_exchange_n(&table[gref].flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    put_free(gref);
    return 0;
}

unsigned int grants_free(void)
{
    return nr_free;
}
