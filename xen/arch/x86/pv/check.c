/* SPDX-License-Identifier: GPL-2.0-only */
/* Do validated tables refer to what they may refer to?  For the audit (xylem/debug.h). */
#include "pv-mm.h"

#include <xen/debug-hooks.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#if defined(CONFIG_DEBUG) || defined(UNIT_TEST)

static bool is_held(const struct frame *f)
{
    return !(f->ref & (FRAME_HOLE | FRAME_FREE_HEAD)) && (f->ref & FRAME_REF_MASK) != 0;
}

/* F4, from the side of the entries: what may be written is of the type writable, and in use. */
static bool l1_entry_ok(pte_t e)
{
    const struct frame *f = frame_find(mfn_x(pte_mfn(e)));

    if (!(e & PTE_P) || f == NULL || (f->ref & FRAME_HOLE)) {
        return true;
    }
    return is_held(f) && (!(e & PTE_RW) || (frame_type(f) == FT_WRITABLE &&
                                            (f->type & FT_COUNT_MASK) != 0));
}

/* A table of the level below, valid, and of the same owner. */
static bool table_entry_ok(pte_t e, unsigned int level, domid_t owner)
{
    const struct frame *f = frame_find(mfn_x(pte_mfn(e)));

    if (!(e & PTE_P)) {
        return true;
    }
    return f != NULL && is_held(f) && frame_owner_id(f) == owner && !(e & TABLE_BAD_BITS) &&
           frame_type(f) == (enum frame_type)(FT_L1 + level - 2) && (f->type & FTF_VALIDATED) &&
           (f->type & FT_COUNT_MASK) != 0;
}

/* How many entries of the table @f do not hold; the log has the first. */
static unsigned int check_table(const struct frame *f, unsigned int level)
{
    const pte_t *t = map_frame(frame_to_mfn(f));
    unsigned int bad = 0;

    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        pte_t e = READ_ONCE(t[i]);

        if ((level == 4 && is_hv_slot(i)) ||
            (level == 1 ? l1_entry_ok(e) : table_entry_ok(e, level, frame_owner_id(f)))) {
            continue;
        }
        if (bad++ == 0) {
            printk(LOG_ERR "audit: entry %u of the L%u %lx of domain %u is %016lx\n", i, level,
                   mfn_x(frame_to_mfn(f)), frame_owner_id(f), e);
        }
    }
    unmap_frame(t);
    return bad;
}

unsigned int arch_frame_audit(const struct frame *f)
{
    enum frame_type type = frame_type(f);

    if (type < FT_L1 || type > FT_L4 || !(f->type & FTF_VALIDATED)) {
        return 0;
    }
    return check_table(f, type - FT_L1 + 1);
}

#endif
