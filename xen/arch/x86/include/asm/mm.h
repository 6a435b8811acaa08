/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame types: what a PV guest may do with a frame (docs/design/frames.md).
 * One state machine in arch/x86/mm/frame.c; validation of contents in pv/.
 */
#ifndef ASM_MM_H
#define ASM_MM_H

#include <asm/processor.h>
#include <xen/mm.h>
#include <xen/percpu.h>

struct vcpu;

/*
 * struct frame.type while owned:
 *   31:0   type references
 *   34:32  FT_* type
 *   35     FTF_VALIDATED  contents checked for this type
 *   36     FTF_PINNED     a reference held by a pin
 *   37     FTF_PARTIAL    validation or teardown stopped half-way; `progress` entries done
 *   38     FTF_LOCKED     being validated or torn down, by the CPU that set it
 *   48:39  progress       entries that hold references (0-512) while FTF_LOCKED or FTF_PARTIAL
 *   63:49  stamp          low bits of the TLB clock when the count last went to 0
 */
enum frame_type {
    FT_NONE, FT_L1, FT_L2, FT_L3, FT_L4, FT_SEGDESC, FT_WRITABLE,
};
#define FT_SHIFT            32
#define FT_MASK             (7UL << FT_SHIFT)
#define FT_COUNT_MASK       0xffffffffUL
#define FTF_VALIDATED       (1UL << 35)
#define FTF_PINNED          (1UL << 36)
#define FTF_PARTIAL         (1UL << 37)
#define FTF_LOCKED          (1UL << 38)
#define FT_PROGRESS_SHIFT   39
#define FT_PROGRESS_MASK    (0x3ffUL << FT_PROGRESS_SHIFT)
#define FT_STAMP_SHIFT      49

static inline enum frame_type frame_type(const struct frame *f)
{
    return (enum frame_type)((READ_ONCE(f->type) & FT_MASK) >> FT_SHIFT);
}

/*
 * frame_get_type - take a type reference; the caller holds a general reference.
 * A first reference to a page-table or descriptor type validates the contents.
 * Errors: other type in use (or count full): -EBUSY for FT_WRITABLE, -EINVAL for the others; what
 * refused the contents (-EINVAL, -EBUSY, -EPERM); -ERESTART not finished: progress is in the frame,
 * call again.
 */
int __must_check frame_get_type(struct frame *f, enum frame_type type, const struct domain *d);
/*
 * frame_put_type - drop one; the last of a page-table type tears it down.  0 or -ERESTART
 * (preemptible form).
 */
void frame_put_type(struct frame *f);
int __must_check frame_put_type_preemptible(struct frame *f);
/* Both at once, for @d's frame @mfn; false/-errno and nothing taken otherwise. */
int __must_check frame_get_and_type(mfn_t mfn, struct domain *d, enum frame_type type);
void frame_put_and_type(struct frame *f);
/* frame_check - F1-F5 of one frame (debug builds, tests). */
bool frame_check(const struct frame *f);

/* --- Page-table entries --------------------------------------------------- */

#define PTE_P       (1UL << 0)
#define PTE_RW      (1UL << 1)
#define PTE_US      (1UL << 2)
#define PTE_PWT     (1UL << 3)
#define PTE_PCD     (1UL << 4)
#define PTE_A       (1UL << 5)
#define PTE_D       (1UL << 6)
#define PTE_PSE     (1UL << 7)
#define PTE_PAT     (1UL << 7)
#define PTE_G       (1UL << 8)
#define PTE_AVAIL   (7UL << 9)
#define PTE_NX      (1UL << 63)
#define PTE_GUEST_KERNEL (1UL << 52)    /* set by Xylem on kernel-only L1 entries (ABI) */
#define PTE_ADDR_MASK 0x000ffffffffff000UL
#define PTE_CACHE_UC (PTE_PCD | PTE_PWT)

typedef uint64_t pte_t;
static inline mfn_t pte_mfn(pte_t e) { return _mfn((e & PTE_ADDR_MASK) >> PAGE_SHIFT); }
static inline pte_t pte_make(mfn_t m, uint64_t flags) { return (mfn_x(m) << PAGE_SHIFT) | flags; }

static inline unsigned int pt_index(unsigned long va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

#define HV_PTE_RW   (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define HV_PTE_RO   (PTE_P | PTE_A | PTE_G | PTE_NX)
#define HV_PTE_RX   (PTE_P | PTE_A | PTE_G)
#define HV_PTE_TABLE (PTE_P | PTE_RW | PTE_A | PTE_D)
#define HV_PTE_SLOT (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

/* Xylem's root: the L4 of idle vcpus.  Its slots 256-271 are copied into each guest root. */
extern mfn_t hv_root_mfn;
extern pte_t *hv_root;
/* hv_fill_root - write Xylem's slots into the mapped guest root @l4. */
void hv_fill_root(pte_t *l4);
/*
 * hv_map - map @nr pages of Xylem's own area at @va to consecutive frames; tables must get memory:
 * 0 or -ENOMEM.
 */
int hv_map(unsigned long va, mfn_t mfn, unsigned long nr, uint64_t flags);
/* hv_unmap - and flush on all CPUs; tables stay. */
void hv_unmap(unsigned long va, unsigned long nr);

/* hv_pte - L1 entry of @va in Xylem's own area, NULL if it has no table. */
pte_t *hv_pte(unsigned long va);
/*
 * percpu_pte - entry of page @page of the area of CPU @cpu (asm/layout.h); flush locally after a
 * change.
 */
pte_t *percpu_pte(unsigned int cpu, unsigned int page);

/*
 * map_slot_entry - page-table entry of the map slot behind @va (map_frame()).
 * remap_slot - remap_frame() by that entry, in fewer instructions: for several in a row.
 */
pte_t *map_slot_entry(const void *va);
#ifndef UNIT_TEST
static __always_inline void *remap_slot(pte_t *entry, void *va, mfn_t mfn)
{
    *(volatile pte_t *)entry = pte_make(mfn, HV_PTE_SLOT);
    invlpg((unsigned long)va);
    return va;
}
#else
void *remap_slot(pte_t *entry, void *va, mfn_t mfn);
#endif

struct boot_info;
/* mm_boot_init - frame table, M2P and heap from the firmware's map (boot, once). */
void mm_boot_init(const struct boot_info *bi);
/* mm_boot_free - give boot-only machine memory [start, end) (modules, boot text) to the heap. */
void mm_boot_free(uint64_t start, uint64_t end);
/*
 * tlb_flush_hv - entries of @nr pages of Xylem's own area, on all CPUs, with what they keep of the
 * tables above them.
 * tlb_flush_window - the same for pages of the heap window whose tables stay.  Such an address
 * never maps another frame, so that CPUs without a guest's address in use are not disturbed.
 */
void tlb_flush_hv(unsigned long va, unsigned long nr);
void tlb_flush_window(unsigned long va, unsigned long nr);

/* --- TLB ------------------------------------------------------------------ */

/* The TLB clock counts flushes of this machine; see docs/design/tlb.md. */
extern uint64_t tlb_clock;
void tlb_flush_local(void);                     /* all but global entries */
void tlb_flush_local_all(void);                 /* global ones too */
void tlb_flush_page_local(unsigned long va);
/*
 * The others return when no CPU has such an entry; one that idles flushes before it uses a guest's
 * address.  Context: no lock that is taken with IRQs off.
 * tlb_flush_mask - everything, or @page of @va, on the CPUs of @mask.
 * tlb_flush_domain - on each CPU that may hold entries of @d (d->arch.dirty_cpus).
 * tlb_flush_everywhere - guests' entries on all CPUs.
 * tlb_flush_since - guests' entries on those CPUs that have not flushed all of theirs since
 *                   tlb_clock was @clock (0: before the first guest).
 */
void tlb_flush_mask(const cpumask_t *mask, bool page, unsigned long va);
void tlb_flush_domain(struct domain *d);
void tlb_flush_domain_page(struct domain *d, unsigned long va);
void tlb_flush_everywhere(void);
void tlb_flush_since(uint64_t clock);
/* tlb_serve - what other CPUs want of this one: by interrupt, and wherever one waits for them. */
void tlb_serve(void);
/* tlb_idle_enter, tlb_idle_leave - no guest's page tables are loaded; they are again. */
void tlb_idle_enter(void);
void tlb_idle_leave(void);
/*
 * tlb_flush_stamp - flush wherever a stale entry from before @stamp (of a frame's type word) could
 * live.
 */
void tlb_flush_stamp(uint64_t type_word);
static inline uint64_t tlb_stamp_now(void)
{
    return (uint64_t)(tlb_clock & 0x7fff) << FT_STAMP_SHIFT;
}

#endif /* ASM_MM_H */
