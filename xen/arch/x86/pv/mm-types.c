/* SPDX-License-Identifier: GPL-2.0-only */
/* Validation and teardown of what a page table or descriptor page holds (called by mm/frame.c). */
#include "pv-mm.h"

#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

/*
 * All work on a frame that the caller has FTF_LOCKED, from frame_progress() on,
 * and leave it saying which entries hold references.  Each call gets at least
 * one entry further, or makes the table below get further.  There is no
 * writable mapping of the frame, and no processor walks it, so plain stores do.
 */

static int l1_validate(pte_t *t, unsigned int *done, const struct domain *d)
{
    unsigned int i = *done;
    int rc = 0;

    while (i < PT_ENTRIES) {
        pte_t e, old;

        if ((i & 3) == 0 && !((t[i] | t[i + 1] | t[i + 2] | t[i + 3]) & PTE_P)) {
            i += 4;
            continue;
        }
        e = old = t[i];
        if (e & PTE_P) {
            rc = l1e_get(&e, d, d);
            if (rc != 0) {
                break;
            }
            if (e != old) {
                t[i] = e;
            }
        }
        i++;
    }
    *done = i;
    return rc;
}

static void l1_invalidate(const pte_t *t, unsigned int *done)
{
    unsigned int i = *done;

    while (i != 0) {
        if ((i & 3) == 0 && !((t[i - 1] | t[i - 2] | t[i - 3] | t[i - 4]) & PTE_P)) {
            i -= 4;
            continue;
        }
        l1e_put(t[--i]);
    }
    *done = 0;
}

/* An L4 gets Xylem's slots; the M2P shows in it once it is a kernel root. */
static void root_fill(pte_t *t)
{
    hv_fill_root(t);
    t[HV_L4_FIRST] &= ~PTE_US;
}

static void root_clear(pte_t *t)
{
    for (unsigned int i = HV_L4_FIRST; i <= HV_L4_LAST; i++) {
        t[i] = 0;
    }
}

static int table_validate(pte_t *t, unsigned int *done, unsigned int level,
                          const struct domain *d)
{
    unsigned int i = *done;
    int rc = 0;

    while (i < PT_ENTRIES && rc == 0) {
        pte_t e = t[i];

        if (!(e & PTE_P) || (level == 4 && is_hv_slot(i))) {
            i++;
            continue;
        }
        rc = table_entry_get(&e, level, d);
        if (rc == 0) {
            t[i++] = e;
            if (i < PT_ENTRIES && hypercall_preempt_check()) {
                rc = -ERESTART;
            }
        }
    }
    if (rc == 0 && level == 4) {
        root_fill(t);
    }
    *done = i;
    return rc;
}

static int table_invalidate(pte_t *t, unsigned int *done, unsigned int level)
{
    unsigned int i = *done;
    int rc = 0;

    if (level == 4 && i == PT_ENTRIES) {
        root_clear(t);
    }
    while (i > 0 && rc == 0) {
        pte_t e = t[i - 1];

        if (!(e & PTE_P) || (level == 4 && is_hv_slot(i - 1))) {
            i--;
            continue;
        }
        rc = table_entry_put(e);
        if (rc == 0) {
            i--;
            if (i > 0 && hypercall_preempt_check()) {
                rc = -ERESTART;
            }
        }
    }
    *done = i;
    return rc;
}

static int segdesc_validate(uint64_t *desc)
{
    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        uint64_t v = desc[i];

        if (!pv_check_descriptor(&v)) {
            return -EINVAL;
        }
        if (v != desc[i]) {
            desc[i] = v;
        }
    }
    return 0;
}

/*
 * pt_validate - take the references of @f's entries for @type.
 * Errors: -EINVAL, -EBUSY, -EPERM an entry is refused; -ERESTART.  frame_progress() tells how far
 * it came.
 */
int pt_validate(struct frame *f, enum frame_type type, const struct domain *d)
{
    unsigned int done = frame_progress(f);
    void *t = map_frame(frame_to_mfn(f));
    int rc;

    counter_inc(current, COUNTER_PT_VALIDATE);
    if (type == FT_L1) {
        rc = l1_validate(t, &done, d);
    } else if (type == FT_SEGDESC) {
        rc = segdesc_validate(t);
    } else {
        rc = table_validate(t, &done, 1 + (unsigned int)(type - FT_L1), d);
    }
    unmap_frame(t);
    frame_set_progress(f, done);
    return rc;
}

/* pt_invalidate - drop them again: 0 with frame_progress() 0, or -ERESTART. */
int pt_invalidate(struct frame *f, enum frame_type type)
{
    unsigned int done = frame_progress(f);
    void *t;
    int rc = 0;

    if (type == FT_SEGDESC || done == 0) {
        frame_set_progress(f, 0);
        return 0;
    }
    counter_inc(current, COUNTER_PT_RELEASE);
    t = map_frame(frame_to_mfn(f));
    if (type == FT_L1) {
        l1_invalidate(t, &done);
    } else {
        rc = table_invalidate(t, &done, 1 + (unsigned int)(type - FT_L1));
    }
    unmap_frame(t);
    frame_set_progress(f, done);
    return rc;
}
