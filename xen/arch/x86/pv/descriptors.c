/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests' descriptor tables: checks, GDT and LDT of a vcpu, the windows of a CPU
 * (docs/design/pv-mm.md).
 */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/current.h>
#include <asm/layout.h>
#include <asm/percpu-area.h>
#include <asm/processor.h>

/* Bits of a segment descriptor (SDM 3A, 3.4.5). */
#define DESC_ACCESSED   (1UL << 40)
#define DESC_TYPE       (0xfUL << 40)
#define DESC_S          (1UL << 44)     /* code or data, not system */
#define DESC_DPL        (3UL << 45)
#define DESC_P          (1UL << 47)

#define PER_FRAME       512             /* descriptors */
#define LDT_FRAMES      16
#define LDT_MAX         8192

#define SYSDESC_LDT     2UL

/*
 * Code and data get DPL 3, at which all of a PV guest runs, and the accessed bit, which the
 * processor could not set: windows are mapped read-only.  Of system types only 0 may stand,
 * which faults when used.
 */
bool pv_check_descriptor(uint64_t *desc)
{
    uint64_t v = *desc;

    if (!(v & DESC_P)) {
        return true;
    }
    if (!(v & DESC_S)) {
        return (v & DESC_TYPE) == 0;
    }
    *desc = v | DESC_DPL | DESC_ACCESSED;
    return true;
}

/* --- Windows ------------------------------------------------------------------------------ */

/* Make page @page of this CPU's area show @e; entries rarely differ. */
static inline void window_set(pte_t *slot, pte_t e, unsigned long va)
{
    if (*slot != e) {
        WRITE_ONCE(*slot, e);
        tlb_flush_page_local(va);
    }
}

static unsigned long window_va(unsigned int page)
{
    return PERCPU_AREA((unsigned long)smp_processor_id()) + ((unsigned long)page << PAGE_SHIFT);
}

/*
 * A CPU's windows show the tables of the guest vcpu that ran there last.  They may outlive the
 * references of a vcpu that was destroyed: nothing looks at them before the next guest vcpu
 * loads its own, and only that rewrites them, so that entry and TLB always agree.
 */
void pv_load_gdt(struct vcpu *v)
{
    pte_t *slot = percpu_pte(smp_processor_id(), PERCPU_GDT_PAGE);
    pte_t empty = pte_make(hv_virt_to_mfn(zero_page), HV_PTE_RO);

    for (unsigned int i = 0; i < GUEST_GDT_FRAMES; i++) {
        window_set(&slot[i], i < v->arch.gdt_nr ? pte_make(v->arch.gdt_frames[i], HV_PTE_RO)
                   : empty,
                   window_va(PERCPU_GDT_PAGE + i));
    }
}

/* The LDT's own descriptor, two entries at SEL_LDT. */
static void write_ldt_descriptor(unsigned int entries)
{
    uint64_t *gdt = percpu_gdt(smp_processor_id()) + (SEL_LDT - HV_SEL_BASE) / 8;
    uint64_t base = window_va(PERCPU_LDT_PAGE), limit = entries * 8UL - 1;

    gdt[0] = (limit & 0xffff) | ((base & 0xffffff) << 16) | (SYSDESC_LDT << 40) | DESC_P |
             (((limit >> 16) & 0xf) << 48) | (((base >> 24) & 0xff) << 56);
    gdt[1] = base >> 32;
}

static inline void load_ldtr(uint16_t sel)
{
#ifndef UNIT_TEST
    asm volatile ("lldt %0" :: "r" (sel) : "memory");
#else
    (void)sel;
#endif
}

void pv_load_ldt(struct vcpu *v)
{
    pte_t *slot = percpu_pte(smp_processor_id(), PERCPU_LDT_PAGE);

    if (likely(v->arch.ldt_entries == 0)) {
        load_ldtr(0);
        return;
    }
    for (unsigned int i = 0; i < LDT_FRAMES; i++) {
        bool there = (v->arch.ldt_mapped >> i) & 1;

        window_set(&slot[i], there ? pte_make(v->arch.ldt_frames[i], HV_PTE_RO) : 0,
                   window_va(PERCPU_LDT_PAGE + i));
    }
    write_ldt_descriptor(v->arch.ldt_entries);
    load_ldtr(SEL_LDT);
}

/* --- GDT ------------------------------------------------------------------------------------- */

static void put_desc_frames(const mfn_t *frames, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        frame_put_and_type(mfn_to_frame(frames[i]));
    }
}

void pv_drop_gdt(struct vcpu *v)
{
    unsigned int nr = v->arch.gdt_nr;

    v->arch.gdt_nr = 0;
    v->arch.gdt_entries = 0;
    if (v == current) {
        pv_load_gdt(v);
    }
    put_desc_frames(v->arch.gdt_frames, nr);
}

/*
 * pv_set_gdt - make @entries descriptors in the frames @frames (512 each) the GDT of @v, which
 * is current or paused.
 * Errors: -EINVAL too many, or a frame or descriptor that may not be; -ERESTART.  Nothing has
 * changed.
 */
int pv_set_gdt(struct vcpu *v, const unsigned long *frames, unsigned int entries)
{
    unsigned int nr = DIV_ROUND_UP(entries, PER_FRAME), i;
    mfn_t new[GUEST_GDT_FRAMES];

    if (entries > FIRST_HV_GDT_ENTRY) {
        return -EINVAL;
    }
    for (i = 0; i < nr; i++) {
        int rc = frame_get_and_type(_mfn(frames[i]), v->domain, FT_SEGDESC);

        if (rc != 0) {
            put_desc_frames(new, i);
            return rc == -ERESTART ? rc : -EINVAL;
        }
        new[i] = _mfn(frames[i]);
    }
    pv_drop_gdt(v);
    for (i = 0; i < nr; i++) {
        v->arch.gdt_frames[i] = new[i];
    }
    v->arch.gdt_nr = (uint16_t)nr;
    v->arch.gdt_entries = (uint16_t)entries;
    if (v == current) {
        pv_load_gdt(v);
    }
    return 0;
}

long do_set_gdt(unsigned long frame_list, unsigned int entries)
{
    unsigned long frames[GUEST_GDT_FRAMES];

    if (entries > FIRST_HV_GDT_ENTRY) {
        return -EINVAL;
    }
    if (guest_read(frames, frame_list, DIV_ROUND_UP(entries, PER_FRAME) * sizeof(frames[0])) != 0) {
        return -EFAULT;
    }
    return pv_set_gdt(current, frames, entries);
}

/*
 * do_update_descriptor - store @desc at machine address @maddr, in a descriptor page or in a page
 * of the guest that is none yet.
 */
long do_update_descriptor(uint64_t maddr, uint64_t desc)
{
    struct domain *d = currd;
    struct frame *f = frame_find(maddr >> PAGE_SHIFT);
    enum frame_type type;
    uint64_t *p;
    int rc;

    if ((maddr & 7) || f == NULL || !frame_get_owned(f, FRAME_OWNER(d->domain_id))) {
        return -EINVAL;
    }
    type = frame_type(f) == FT_SEGDESC && (READ_ONCE(f->type) & FTF_VALIDATED) ? FT_SEGDESC
                                                                               : FT_WRITABLE;
    rc = frame_get_type(f, type, d);
    if (rc == 0) {
        if (pv_check_descriptor(&desc)) {
            p = map_frame(frame_to_mfn(f));
            WRITE_ONCE(p[(maddr & ~PAGE_MASK) / 8], desc);
            unmap_frame(p);
        } else {
            rc = -EINVAL;
        }
        frame_put_type(f);
    }
    frame_put(f);
    return rc == 0 || rc == -ERESTART ? rc : -EINVAL;
}

/* --- LDT ------------------------------------------------------------------------------------- */

void pv_drop_ldt(struct vcpu *v)
{
    uint16_t mapped = v->arch.ldt_mapped;

    v->arch.ldt_entries = 0;
    v->arch.ldt_mapped = 0;
    v->arch.ldt_base = 0;
    if (v == current) {
        pv_load_ldt(v);
    }
    for (unsigned int i = 0; i < LDT_FRAMES; i++) {
        if ((mapped >> i) & 1) {
            frame_put_and_type(mfn_to_frame(v->arch.ldt_frames[i]));
        }
    }
}

int pv_set_ldt(struct vcpu *v, unsigned long base, unsigned int entries)
{
    if (entries > LDT_MAX || (base & ~PAGE_MASK) || !access_ok(base, entries * 8UL)) {
        return -EINVAL;
    }
    if (entries == v->arch.ldt_entries && (entries == 0 || base == v->arch.ldt_base)) {
        return 0;
    }
    pv_drop_ldt(v);
    if (entries != 0) {
        v->arch.ldt_base = base;
        v->arch.ldt_entries = (uint16_t)entries;
        if (v == current) {
            pv_load_ldt(v);
        }
    }
    return 0;
}

/*
 * The frame behind LDT page @idx of @v, found through the kernel's root, held as a descriptor page.
 */
static bool hold_ldt_page(struct vcpu *v, unsigned int idx, mfn_t *mfn)
{
    unsigned long va = v->arch.ldt_base + ((unsigned long)idx << PAGE_SHIFT);
    mfn_t l1 = pt_walk(v->domain, v->arch.kernel_root, va);
    pte_t *t, e;

    if (mfn_eq(l1, INVALID_MFN)) {
        return false;
    }
    t = map_frame(l1);
    e = READ_ONCE(t[pt_index(va, 1)]);
    unmap_frame(t);
    if (!(e & PTE_P)) {
        return false;
    }
    *mfn = pte_mfn(e);
    return frame_get_and_type(*mfn, v->domain, FT_SEGDESC) == 0;
}

bool pv_ldt_fault(unsigned int idx)
{
    struct vcpu *v = current;
    mfn_t mfn;

    if (idx >= DIV_ROUND_UP((unsigned int)v->arch.ldt_entries, PER_FRAME)) {
        return false;
    }
    idx = (unsigned int)array_index_nospec(idx, LDT_FRAMES);
    if ((v->arch.ldt_mapped >> idx) & 1) {
        return false;
    }
    if (!hold_ldt_page(v, idx, &mfn)) {
        return false;
    }
    v->arch.ldt_frames[idx] = mfn;
    v->arch.ldt_mapped |= (uint16_t)(1u << idx);
    pv_load_ldt(v);
    counter_inc(v, COUNTER_LDT_FAULT);
    return true;
}
