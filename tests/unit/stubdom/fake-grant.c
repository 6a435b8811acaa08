/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages and grants for unit tests, counted; a test decides which grants the other end holds. */
#include "fake-grant.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <stub/grant.h>
#include <stub/mm.h>

#define GRANTS 1024

int fake_pages, fake_grants, fake_page_limit = 1 << 20;
grant_ref_t fake_held;
static const void *given[GRANTS];
static bool writable[GRANTS];
static char *runs;                      /* of more than one page: these are freed one by one too */
static size_t runs_used;
static int run_pages;                   /* not given back yet */

/* Bytes of addresses.  They are used again only when none of them is in use. */
#define RUNS (1u << 30)

static void *run_alloc(size_t size)
{
    char *run;

    if (runs == NULL) {
        runs = mmap(NULL, RUNS, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    run = runs + runs_used;
    run_pages += (int)(size / PAGE_SIZE);
    runs_used += size + PAGE_SIZE;      /* and a guard page */
    if (runs == MAP_FAILED || runs_used > RUNS ||
        mprotect(run, size, PROT_READ | PROT_WRITE) != 0) {
        abort();
    }
    return run;
}

static bool in_runs(const void *va)
{
    return runs != NULL && (uintptr_t)va - (uintptr_t)runs < RUNS;
}

void *page_alloc(size_t nr)
{
    void *page;

    if (fake_pages + (int)nr > fake_page_limit) {
        return NULL;
    }
    page = nr > 1 ? run_alloc(nr * PAGE_SIZE) : aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(page, 0xa5, nr * PAGE_SIZE); /* not cleared */
    fake_pages += (int)nr;
    return page;
}

void page_free(void *va, size_t nr)
{
    fake_pages -= (int)nr;
    if (in_runs(va)) {
        (void)mprotect(va, nr * PAGE_SIZE, PROT_NONE);
        run_pages -= (int)nr;
        runs_used = run_pages > 0 ? runs_used : 0;
    } else {
        free(va);
    }
}

size_t pages_free(void)
{
    return (size_t)(fake_page_limit - fake_pages);
}

size_t pages_total(void)
{
    return (size_t)fake_page_limit;
}

int grant_give(domid_t domid, const void *va, bool readonly)
{
    (void)domid;
    for (int gref = 8; gref < GRANTS; gref++) {
        if (given[gref] == NULL) {
            given[gref] = va;
            writable[gref] = !readonly;
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

bool fake_writable(grant_ref_t gref)
{
    return fake_granted(gref) != NULL && writable[gref];
}

void fake_forget(void)
{
    for (int gref = 0; gref < GRANTS; gref++) {
        if (given[gref] != NULL) {
            page_free((void *)given[gref], 1);
            given[gref] = NULL;
            fake_grants--;
        }
    }
}
