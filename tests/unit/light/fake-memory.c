/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory and registers of domains: a few pages, of which some are in no domain. */
#include "fake-host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/fault-off.h"

#define MAY_FAIL() do { if (host_fails()) { return -EIO; } } while (0)

struct host_memory host_memory;

/*
 * Shared information; the list's three levels, which names eight pages, none, and a device; the
 * pages, each full of its number for the guest.
 */
void host_memory_reset(void)
{
    shared_info_t *shared = (shared_info_t *)host_page(MEMORY_FIRST);

    memset(&host_memory, 0, sizeof(host_memory));
    for (unsigned int i = 0; i < MEMORY_DATA + 8; i++) {
        host_memory.kinds[i] = MEMORY_OWN;
    }
    host_memory.kinds[MEMORY_PAGES - 1] = MEMORY_DEVICE;
    shared->arch.max_pfn = 10;
    shared->arch.pfn_to_mfn_frame_list_list = MEMORY_FIRST + 1;
    host_page(MEMORY_FIRST + 1)[0] = MEMORY_FIRST + 2;
    host_page(MEMORY_FIRST + 2)[0] = MEMORY_FIRST + MEMORY_LIST;
    for (unsigned int i = 0; i < 8; i++) {
        uint64_t *page = host_page(MEMORY_FIRST + MEMORY_DATA + i);

        host_page(MEMORY_FIRST + MEMORY_LIST)[i] = MEMORY_FIRST + MEMORY_DATA + i;
        for (unsigned int j = 0; j < MEMORY_PAGE / 8; j++) {
            page[j] = i;
        }
    }
    host_page(MEMORY_FIRST + MEMORY_LIST)[8] = ~0ull;
    host_page(MEMORY_FIRST + MEMORY_LIST)[9] = MEMORY_FIRST + MEMORY_PAGES - 1;
}

uint64_t *host_page(xen_pfn_t mfn)
{
    return host_memory.pages[mfn - MEMORY_FIRST];
}

static bool is_there(xen_pfn_t mfn)
{
    return mfn >= MEMORY_FIRST && mfn - MEMORY_FIRST < MEMORY_PAGES &&
           host_memory.kinds[mfn - MEMORY_FIRST] != MEMORY_NONE;
}

int xyl_ctrl_frame_types(struct xyl_ctrl *ctrl, uint32_t domid, size_t nr, xen_pfn_t *frames)
{
    (void)ctrl;
    (void)domid;
    MAY_FAIL();
    host_memory.asked++;
    for (size_t i = 0; i < nr; i++) {
        bool own = is_there(frames[i]) &&
                   host_memory.kinds[frames[i] - MEMORY_FIRST] == MEMORY_OWN;

        frames[i] = own ? XEN_DOMCTL_PFINFO_NOTAB : XEN_DOMCTL_PFINFO_XTAB;
    }
    return 0;
}

/* What is mapped is a copy: each is to be given back. */
void *xyl_ctrl_map(struct xyl_ctrl *ctrl, uint32_t domid, int prot, size_t nr,
                   const xen_pfn_t *frames)
{
    char *at;

    (void)ctrl;
    (void)domid;
    (void)prot;
    if (host_fails()) {
        errno = EIO;
        return NULL;
    }
    for (size_t i = 0; i < nr; i++) {
        if (frames[i] == host_memory.goes && nr > 1) {
            host_memory.kinds[frames[i] - MEMORY_FIRST] = MEMORY_NONE;
        }
        if (!is_there(frames[i])) {
            errno = EINVAL;
            return NULL;
        }
        host_memory.touched_device |= host_memory.kinds[frames[i] - MEMORY_FIRST] == MEMORY_DEVICE;
    }
    at = malloc(nr * MEMORY_PAGE);
    for (size_t i = 0; i < nr; i++) {
        memcpy(at + i * MEMORY_PAGE, host_page(frames[i]), MEMORY_PAGE);
    }
    host_memory.mapped += (int)nr;
    return at;
}

void xyl_ctrl_unmap(struct xyl_ctrl *ctrl, void *addr, size_t nr)
{
    (void)ctrl;
    host_memory.mapped -= (int)nr;
    free(addr);
}

/* The second vCPU was never started. */
int xyl_ctrl_vcpu_get_context(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                              vcpu_guest_context_t *context)
{
    (void)ctrl;
    (void)domid;
    MAY_FAIL();
    memset(context, 0, sizeof(*context));
    context->user_regs.rip = 0xffffffff81000000ull + vcpu;
    return vcpu == 1 ? -ENODATA : 0;
}

int xyl_ctrl_version(struct xyl_ctrl *ctrl, struct xyl_version *version)
{
    (void)ctrl;
    MAY_FAIL();
    *version = (struct xyl_version){ .major = 4, .minor = 17, .page_size = 4096 };
    return 0;
}
