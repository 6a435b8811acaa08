/* SPDX-License-Identifier: GPL-2.0-only */
/* Small objects: power-of-two sizes in whole pages; larger ones are runs of pages. */
#include <xen/debug-hooks.h>
#include <xen/lib.h>
#include <xen/list.h>
#include <xen/mm.h>
#include <xen/spinlock.h>

/*
 * A page of objects of one size begins with this header, so that kfree() finds
 * it by rounding down; a run of pages is told by being page-aligned, its order
 * in the frame table's type word (unused for Xylem's own pages).
 *
 * Invariants:
 *   K1  a page is on its size's list exactly when it has a free object.
 *   K2  free objects are linked through their first word; nr_free counts them.
 *   K3  an empty page goes back to the heap, but for one of each size.
 */
struct slab {
    struct list_head list;      /* [slab_lock] */
    void *free;
    uint16_t nr_free, nr_all;
    uint16_t size_idx;
};

static const uint16_t sizes[] = { 32, 64, 96, 128, 192, 256, 384, 512, 672, 1008, 1344, 2016 };
#define NR_SIZES    ARRAY_SIZE(sizes)
#define SLAB_HEADER 64

static struct list_head partial[NR_SIZES];
static spinlock_t slab_lock = SPINLOCK_INIT(LOCK_SLAB);

static struct slab *slab_new(unsigned int idx)
{
    struct slab *s = hv_alloc(0);
    unsigned int size = sizes[idx];

    if (s == NULL) {
        return NULL;
    }
    s->size_idx = (uint16_t)idx;
    for (unsigned int off = SLAB_HEADER; off + size <= PAGE_SIZE; off += size) {
        void *obj = (char *)s + off;

        *(void **)obj = s->free;
        s->free = obj;
        s->nr_free++;
    }
    s->nr_all = s->nr_free;
    list_init(&s->list);
    return s;
}

static void *slab_take(unsigned int idx)
{
    struct slab *s;
    void *obj;

    if (partial[idx].next == NULL) {
        list_init(&partial[idx]);
    }
    s = list_first(&partial[idx], struct slab, list);
    if (s == NULL) {
        return NULL;
    }
    obj = s->free;
    s->free = *(void **)obj;
    if (--s->nr_free == 0) {
        list_del(&s->list);
    }
    return obj;
}

static void *alloc_run(size_t bytes)
{
    unsigned int order = 0;
    void *p;

    while ((PAGE_SIZE << order) < bytes) {
        order++;
    }
    p = order > MAX_ORDER ? NULL : hv_alloc(order);
    if (p != NULL) {
        mfn_to_frame(hv_virt_to_mfn(p))->type = order;
    }
    return p;
}

void *kmalloc(size_t bytes)
{
    unsigned int idx = 0;
    void *obj;

    if (fault_injected(FAULT_ALLOC)) {
        return NULL;
    }
    if (bytes > sizes[NR_SIZES - 1]) {
        return bytes > (1UL << (PAGE_SHIFT + MAX_ORDER)) ? NULL : alloc_run(bytes);
    }
    while (sizes[idx] < bytes) {
        idx++;
    }
    spin_lock(&slab_lock);
    obj = slab_take(idx);
    spin_unlock(&slab_lock);
    if (obj == NULL) {
        struct slab *s = slab_new(idx);

        if (s == NULL) {
            return NULL;
        }
        spin_lock(&slab_lock);
        if (partial[idx].next == NULL) {
            list_init(&partial[idx]);
        }
        list_add(&s->list, &partial[idx]);
        obj = slab_take(idx);
        spin_unlock(&slab_lock);
    }
    return obj;
}

void *kzalloc(size_t bytes)
{
    void *p = kmalloc(bytes);

    if (p != NULL && bytes <= sizes[NR_SIZES - 1]) {
        memset(p, 0, bytes);    /* runs of pages come zeroed */
    }
    return p;
}

void kmalloc_trim(void)
{
    for (unsigned int i = 0; i < NR_SIZES; i++) {
        struct slab *s, *found;

        do {
            found = NULL;
            spin_lock(&slab_lock);
            if (partial[i].next != NULL) {
                list_for_each (s, &partial[i], list) {
                    if (s->nr_free == s->nr_all) {
                        found = s;
                        list_del(&s->list);
                        break;
                    }
                }
            }
            spin_unlock(&slab_lock);
            hv_free(found, 0);
        } while (found != NULL);
    }
}

void kmalloc_dump(void)
{
    for (unsigned int i = 0; i < NR_SIZES; i++) {
        unsigned int pages = 0, empty = 0, objects = 0;
        struct slab *s;

        spin_lock(&slab_lock);
        if (partial[i].next != NULL) {
            list_for_each (s, &partial[i], list) {
                pages++;
                empty += s->nr_free == s->nr_all;
                objects += s->nr_free;
            }
        }
        spin_unlock(&slab_lock);
        if (pages != 0) {
            printk("  objects of %u bytes: %u free in %u pages, %u of them empty\n", sizes[i],
                   objects, pages, empty);
        }
    }
}

void *kzalloc_array_(size_t size, size_t n)
{
    return n != 0 && size > ~0UL / n ? NULL : kzalloc(size * n);
}

void kfree(void *p)
{
    struct slab *s = (struct slab *)((unsigned long)p & PAGE_MASK);
    bool empty;

    if (p == NULL) {
        return;
    }
    if (IS_ALIGNED((unsigned long)p, PAGE_SIZE)) {
        hv_free(p, (unsigned int)mfn_to_frame(hv_virt_to_mfn(p))->type);
        return;
    }
    spin_lock(&slab_lock);
    *(void **)p = s->free;
    s->free = p;
    s->nr_free++;
    if (s->nr_free == 1) {
        list_add(&s->list, &partial[s->size_idx]);
    }
    empty = s->nr_free == s->nr_all && s->list.next != s->list.prev;
    if (empty) {
        list_del(&s->list);
    }
    spin_unlock(&slab_lock);
    if (empty) {
        hv_free(s, 0);
    }
}
