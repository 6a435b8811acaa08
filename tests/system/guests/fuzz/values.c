/* SPDX-License-Identifier: GPL-2.0-only */
/* Random values, by kind: frames, pages, domains, words; and what must be left alone. */
#include "fuzz.h"

static uint64_t vital[MAX_MFN / 64];

char pool[POOL + 1][PAGE_SIZE] PAGE_ALIGNED;
char window[WINDOW + 1][PAGE_SIZE] PAGE_ALIGNED;
struct fuzz_args args[SLOTS] PAGE_ALIGNED;
char entries[PAGE_SIZE] PAGE_ALIGNED;
unsigned long pool_mfn[POOL], window_mfn[WINDOW], found[16], root_mfn[2];
struct fuzz_mapped mapped[8];
unsigned long peers;
bool tame = true;
uint64_t state;

uint64_t noise(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dUL;
}

unsigned int pick(unsigned int n)
{
    return (unsigned int)(noise() >> 33) % n;
}

bool one_in(unsigned int n)
{
    return pick(n) == 0;
}

bool is_vital(unsigned long mfn)
{
    return mfn < MAX_MFN && (vital[mfn / 64] >> mfn % 64 & 1) != 0;
}

/* The frames that we began with, but for those of pool and window. */
void note_vital(void)
{
    const unsigned long *list = (const unsigned long *)start_info->mfn_list;

    for (unsigned long pfn = 0; pfn < start_info->nr_pages; pfn++) {
        if (list[pfn] >= MAX_MFN) {
            guest_error("frame %#lx: more memory than this test is made for", list[pfn]);
        } else {
            vital[list[pfn] / 64] |= 1UL << list[pfn] % 64;
        }
    }
    for (unsigned int i = 0; i < POOL + WINDOW; i++) {
        unsigned long mfn = i < POOL ? pool_mfn[i] : window_mfn[i - POOL];

        vital[mfn / 64] &= ~(1UL << mfn % 64);
    }
}

unsigned long any_mfn(void)
{
    unsigned long mfn;

    switch (pick(12)) {
    case 0:
        mfn = pick(1u << 20);
        break;
    case 1:
        mfn = noise() >> pick(64);
        break;
    case 2:
        mfn = found[pick(ARRAY_SIZE(found))];
        break;
    case 3:
        return window_mfn[pick(WINDOW)];
    case 4:
        return pool_mfn[pick(POOL)];
    default:
        return pool_mfn[DATA + pick(POOL - DATA)];
    }
    return tame && is_vital(mfn) ? ~0UL : mfn;
}

/* The first frame of an extent that spares what keeps us alive. */
unsigned long any_extent(unsigned int order)
{
    unsigned long mfn = any_mfn();

    for (unsigned long i = 0; tame && order <= 10 && i < 1UL << order; i++) {
        if (is_vital(mfn + i)) {
            return ~0UL;
        }
    }
    return mfn;
}

void *any_page(void)
{
    return one_in(3) ? pool[pick(POOL)] : window[pick(WINDOW)];
}

uint64_t any_value(void)
{
    switch (pick(8)) {
    case 0:
        return 0;
    case 1:
        return ~0UL;
    case 2:
        return 1UL << pick(64);
    case 3:
        return noise();
    case 4:
        return any_mfn();
    case 5:
        return (unsigned long)any_page();
    default:
        return pick(32);
    }
}

domid_t any_domid(void)
{
    static const domid_t names[] = { DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE };

    switch (pick(6)) {
    case 0:
        return names[pick(ARRAY_SIZE(names))];
    case 1:
        return 0;
    case 2:
    case 3:
        return (domid_t)(peers + pick(NR_PEERS));
    default:
        return DOMID_SELF;
    }
}

/* Where a call looks for its arguments: mostly where they are. */
void *place(char *page)
{
    switch (pick(40)) {
    case 0:
        return NULL;
    case 1:
        return (void *)MACH2PHYS_VIRT_START;
    case 2:
        return (void *)0xffff828000000000UL;
    case 3:
        return (void *)0x00007ffffffffff8UL;
    case 4:
        return args[SLOTS - 1].hole - 1 - pick(64);
    case 5:
        return any_page();
    case 6:
        return (void *)noise();
    default:
        return page;
    }
}

void scribble(void *page, unsigned int words)
{
    for (unsigned int i = 0; i < words; i++) {
        ((uint64_t *)page)[i] = one_in(8) ? (unsigned long)page + PAGE_SIZE / 2 : any_value();
    }
}
