/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of Xylem's that a domain may map: shared_info and grant tables (docs/design/frames.md). */
#include <xen/atomic.h>
#include <xen/domain.h>
#include <xen/mm.h>

#include <asm/frame.h>
#include <asm/mm.h>

void domain_share_hv_page(struct domain *d, void *va, bool readonly)
{
    struct frame *f = mfn_to_frame(hv_virt_to_mfn(va));

    f->type = ((uint64_t)(readonly ? FT_NONE : FT_WRITABLE) << FT_SHIFT) | FTF_VALIDATED | 1;
    WRITE_ONCE(f->ref, FRAME_HV | ((uint64_t)d->domain_id << FRAME_OWNER_SHIFT) | 1);
}

void domain_unshare_hv_page(void *va)
{
    struct frame *f = mfn_to_frame(hv_virt_to_mfn(va));
    uint64_t old = READ_ONCE(f->ref), new;

    do {
        new = (old & ~FRAME_OWNER_MASK) | ((uint64_t)DOMID_XEN << FRAME_OWNER_SHIFT);
    } while (!try_cmpxchg(&f->ref, &old, new));
    frame_put(f);
}
