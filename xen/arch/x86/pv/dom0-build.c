/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Build dom0 out of the boot loader's modules: memory, kernel, initrd, first page tables,
 * start_info and the first vcpu's context (docs/design/dom0-build.md).
 */
#include <xen/cmdline.h>
#include <xen/dom0.h>
#include <xen/domain.h>
#include <xen/lib-image.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/mm.h>

#include <asm/boot-info.h>
#include <asm/mm.h>
#include <asm/pv.h>

#include "dom0-mem.h"
#include "dom0-pages.h"

#define MODULE_KERNEL   0
#define MODULE_INITRD   1
#define SPARE_PAGES     (MB(1) >> PAGE_SHIFT)   /* what Xylem keeps for running dom0 at least */
#define LEAST_PAGES     (MB(4) >> PAGE_SHIFT)
#define MAX_WORK        24

static struct dom0_mem dom0_mem __initdata;

static int __init parse_dom0_mem(const char *value)
{
    return dom0_mem_parse(value, &dom0_mem);
}
PARAM_CUSTOM("dom0_mem", parse_dom0_mem);

/* Memory of the decompressors: whole blocks below 4 GiB, at their own machine addresses. */
struct work {
    struct {
        void *va;
        unsigned int order;
    } blocks[MAX_WORK];
};

struct dom0_build {
    struct domain *d;
    const struct boot_info *bi;
    struct dom0_pages pages;
    struct work work;
    struct xen_notes notes;
    struct pv_kernel kernel;
    struct pv_layout layout;
    uint64_t nr_pages;
    uint64_t initrd_pages;              /* frames of the initrd's module, if dom0 can have them */
    char cmdline[2 * CMDLINE_MAX];
};

static struct dom0_build build __initdata;

/* ---- memory ------------------------------------------------------------------------ */

static void *__init work_alloc(void *ctx, size_t size)
{
    struct work *work = ctx;
    unsigned int order = 0;
    mfn_t mfn;

    while (PAGE_SIZE << order < size) {
        order++;
    }
    for (unsigned int i = 0; i < MAX_WORK; i++) {
        if (work->blocks[i].va == NULL) {
            mfn = heap_alloc(order, MEMF_NO_SCRUB | MEMF_ADDR_BITS(32));
            if (mfn_eq(mfn, INVALID_MFN)) {
                return NULL;
            }
            work->blocks[i].va = (void *)(mfn_x(mfn) << PAGE_SHIFT);
            work->blocks[i].order = order;
            return work->blocks[i].va;
        }
    }
    return NULL;
}

static void __init work_free(void *ctx, void *va)
{
    struct work *work = ctx;

    for (unsigned int i = 0; va != NULL && i < MAX_WORK; i++) {
        if (work->blocks[i].va == va) {
            heap_free(_mfn((uint64_t)va >> PAGE_SHIFT), work->blocks[i].order);
            work->blocks[i].va = NULL;
            return;
        }
    }
}

static const struct boot_module *__init initrd_module(const struct boot_info *bi)
{
    const struct boot_module *m = &bi->modules[MODULE_INITRD];

    return bi->nr_modules > MODULE_INITRD && m->end > m->start ? m : NULL;
}

/* Whether dom0 can have the initrd's pages as they lie: whole pages, shared with nothing. */
static bool __init initrd_adoptable(const struct boot_info *bi)
{
    const struct boot_module *m = initrd_module(bi);
    uint64_t end;

    if (m == NULL || !IS_ALIGNED(m->start, PAGE_SIZE)) {
        return false;
    }
    end = ROUNDUP(m->end, PAGE_SIZE);
    for (unsigned int i = 0; i < bi->nr_modules; i++) {
        if (&bi->modules[i] != m && bi->modules[i].start < end && bi->modules[i].end > m->start) {
            return false;
        }
    }
    return bi->image_start >= end || bi->image_end <= m->start;
}

static void __init plan_memory(struct dom0_build *b)
{
    const struct boot_module *m = initrd_module(b->bi);
    uint64_t avail = heap_free_pages();

    if (initrd_adoptable(b->bi)) {
        b->initrd_pages = PFN_UP(m->end - m->start);
    }
    avail = (avail > SPARE_PAGES ? avail - SPARE_PAGES : 0) + b->initrd_pages;
    b->nr_pages = dom0_mem_pages(&dom0_mem, avail);
    if (b->nr_pages < LEAST_PAGES + b->initrd_pages) {
        boot_fail("dom0: %lu KiB are too little memory (dom0_mem=; %lu KiB are free)\n",
                  b->nr_pages << 2, avail << 2);
    }
    b->d->max_pages = dom0_mem_limit(&dom0_mem, avail, b->nr_pages);
    dom0_pages_init(&b->pages, b->d, b->nr_pages - b->initrd_pages);
}

/* ---- kernel ------------------------------------------------------------------------ */

static bool __init kernel_begin(void *ctx, uint64_t lo, uint64_t hi)
{
    struct dom0_build *b = ctx;

    (void)lo;
    if (PFN_UP(hi) > b->nr_pages - b->initrd_pages) {
        return false;
    }
    dom0_pages_take(&b->pages, PFN_UP(hi));
    return true;
}

static bool __init kernel_write(void *ctx, uint64_t addr, const void *data, size_t size)
{
    struct dom0_build *b = ctx;

    dom0_pages_write(&b->pages, addr, data, size);
    return true;
}

static bool __init kernel_zero(void *ctx, uint64_t addr, uint64_t size)
{
    struct dom0_build *b = ctx;

    dom0_pages_zero(&b->pages, addr, size);
    return true;
}

static void __init refuse(const struct dom0_build *b, enum image_status status)
{
    if (status == LAYOUT_NO_ROOM) {
        boot_fail("dom0 kernel (module 1) and initrd do not fit dom0's %lu MiB: give it more "
                  "memory with dom0_mem=\n", b->nr_pages >> 8);
    }
    if (status == IMAGE_NO_MEMORY) {
        boot_fail("dom0 kernel (module 1) cannot be unpacked: the machine's %lu MiB are too "
                  "little memory\n", total_ram_pages() >> 8);
    }
    boot_fail("dom0 kernel (module 1) %s\n", image_strerror(status));
}

static void __init load_kernel(struct dom0_build *b)
{
    const struct boot_module *m = &b->bi->modules[MODULE_KERNEL];
    const struct image_mem mem = { work_alloc, work_free, &b->work };
    const struct image_writer writer = { kernel_write, kernel_zero, b };
    const struct image_load load = {
        .file = (const void *)m->start, .size = m->end - m->start, .dom0 = true,
        .mem = &mem, .writer = &writer, .begin = kernel_begin, .begin_ctx = b,
    };
    enum image_status status = image_load(&load, &b->kernel, &b->notes);

    if (status != IMAGE_OK) {
        refuse(b, status);
    }
}

/* ---- layout ------------------------------------------------------------------------ */

/* Linux gives up if its own pages have the numbers of frames that are no RAM: say it beforehand. */
static void __init warn_conflicts(const struct dom0_build *b)
{
    uint64_t start = b->layout.kernel_pfn << PAGE_SHIFT;
    uint64_t end = (b->layout.stack_pfn + 1) << PAGE_SHIFT, ram_to = start;

    for (unsigned int i = 0; i < b->bi->nr_mem; i++) {
        const struct boot_mem *m = &b->bi->mem[i];

        if (m->type == BOOT_MEM_RAM && m->start <= ram_to && m->end > ram_to) {
            ram_to = m->end;
        }
    }
    if (ram_to < end) {
        pr_warn("dom0 kernel wants addresses %#lx to %#lx, which are not all RAM on this machine: "
                "it may refuse to start\n", start, end);
    }
}

static void __init place(struct dom0_build *b)
{
    const struct boot_module *m = initrd_module(b->bi);
    const struct pv_layout_args args = {
        .kernel = &b->kernel,
        .nr_pages = b->nr_pages,
        .initrd_bytes = m != NULL ? m->end - m->start : 0,
        .info_bytes = sizeof(struct dom0_vga_console_info),
    };
    const struct pv_layout *l = &b->layout;
    enum image_status status = pv_layout(&args, &b->layout);

    if (status != IMAGE_OK) {
        refuse(b, status);
    }
    pr_info("Dom0 kernel: %s %s, entry %#lx, addresses %#lx to %#lx\n", b->notes.guest_os,
            b->notes.guest_version, b->kernel.entry, b->kernel.vstart, b->kernel.vend);
    pr_info("Dom0 memory: %lu MiB; start_info %#lx, page tables %#lx (%lu), stack %#lx\n",
            b->nr_pages >> 8, l->start_info_va, l->pt_va, l->nr_pt_frames, l->stack_va);
    pr_info("Dom0 p2m list: %#lx, pages %#lx to %#lx\n", l->p2m_va, l->p2m_pfn,
            l->p2m_pfn + max(l->p2m_pages, l->nr_p2m_frames));
    if (b->notes.bsd_symtab) {
        pr_warn("dom0 kernel asks for its symbol table, which is not loaded\n");
    }
    warn_conflicts(b);
}

/* All pages that are still missing; the initrd's own frames where they belong, or a copy. */
static void __init complete_memory(struct dom0_build *b)
{
    const struct boot_module *m = initrd_module(b->bi);
    const struct pv_layout *l = &b->layout;
    struct dom0_pages *p = &b->pages;
    bool adopt = b->initrd_pages > 0 && p->end_pfn <= l->initrd_pfn;

    if (adopt) {
        dom0_pages_take(p, l->initrd_pfn);
        dom0_pages_adopt(p, PFN_DOWN(m->start), b->initrd_pages);
    } else {
        p->heap_pages += b->initrd_pages;
    }
    dom0_pages_take(p, b->nr_pages);
    if (m == NULL) {
        return;
    }
    if (!adopt) {
        dom0_pages_write(p, l->initrd_pfn << PAGE_SHIFT, (const void *)m->start,
                         l->initrd_bytes);
    }
    dom0_pages_zero(p, (l->initrd_pfn << PAGE_SHIFT) + l->initrd_bytes,
                    (l->initrd_pages << PAGE_SHIFT) - l->initrd_bytes);
    pr_info("Dom0 initrd: %lu KiB at page %#lx%s\n", l->initrd_bytes >> 10, l->initrd_pfn,
            adopt ? "" : " (copied)");
}

static uint64_t __init table_mfn(void *ctx, uint64_t pfn)
{
    return dom0_pages_mfn(ctx, pfn);
}

static bool __init table_write(void *ctx, unsigned int level, uint64_t pfn,
                               const uint64_t *entries)
{
    (void)level;
    dom0_pages_write(ctx, pfn << PAGE_SHIFT, entries, PAGE_SIZE);
    return true;
}

static void __init write_tables(struct dom0_build *b)
{
    struct pv_table_ops ops = { .mfn = table_mfn, .table = table_write, .ctx = &b->pages };

    ops.buffer = hv_alloc(0);
    if (ops.buffer == NULL || pv_layout_tables(&b->layout, &ops) != IMAGE_OK) {
        boot_fail("dom0: no memory left for Xylem to build it\n");
    }
    hv_free(ops.buffer, 0);
}

/* ---- start_info -------------------------------------------------------------------- */

static void __init fill_text(struct dom0_vga_console_info *info, const struct boot_video *video)
{
    info->video_type = XEN_VGATYPE_TEXT_MODE_3;
    info->u.text_mode_3.font_height = 16;
    info->u.text_mode_3.columns = (uint16_t)video->width;
    info->u.text_mode_3.rows = (uint16_t)video->height;
    info->u.text_mode_3.cursor_y = (uint16_t)(video->height - 1);
}

static void __init fill_lfb(struct dom0_vga_console_info *info, const struct boot_video *video,
                            bool efi)
{
    unsigned int used = video->red.size + video->green.size + video->blue.size;

    info->video_type = efi ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
    info->u.vesa_lfb.width = (uint16_t)video->width;
    info->u.vesa_lfb.height = (uint16_t)video->height;
    info->u.vesa_lfb.bytes_per_line = (uint16_t)video->pitch;
    info->u.vesa_lfb.bits_per_pixel = video->bpp;
    info->u.vesa_lfb.lfb_base = (uint32_t)video->base;
    info->u.vesa_lfb.ext_lfb_base = (uint32_t)(video->base >> 32);
    info->u.vesa_lfb.lfb_size =
        (uint32_t)(ROUNDUP((uint64_t)video->pitch * video->height, KB(64)) >> 16);
    info->u.vesa_lfb.red_pos = video->red.pos;
    info->u.vesa_lfb.red_size = video->red.size;
    info->u.vesa_lfb.green_pos = video->green.pos;
    info->u.vesa_lfb.green_size = video->green.size;
    info->u.vesa_lfb.blue_pos = video->blue.pos;
    info->u.vesa_lfb.blue_size = video->blue.size;
    if (video->bpp == 32 && used == 24) {
        info->u.vesa_lfb.rsvd_pos = 24;
        info->u.vesa_lfb.rsvd_size = 8;
    }
}

/* Bytes of the structure that say something; 0: there is no screen. */
static uint32_t __init fill_screen(struct dom0_vga_console_info *info, const struct boot_info *bi)
{
    memset(info, 0, sizeof(*info));
    switch (bi->video.kind) {
    case BOOT_VIDEO_TEXT:
        fill_text(info, &bi->video);
        return sizeof(*info);
    case BOOT_VIDEO_RGB:
        fill_lfb(info, &bi->video, bi->efi_systab != 0);
        return sizeof(*info);
    default:
        return 0;
    }
}

static void __init make_cmdline(struct dom0_build *b)
{
    str_copy(b->cmdline, b->bi->modules[MODULE_KERNEL].cmdline, sizeof(b->cmdline));
    if (cmdline_dom0_extra[0] != '\0') {
        str_append(b->cmdline, " ", sizeof(b->cmdline));
        str_append(b->cmdline, cmdline_dom0_extra, sizeof(b->cmdline));
    }
}

static void __init write_start_info(struct dom0_build *b)
{
    uint64_t mfn = dom0_pages_mfn(&b->pages, b->layout.start_info_pfn);
    struct start_info *si = map_frame(_mfn(mfn));
    struct pv_start_args args = {
        .shared_info_maddr = mfn_x(hv_virt_to_mfn(b->d->shared_info)) << PAGE_SHIFT,
        .flags = SIF_PRIVILEGED | SIF_INITDOMAIN,
        .dom0_info_off = sizeof(*si),
        .cmdline = b->cmdline,
    };

    make_cmdline(b);
    memset(si, 0, PAGE_SIZE);
    args.dom0_info_size = fill_screen((struct dom0_vga_console_info *)(si + 1), b->bi);
    if (!pv_start_info(si, &b->layout, &args)) {
        boot_fail("dom0: its command line is longer than %u characters\n", MAX_GUEST_CMDLINE - 1);
    }
    unmap_frame(si);
}

/* ---- the vcpu ---------------------------------------------------------------------- */

static void __init fill_hypercall_page(struct dom0_build *b)
{
    uint64_t va = b->kernel.hypercall_page;
    void *page;

    if (va != PV_NO_VA) {
        page = map_frame(_mfn(dom0_pages_mfn(&b->pages, (va - b->layout.va_start) >> PAGE_SHIFT)));
        pv_fill_hypercall_page(page);
        unmap_frame(page);
    }
}

static mfn_t __init pin_tables(struct dom0_build *b)
{
    mfn_t root = _mfn(dom0_pages_mfn(&b->pages, b->layout.pt_pfn));
    int rc;

    do {
        rc = pv_pin_root(b->d, root);
    } while (rc == -ERESTART);
    if (rc != 0) {
        panic("dom0: its first page tables were refused (%d)\n", rc);
    }
    return root;
}

static void __init set_context(struct dom0_build *b, mfn_t root)
{
    struct vcpu_guest_context *c = kzalloc_type(struct vcpu_guest_context);
    struct vcpu *v = b->d->vcpu[0];
    int rc = -ENOMEM;

    if (c != NULL) {
        c->flags = VGCF_in_kernel | VGCF_online;
        c->user_regs.rip = b->kernel.entry;
        c->user_regs.rsp = b->layout.stack_va + PAGE_SIZE;
        c->user_regs.rsi = b->layout.start_info_va;
        c->user_regs.cs = FLAT_KERNEL_CS;
        c->user_regs.ss = FLAT_KERNEL_SS;
        c->user_regs.rflags = 1u << 9;      /* IF */
        c->kernel_ss = FLAT_KERNEL_SS;
        c->kernel_sp = b->layout.stack_va + PAGE_SIZE;
        c->ctrlreg[3] = xen_pfn_to_cr3(mfn_x(root));
        rc = arch_set_info_guest(v, c);
    }
    if (rc != 0) {
        panic("dom0: its first context was refused (%d)\n", rc);
    }
    kfree(c);
    v->pause_flags &= ~VPF_DOWN;
}

void __init pv_build_dom0(struct domain *d, const struct boot_info *bi)
{
    struct dom0_build *b = &build;
    mfn_t root;

    memset(b, 0, sizeof(*b));
    b->d = d;
    b->bi = bi;
    plan_memory(b);
    load_kernel(b);
    place(b);
    complete_memory(b);
    write_tables(b);
    dom0_pages_write_list(&b->pages, &b->layout);
    write_start_info(b);
    fill_hypercall_page(b);
    root = pin_tables(b);
    set_context(b, root);
    dom0_pages_free(&b->pages);
}
