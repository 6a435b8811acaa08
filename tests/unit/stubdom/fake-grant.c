/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages and grants for unit tests, counted; a test decides which grants the other end holds. */
#include "fake-grant.h"

#include <stdlib.h>
#include <string.h>

#include <stub/grant.h>
#include <stub/mm.h>

#define GRANTS 1024

int fake_pages, fake_grants, fake_page_limit = 1 << 20;
grant_ref_t fake_held;
static const void *given[GRANTS];

void *page_alloc(size_t nr)
{
    void *page = fake_pages < fake_page_limit ? aligned_alloc(PAGE_SIZE, nr * PAGE_SIZE) : NULL;

    if (page != NULL) {
        memset(page, 0xa5, nr * PAGE_SIZE);     /* not cleared */
        fake_pages += (int)nr;
    }
    return page;
}

void page_free(void *va, size_t nr)
{
    fake_pages -= (int)nr;
    free(va);
}

int grant_give(domid_t domid, const void *va, bool readonly)
{
    (void)domid;
    (void)readonly;
    for (int gref = 8; gref < GRANTS; gref++) {
        if (given[gref] == NULL) {
            given[gref] = va;
            fake_grants++;
            return gref;
        }
    }
    return -XEN_ENOSPC;
}

int grant_end(grant_ref_t gref)
{
    if (gref >= GRANTS || given[gref] == NULL) {
        abort();                        /* ending what was never given is a bug of ours */
    }
    if (gref == fake_held) {
        return -XEN_EBUSY;
    }
    given[gref] = NULL;
    fake_grants--;
    return 0;
}

void *fake_granted(grant_ref_t gref)
{
    return gref < GRANTS ? (void *)given[gref] : NULL;
}
