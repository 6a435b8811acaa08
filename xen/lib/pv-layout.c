/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a PV domain's first things go (public/xen.h, "Start-of-day memory
 * layout"), its first page tables and its start_info page.
 */
#include <xen/lib-image.h>

#include <public/xen.h>

#define PAGE        4096UL
#define PAGE_SHIFT  12
#define L1_SHIFT    21              /* what one L1 table maps, and so on */
#define L2_SHIFT    30
#define L3_SHIFT    39
#define ENTRIES     512U
#define PADDING     (512UL << 10)   /* after the boot stack, promised by the ABI */
#define REGION_ALIGN (4UL << 20)
#define LAST_REGION (UINT64_MAX - (1UL << L2_SHIFT))

#define HV_SLOT_FIRST 256U          /* L4 slots of the hypervisor */
#define HV_SLOT_LAST  271U

#define PTE_PRESENT  0x001UL
#define PTE_RW       0x002UL
#define PTE_USER     0x004UL
#define PTE_ACCESSED 0x020UL
#define PTE_DIRTY    0x040UL
#define PTE_BASE     (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

static unsigned int l4_slot(uint64_t va)
{
    return (va >> L3_SHIFT) & (ENTRIES - 1);
}

/* How many tables, each mapping 1 << @shift bytes, cover [start, end). */
static uint32_t tables(uint64_t start, uint64_t end, unsigned int shift)
{
    return (uint32_t)(((end - 1) >> shift) - (start >> shift) + 1);
}

/* ---- placement */

/* The list may have addresses of its own only if no L4 slot is shared with the region or us. */
static bool p2m_apart(const struct pv_kernel *kernel, uint64_t p2m_pages)
{
    uint64_t start = kernel->init_p2m, last;
    unsigned int first_slot, last_slot, region = l4_slot(kernel->virt_base);

    if (start == PV_NO_VA || start > UINT64_MAX - (p2m_pages << PAGE_SHIFT)) {
        return false;
    }
    last = start + (p2m_pages << PAGE_SHIFT) - 1;
    first_slot = l4_slot(start);
    last_slot = l4_slot(last);
    if ((start ^ last) >> 47 != 0 || (region >= first_slot && region <= last_slot)) {
        return false;
    }
    return last_slot < HV_SLOT_FIRST || first_slot > HV_SLOT_LAST;
}

/*
 * The tables map the region and so themselves, the stack behind them and the
 * padding: more tables may need more tables.
 */
static void place_tables(struct pv_layout *l)
{
    uint32_t frames = 3;
    uint64_t stack_end;

    do {
        l->nr_pt_frames = frames;
        stack_end = l->va_start + ((l->pt_pfn + frames + 1) << PAGE_SHIFT);
        l->va_end = round_up(stack_end + PADDING, REGION_ALIGN);
        l->nr_l1 = tables(l->va_start, l->va_end, L1_SHIFT);
        frames = 3 + l->nr_l1;
    } while (frames > l->nr_pt_frames);
    l->stack_pfn = l->pt_pfn + l->nr_pt_frames;
}

/* What follows the kernel inside the region.  @inline_p2m: the list too. */
static void place_region(const struct pv_layout_args *args, bool inline_p2m, struct pv_layout *l)
{
    uint64_t next = l->kernel_end_pfn;

    if (l->initrd_pages > 0 && !args->kernel->mod_start_pfn) {
        l->initrd_pfn = next;
        l->initrd_va = l->va_start + (next << PAGE_SHIFT);
        next += l->initrd_pages;
    }
    if (inline_p2m) {
        l->p2m_pfn = next;
        l->p2m_va = l->va_start + (next << PAGE_SHIFT);
        next += l->p2m_pages;
    }
    l->start_info_pfn = next++;
    if (args->store_and_console) {
        l->store_pfn = next++;
        l->console_pfn = next++;
    }
    l->pt_pfn = next;
    place_tables(l);
}

static void region_addresses(struct pv_layout *l)
{
    l->start_info_va = l->va_start + (l->start_info_pfn << PAGE_SHIFT);
    l->store_va = l->store_pfn != 0 ? l->va_start + (l->store_pfn << PAGE_SHIFT) : PV_NO_VA;
    l->console_va = l->console_pfn != 0 ? l->va_start + (l->console_pfn << PAGE_SHIFT) : PV_NO_VA;
    l->pt_va = l->va_start + (l->pt_pfn << PAGE_SHIFT);
    l->stack_va = l->va_start + (l->stack_pfn << PAGE_SHIFT);
}

/* What is not mapped in the region lies behind it. */
static void place_behind(const struct pv_layout_args *args, bool inline_p2m, struct pv_layout *l)
{
    uint64_t next = l->va_pages;

    if (l->initrd_pages > 0 && args->kernel->mod_start_pfn) {
        l->initrd_pfn = next;
        next += l->initrd_pages;
    }
    if (!inline_p2m) {
        uint64_t end;

        l->p2m_va = args->kernel->init_p2m;
        l->p2m_pfn = next;
        end = l->p2m_va + (l->p2m_pages << PAGE_SHIFT);
        l->p2m_nr_l1 = tables(l->p2m_va, end, L1_SHIFT);
        l->p2m_nr_l2 = tables(l->p2m_va, end, L2_SHIFT);
        l->p2m_nr_l3 = tables(l->p2m_va, end, L3_SHIFT);
        l->first_p2m_pfn = next;
        l->nr_p2m_frames = l->p2m_pages + l->p2m_nr_l3 + l->p2m_nr_l2 + l->p2m_nr_l1;
        next += l->nr_p2m_frames;
    }
    l->end_pfn = next;
}

enum image_status pv_layout(const struct pv_layout_args *args, struct pv_layout *l)
{
    const struct pv_kernel *kernel = args->kernel;
    bool inline_p2m;

    *l = (struct pv_layout){ .initrd_va = PV_NO_VA };
    if (args->nr_pages > UINT64_MAX >> 16 || args->initrd_bytes > UINT64_MAX >> 16 ||
        args->info_bytes > PAGE - sizeof(struct start_info)) {
        return LAYOUT_TOO_BIG;
    }
    l->va_start = kernel->virt_base;
    l->nr_pages = args->nr_pages;
    l->initrd_bytes = args->initrd_bytes;
    l->initrd_pages = round_up(args->initrd_bytes, PAGE) >> PAGE_SHIFT;
    l->p2m_pages = round_up(args->nr_pages * sizeof(uint64_t), PAGE) >> PAGE_SHIFT;
    l->kernel_pfn = (kernel->vstart - kernel->virt_base) >> PAGE_SHIFT;
    l->kernel_end_pfn = (kernel->vend - kernel->virt_base) >> PAGE_SHIFT;
    inline_p2m = !p2m_apart(kernel, l->p2m_pages);

    /* One L2 table must do, and nothing may wrap on the way to finding out. */
    if (l->kernel_end_pfn + l->initrd_pages + (inline_p2m ? l->p2m_pages : 0) >
            args->nr_pages + ENTRIES * ENTRIES) {
        return LAYOUT_NO_ROOM;
    }
    if (l->va_start > LAST_REGION || l->kernel_end_pfn > ENTRIES * ENTRIES) {
        return LAYOUT_TOO_BIG;
    }
    place_region(args, inline_p2m, l);
    if (l->va_end < l->va_start || (l->va_end - 1) >> L2_SHIFT != l->va_start >> L2_SHIFT) {
        return LAYOUT_TOO_BIG;
    }
    region_addresses(l);
    l->va_pages = (l->va_end - l->va_start) >> PAGE_SHIFT;
    if (l->va_pages > l->nr_pages) {
        l->va_pages = l->nr_pages;
    }
    if (l->stack_pfn + 1 + (PADDING >> PAGE_SHIFT) > l->nr_pages) {
        return LAYOUT_NO_ROOM;
    }
    place_behind(args, inline_p2m, l);
    return l->end_pfn <= l->nr_pages ? IMAGE_OK : LAYOUT_NO_ROOM;
}

/* ---- page tables */

/*
 * One run of tables of the same level: consecutive pages from @pfn on, whose
 * entries show what begins at @target (pfns, consecutive), from address @start
 * up to @end.  @shift is what one entry maps.
 */
struct run {
    unsigned int level;
    unsigned int shift;
    uint64_t pfn;
    uint64_t start, end;
    uint64_t target;
};

bool pv_layout_is_table(const struct pv_layout *l, uint64_t pfn)
{
    return (pfn >= l->pt_pfn && pfn < l->pt_pfn + l->nr_pt_frames) ||
           (pfn >= l->first_p2m_pfn + l->p2m_pages &&
            pfn < l->first_p2m_pfn + l->nr_p2m_frames);
}

static bool overlap(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
    return start < other_end && other_start < end;
}

/* False: none of the pages [start, end) is a table. */
static bool may_be_tables(const struct pv_layout *l, uint64_t start, uint64_t end)
{
    return overlap(start, end, l->pt_pfn, l->pt_pfn + l->nr_pt_frames) ||
           overlap(start, end, l->first_p2m_pfn + l->p2m_pages,
                   l->first_p2m_pfn + l->nr_p2m_frames);
}

/* @nr entries at @e that map the pages from @pfn on, in a table of @level. */
static void make_entries(const struct pv_layout *l, const struct pv_table_ops *ops,
                         unsigned int level, uint64_t pfn, uint64_t *e, uint64_t nr)
{
    bool look = level == 1 && may_be_tables(l, pfn, pfn + nr);

    for (uint64_t i = 0; i < nr; i++) {
        uint64_t flags = look && pv_layout_is_table(l, pfn + i) ? PTE_BASE : PTE_BASE | PTE_RW;

        e[i] = ops->mfn(ops->ctx, pfn + i) << PAGE_SHIFT | flags;
    }
}

static enum image_status emit_run(const struct pv_layout *l, const struct pv_table_ops *ops,
                                  const struct run *run)
{
    uint64_t va = run->start >> run->shift, end = ((run->end - 1) >> run->shift) + 1;
    uint64_t pfn = run->pfn, target = run->target;

    while (va < end) {
        uint64_t i = va & (ENTRIES - 1), nr = end - va < ENTRIES - i ? end - va : ENTRIES - i;

        __builtin_memset(ops->buffer, 0, PAGE);
        make_entries(l, ops, run->level, target, ops->buffer + i, nr);
        va += nr;
        target += nr;
        if (!ops->table(ops->ctx, run->level, pfn++, ops->buffer)) {
            return IMAGE_ABORTED;
        }
    }
    return IMAGE_OK;
}

static enum image_status emit_runs(const struct pv_layout *l, const struct pv_table_ops *ops,
                                   const struct run *runs, unsigned int nr)
{
    enum image_status status = IMAGE_OK;

    for (unsigned int i = 0; i < nr && status == IMAGE_OK; i++) {
        status = emit_run(l, ops, &runs[i]);
    }
    return status;
}

/*
 * The region's L1s map the pages that exist, and all of them are there though
 * the last may be empty: the domain may have less memory than the region.
 */
static enum image_status emit_region(const struct pv_layout *l, const struct pv_table_ops *ops)
{
    uint64_t start = l->va_start, end = start + (l->va_pages << PAGE_SHIFT);
    uint64_t l1 = l->pt_pfn + 3, used = tables(start, end, L1_SHIFT);
    const struct run runs[] = {
        { 1, PAGE_SHIFT, l1, start, end, 0 },
        { 2, L1_SHIFT, l->pt_pfn + 2, start, l->va_end, l1 },
        { 3, L2_SHIFT, l->pt_pfn + 1, start, l->va_end, l->pt_pfn + 2 },
    };
    enum image_status status = emit_runs(l, ops, runs, 1);

    __builtin_memset(ops->buffer, 0, PAGE);
    for (; status == IMAGE_OK && used < l->nr_l1; used++) {
        if (!ops->table(ops->ctx, 1, l1 + used, ops->buffer)) {
            status = IMAGE_ABORTED;
        }
    }
    return status == IMAGE_OK ? emit_runs(l, ops, runs + 1, 2) : status;
}

static enum image_status emit_p2m(const struct pv_layout *l, const struct pv_table_ops *ops)
{
    uint64_t end = l->p2m_va + (l->p2m_pages << PAGE_SHIFT);
    uint64_t l3 = l->p2m_pfn + l->p2m_pages, l2 = l3 + l->p2m_nr_l3, l1 = l2 + l->p2m_nr_l2;
    const struct run runs[] = {
        { 1, PAGE_SHIFT, l1, l->p2m_va, end, l->p2m_pfn },
        { 2, L1_SHIFT, l2, l->p2m_va, end, l1 },
        { 3, L2_SHIFT, l3, l->p2m_va, end, l2 },
    };

    return emit_runs(l, ops, runs, 3);
}

static enum image_status emit_l4(const struct pv_layout *l, const struct pv_table_ops *ops)
{
    uint64_t l3 = l->p2m_pfn + l->p2m_pages;

    __builtin_memset(ops->buffer, 0, PAGE);
    make_entries(l, ops, 4, l->pt_pfn + 1, ops->buffer + l4_slot(l->va_start), 1);
    make_entries(l, ops, 4, l3, ops->buffer + l4_slot(l->p2m_va), l->p2m_nr_l3);
    return ops->table(ops->ctx, 4, l->pt_pfn, ops->buffer) ? IMAGE_OK : IMAGE_ABORTED;
}

enum image_status pv_layout_tables(const struct pv_layout *l, const struct pv_table_ops *ops)
{
    enum image_status status = emit_region(l, ops);

    if (status == IMAGE_OK && l->nr_p2m_frames > 0) {
        status = emit_p2m(l, ops);
    }
    return status == IMAGE_OK ? emit_l4(l, ops) : status;
}

/* ---- start_info */

/* Returns false if @text did not fit. */
static bool copy_cmdline(int8_t *field, const char *text)
{
    size_t n = 0;

    for (; text != NULL && text[n] != '\0'; n++) {
        if (n == MAX_GUEST_CMDLINE - 1) {
            return false;
        }
        field[n] = (int8_t)text[n];
    }
    return true;
}

bool pv_start_info(struct start_info *si, const struct pv_layout *l,
                   const struct pv_start_args *args)
{
    static const char magic[] = "xen-3.0-x86_64";

    __builtin_memset(si, 0, sizeof(*si));
    __builtin_memcpy(si->magic, magic, sizeof(magic));
    si->nr_pages = l->nr_pages;
    si->shared_info = args->shared_info_maddr;
    si->flags = args->flags;
    si->store_mfn = args->store_frame;
    si->store_evtchn = args->store_port;
    if (l->console_pfn != 0) {
        si->console.domU.mfn = args->console_frame;
        si->console.domU.evtchn = args->console_port;
    } else {
        si->console.dom0.info_off = args->dom0_info_off;
        si->console.dom0.info_size = args->dom0_info_size;
    }
    si->pt_base = l->pt_va;
    si->nr_pt_frames = l->nr_pt_frames;
    si->mfn_list = l->p2m_va;
    si->first_p2m_pfn = l->first_p2m_pfn;
    si->nr_p2m_frames = l->nr_p2m_frames;
    if (l->initrd_pages > 0) {
        bool by_pfn = l->initrd_va == PV_NO_VA;

        si->mod_start = by_pfn ? l->initrd_pfn : l->initrd_va;
        si->mod_len = l->initrd_bytes;
        si->flags |= by_pfn ? SIF_MOD_START_PFN : 0;
    }
    return copy_cmdline(si->cmd_line, args->cmdline);
}
