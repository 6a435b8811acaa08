/* SPDX-License-Identifier: MIT */
/* What a domain is started with, and the page that it shares with the hypervisor. */
#include <stub/domain.h>
#include <stub/hypercall.h>
#include <stub/mm.h>

/*
 * A whole page, so that no variable of ours comes to lie in the shared frame.  The frame that lies
 * behind it by itself is not used.
 */
static union {
    struct shared_info info;
    char page[PAGE_SIZE];
} shared_page PAGE_ALIGNED;
_Static_assert(sizeof(shared_page) == PAGE_SIZE, "the page is shared, all of it");

struct start_info *start_info;
struct shared_info *shared_info = &shared_page.info;

long shared_info_map(void)
{
    return update_va_mapping(shared_info, start_info->shared_info | PTE_DATA, UVMF_INVLPG);
}
