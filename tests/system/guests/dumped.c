/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper, not a test: a guest that is dumped.  It tells where its list of frames is, fills 64
 * pages with one word and registers with known values; with "crash" it crashes instead.
 * "lies" makes every second entry of the list a frame that is not its own: other domains', the
 * hypervisor's, a device's.
 */
#include "guest.h"

const char test_name[] = "dumped";

#define MARK      0x78796c656d647570UL
#define MARKED    64
#define LEAVES    4             /* 2,048 pages: the guest has 8 MiB */
#define PER_PAGE  (PAGE_SIZE / sizeof(unsigned long))

static volatile unsigned long marked[MARKED * PER_PAGE] PAGE_ALIGNED;
static unsigned long list[LEAVES * PER_PAGE] PAGE_ALIGNED;
static unsigned long mid[PER_PAGE] PAGE_ALIGNED, top[PER_PAGE] PAGE_ALIGNED;

/* The machine's first frames, and the one of its HPET. */
static unsigned long not_ours(unsigned long pfn)
{
    return pfn % 8 == 0 ? 0xfed00 : pfn;
}

static void tell_list(bool lies)
{
    unsigned long nr = start_info->nr_pages;

    if (nr > LEAVES * PER_PAGE) {
        guest_error("%lu pages are too many", nr);
        return;
    }
    for (unsigned long pfn = 0; pfn < nr; pfn++) {
        list[pfn] = lies && pfn % 2 == 0 ? not_ours(pfn) : pfn_to_mfn(pfn);
    }
    for (unsigned int i = 0; i < LEAVES; i++) {
        mid[i] = mfn_of(&list[i * PER_PAGE]);
    }
    top[0] = mfn_of(mid);
    shared_info->arch.max_pfn = nr;
    shared_info->arch.pfn_to_mfn_frame_list_list = mfn_of(top);
}

extern char spin_here[];

static void spin(void)
{
    guest_printf("dumped at %lx\n", (unsigned long)spin_here);
    asm volatile("movabs $0xb0b1b2b3b4b5b6b7, %%rbx\n"
                 "movabs $0xc0c1c2c3c4c5c6c7, %%rcx\n"
                 "movabs $0xd0d1d2d3d4d5d6d7, %%rdx\n"
                 "movabs $0x5051525354555657, %%rsi\n"
                 "movabs $0xd1d1d1d1d1d1d1d1, %%rdi\n"
                 "movabs $0x0808080808080808, %%r8\n"
                 "movabs $0x1515151515151515, %%r15\n"
                 ".globl spin_here\n"
                 "spin_here: jmp spin_here\n"
                 : : : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r15", "memory");
}

void test_main(void)
{
    for (unsigned int i = 0; i < MARKED * PER_PAGE; i++) {
        marked[i] = MARK;
    }
    tell_list(guest_option("lies"));
    if (guest_option("crash")) {
        struct sched_shutdown op = { .reason = SHUTDOWN_crash };

        (void)sched_op(SCHEDOP_shutdown, &op);
    }
    spin();
}
