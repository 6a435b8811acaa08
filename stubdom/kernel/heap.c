/* SPDX-License-Identifier: MIT */
/* The heap: addresses that follow one another, for malloc; and stacks with guard pages. */
#include "mm-private.h"

#include <stub/thread.h>
#include <stub/trap.h>

/* heap_top is what was asked for; pages are mapped up to heap_mapped, the page boundary above. */
static unsigned long heap_top = HEAP_BASE, heap_mapped = HEAP_BASE;

void pages_unmap(unsigned long from, unsigned long end)
{
    while (end > from) {
        volatile uint64_t *table;
        void *page;

        end -= PAGE_SIZE;
        table = table_of((void *)end, 1);
        page = mfn_to_va((table[end >> PAGE_SHIFT & 511] & PTE_ADDR) >> PAGE_SHIFT);
        if (map_clear((void *)end) != 0) {
            stub_panic("page %#lx cannot be unmapped", end);
        }
        page_free(page, 1);
    }
}

bool pages_map(unsigned long from, unsigned long end)
{
    for (unsigned long va = from; va < end; va += PAGE_SIZE) {
        uint64_t maddr = pte_maddr((void *)va);
        void *page = maddr != 0 ? page_alloc(1) : NULL;

        if (page == NULL) {
            update_flush(false);
            pages_unmap(from, va);
            return false;
        }
        update_queue(maddr, mfn_of(page) * PAGE_SIZE | PTE_DATA);
    }
    update_flush(false);
    return true;
}

void *heap_grow(ptrdiff_t bytes)
{
    unsigned long old = heap_top, end;

    if (bytes > 0 ? (unsigned long)bytes > HEAP_END - heap_top
                  : 0UL - (unsigned long)bytes > heap_top - HEAP_BASE) {
        return NULL;
    }
    heap_top += (unsigned long)bytes;
    end = (heap_top + PAGE_MASK) & ~PAGE_MASK;
    if (end < heap_mapped) {
        pages_unmap(end, heap_mapped);
    } else if (!pages_map(heap_mapped, end)) {
        heap_top = old;
        return NULL;
    }
    heap_mapped = end;
    return (void *)old;
}

void *stack_alloc(size_t size)
{
    size_t nr = size / PAGE_SIZE + 1;
    char *block = page_alloc(nr);

    if (block == NULL) {
        return NULL;
    }
    if (page_unmap(block) != 0) {
        page_free(block, nr);
        return NULL;
    }
    return block + PAGE_SIZE;
}

void stack_free(void *stack, size_t size)
{
    char *block = (char *)stack - PAGE_SIZE;

    if (page_remap(block) != 0) {
        stub_panic("guard page %p cannot be mapped again", (void *)block);
    }
    page_free(block, size / PAGE_SIZE + 1);
}
