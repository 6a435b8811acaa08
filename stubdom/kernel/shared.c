/* SPDX-License-Identifier: MIT */
/* What a domain is started with, and the page that it shares with the hypervisor. */
#include <stub/domain.h>
#include <stub/hypercall.h>
#include <stub/mm.h>

/* The frame that lies behind it by itself is not used. */
static struct shared_info shared_page PAGE_ALIGNED;

struct start_info *start_info;
struct shared_info *shared_info = &shared_page;

long shared_info_map(void)
{
    return update_va_mapping(shared_info, start_info->shared_info | PTE_DATA, UVMF_INVLPG);
}
