/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a PV domain's memory: roots, pins, then every frame. */
#include "pv-mm.h"

#include <xen/hypercall.h>
#include <xen/lib.h>

#define RUN_WORK        32      /* a run of plain frames, up to 2 MiB of them */
#define FREE_WORK       1       /* any other frame: some 100 instructions */
#define TABLE_WORK      64
#define LOOK_STEPS      512     /* frames or chunks looked at in one go, of some 10 instructions */
#define STEPS_PER_WORK  8
#define WORK_SLICE      128     /* between tests for other work */

enum { STEP_VCPUS, STEP_FRAMES, STEP_DONE };

/* Roots and descriptor tables of all vcpus.  They are paused for good and on no CPU. */
static int drop_vcpus(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        int rc = pt_finish(v);

        if (rc == 0 && !(mfn_eq(v->arch.kernel_root, INVALID_MFN) &&
                         mfn_eq(v->arch.user_root, INVALID_MFN))) {
            pv_drop_roots(v);
            rc = v->arch.pt_unfinished == NULL ? 0 : -ERESTART;
        }
        if (rc != 0) {
            return rc;
        }
        pv_drop_gdt(v);
        pv_drop_ldt(v);
    }
    return 0;
}

/*
 * A table that something still holds on its own account: a pin, or validation that was left
 * half-way.  All other type references come from tables above and go with those: levels only
 * descend, so there are no cycles to break.
 */
static int drop_table(struct frame *f)
{
    uint64_t w = READ_ONCE(f->type);

    if (w & FTF_PINNED) {
        return pt_drop_pin(f);
    }
    if ((w & (FTF_PARTIAL | FTF_LOCKED)) == FTF_PARTIAL && (w & FT_COUNT_MASK) == 0) {
        return frame_clear_leftover(f);
    }
    return 0;
}

/* Count @more work; true if other work waits for this CPU. */
static bool worked(unsigned int *work, unsigned int more)
{
    *work += more;
    if (*work < WORK_SLICE) {
        return false;
    }
    *work = 0;
    return hypercall_preempt_check();
}

/* Give up the one frame @at; its work, or a negative errno. */
static int drop_frame(struct domain *d, mfn_t at)
{
    struct frame *f = mfn_to_frame(at);
    int work = FREE_WORK, rc = 0;

    if (unlikely(f->type & (FTF_PINNED | FTF_PARTIAL))) {
        /* Held, lest it become another domain's meanwhile. */
        if (frame_get(f, d)) {
            rc = drop_table(f);
            frame_put(f);
        }
        if (rc != 0) {
            return rc;
        }
        work += TABLE_WORK;
    }
    frame_release_owned(f, FRAME_OWNER(d->domain_id));
    return work;
}

static int drop_frames(struct domain *d)
{
    mfn_t at = d->arch.relinquish_cursor;
    unsigned int work = 0;
    int rc = 0;

    /*
     * Whoever had a frame of @d mapped, and no longer has: its stale entries go before the frames.
     */
    tlb_flush_everywhere();
    for (;;) {
        unsigned int steps = LOOK_STEPS;
        unsigned long run;

        rc = 0;
        if (domain_next_frame(d, &at, &steps)) {
            run = domain_release_run(d, at);
            rc = run != 0 ? RUN_WORK : drop_frame(d, at);
            if (rc < 0) {
                break;
            }
            at = mfn_add(at, run != 0 ? run : 1);
        } else if (steps != 0) {
            break;
        }
        if (worked(&work, (unsigned int)rc + (LOOK_STEPS - steps) / STEPS_PER_WORK)) {
            rc = -ERESTART;
            break;
        }
    }
    d->arch.relinquish_cursor = at;
    return rc < 0 ? rc : 0;
}

/*
 * pv_relinquish_mm - 0: nothing of @d's own holds a frame any more; what others have mapped stays
 * until they let go.  Progress is in d->arch.relinquish_step and _cursor (both 0 at the start).
 */
int pv_relinquish_mm(struct domain *d)
{
    /* P7: @d was marked as dying, and locks were taken since: new ones are refused. */
    if (READ_ONCE(d->arch.foreign_calls) != 0) {
        return -ERESTART;
    }
    int rc = 0;

    if (d->arch.relinquish_step == STEP_VCPUS) {
        rc = drop_vcpus(d);
        if (rc != 0) {
            return rc;
        }
        d->arch.relinquish_step = STEP_FRAMES;
    }
    if (d->arch.relinquish_step == STEP_FRAMES) {
        rc = drop_frames(d);
        if (rc != 0) {
            return rc == -ERESTART ? rc : -EINVAL;
        }
        d->arch.relinquish_step = STEP_DONE;
    }
    return 0;
}
