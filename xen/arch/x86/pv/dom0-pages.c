/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of dom0 while it is built: which frame is behind each of its pages. */
#include "dom0-pages.h"

#include <xen/domain.h>
#include <xen/lib-image.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/mm.h>

#define LIST_ENTRIES (PAGE_SIZE / sizeof(uint64_t))

/*
 * @n consecutive numbers from @value on; some two instructions each.  This runs for every page of
 * the machine twice, and boot-only code is compiled for size: hence out of line and by hand.
 */
static void __noinline count_up(unsigned long *to, unsigned long value, unsigned long n)
{
    for (; n >= 8; n -= 8) {
        to[0] = value;
        to[1] = value + 1;
        to[2] = value + 2;
        to[3] = value + 3;
        to[4] = value + 4;
        to[5] = value + 5;
        to[6] = value + 6;
        to[7] = value + 7;
        to += 8;
        value += 8;
    }
    for (; n > 0; n--) {
        *to++ = value++;
    }
}

void __init dom0_pages_init(struct dom0_pages *p, struct domain *d, uint64_t heap_pages)
{
    *p = (struct dom0_pages){ .d = d, .heap_pages = heap_pages };
    p->extents = hv_alloc(0);
    if (p->extents == NULL) {
        boot_fail("dom0: no memory left for Xylem to build it\n");
    }
}

void __init dom0_pages_free(struct dom0_pages *p)
{
    hv_free(p->extents, p->order);
}

static void __init grow(struct dom0_pages *p)
{
    struct extent *bigger = hv_alloc(p->order + 1);

    if (bigger == NULL) {
        boot_fail("dom0: no memory left for Xylem to build it\n");
    }
    memcpy(bigger, p->extents, p->nr * sizeof(*bigger));
    hv_free(p->extents, p->order);
    p->extents = bigger;
    p->order++;
}

/* The next @pages are the frames from @mfn on, which are d's already. */
static void __init append(struct dom0_pages *p, uint64_t mfn, uint64_t pages)
{
    struct extent *last = p->nr > 0 ? &p->extents[p->nr - 1] : NULL;

    count_up(m2p_rw_table + mfn, p->end_pfn, pages);
    if (last != NULL && last->mfn + last->pages == mfn) {
        last->pages += pages;
    } else {
        if ((p->nr + 1) * sizeof(*p->extents) > PAGE_SIZE << p->order) {
            grow(p);
        }
        p->extents[p->nr++] = (struct extent){ p->end_pfn, mfn, pages };
    }
    p->end_pfn += pages;
}

/* Another block: the largest that fits what is still to come. */
static void __init refill(struct dom0_pages *p)
{
    unsigned int order = MAX_ORDER;
    mfn_t mfn;

    while (order > 0 && 1UL << order > p->heap_pages) {
        order--;
    }
    for (;; order--) {
        mfn = domain_alloc_frames(p->d, order, MEMF_NO_SCRUB);
        if (!mfn_eq(mfn, INVALID_MFN)) {
            break;
        }
        if (order == 0) {
            boot_fail("dom0: out of memory after %lu MiB: the machine needs more to build it, or "
                      "dom0 less (dom0_mem=)\n", p->end_pfn >> 8);
        }
    }
    p->block = mfn_x(mfn);
    p->block_pages = 1UL << order;
    p->heap_pages -= p->block_pages;
}

void __init dom0_pages_take(struct dom0_pages *p, uint64_t end_pfn)
{
    while (p->end_pfn < end_pfn) {
        uint64_t pages;

        if (p->block_pages == 0) {
            BUG_ON(p->heap_pages == 0);
            refill(p);
        }
        pages = min(p->block_pages, end_pfn - p->end_pfn);
        append(p, p->block, pages);
        p->block += pages;
        p->block_pages -= pages;
    }
}

void __init dom0_pages_adopt(struct dom0_pages *p, uint64_t mfn, uint64_t pages)
{
    for (uint64_t done = 0; done < pages;) {
        unsigned int order = 0;

        while (2UL << order <= pages - done) {
            order++;
        }
        if (domain_assign_frames(p->d, _mfn(mfn + done), order, 0) != 0) {
            boot_fail("dom0: no memory to account for its initrd\n");
        }
        done += 1UL << order;
    }
    append(p, mfn, pages);
}

uint64_t __init dom0_pages_mfn(struct dom0_pages *p, uint64_t pfn)
{
    const struct extent *e = &p->extents[p->hint];

    BUG_ON(pfn >= p->end_pfn);
    while (pfn < e->pfn) {
        e--;
    }
    while (pfn - e->pfn >= e->pages) {
        e++;
    }
    p->hint = (unsigned int)(e - p->extents);
    return e->mfn + (pfn - e->pfn);
}

/* Run over the pages of [addr, addr + size): @data NULL stands for zeroes. */
static void __init fill(struct dom0_pages *p, uint64_t addr, const uint8_t *data, uint64_t size)
{
    while (size > 0) {
        uint64_t offset = addr & (PAGE_SIZE - 1), n = min(PAGE_SIZE - offset, size);
        uint8_t *page = map_frame(_mfn(dom0_pages_mfn(p, addr >> PAGE_SHIFT)));

        if (data != NULL) {
            memcpy(page + offset, data, n);
            data += n;
        } else {
            memset(page + offset, 0, n);
        }
        unmap_frame(page);
        addr += n;
        size -= n;
    }
}

void __init dom0_pages_write(struct dom0_pages *p, uint64_t addr, const void *data, size_t size)
{
    fill(p, addr, data, size);
}

void __init dom0_pages_zero(struct dom0_pages *p, uint64_t addr, uint64_t size)
{
    fill(p, addr, NULL, size);
}

/* One page of the list: the frames of pages [pfn, pfn + 512), all-ones where there are none. */
static void __init write_list_page(struct dom0_pages *p, unsigned long *list, uint64_t pfn)
{
    uint64_t n, done = 0;

    while (done < LIST_ENTRIES && pfn + done < p->end_pfn) {
        uint64_t mfn = dom0_pages_mfn(p, pfn + done);
        const struct extent *e = &p->extents[p->hint];

        n = min(e->pfn + e->pages - (pfn + done), LIST_ENTRIES - done);
        count_up(list + done, mfn, n);
        done += n;
    }
    for (; done < LIST_ENTRIES; done++) {
        list[done] = INVALID_M2P_ENTRY;
    }
}

void __init dom0_pages_write_list(struct dom0_pages *p, const struct pv_layout *layout)
{
    for (uint64_t i = 0; i < layout->p2m_pages; i++) {
        unsigned long *list = map_frame(_mfn(dom0_pages_mfn(p, layout->p2m_pfn + i)));

        write_list_page(p, list, i * LIST_ENTRIES);
        unmap_frame(list);
    }
}
