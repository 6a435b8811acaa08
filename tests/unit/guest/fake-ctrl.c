/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of tools/libs/ctrl that the builder makes, on a machine in a file. */
#include "fake-ctrl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/fault-off.h"

#define PAGE 4096ul

struct fake_machine *fake_state;
static int memory = -1;

void fake_reset(void)
{
    fake_end();
    if (fake_state == NULL) {
        fake_state = mmap(NULL, sizeof(fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                          -1, 0);
    }
    memset(&fake, 0, sizeof(fake));
    fake.caller = getpid();
    memory = memfd_create("machine", MFD_CLOEXEC);
    if (memory < 0 || ftruncate(memory, FAKE_PAGES * PAGE) < 0) {
        _exit(99);
    }
    fake.machine = mmap(NULL, FAKE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    memset(fake.machine, 0x5a, FAKE_PAGES * PAGE);
    fake.limit = FAKE_PAGES - 1;
}

void fake_end(void)
{
    if (memory >= 0) {
        munmap(fake.machine, FAKE_PAGES * PAGE);
        close(memory);
        memory = -1;
    }
}

void fake_file(char path[64], const char *name, const void *data, size_t size)
{
    FILE *file;

    snprintf(path, 64, "/tmp/xyl-guest-%d-%s", (int)getpid(), name);
    file = fopen(path, "w");
    fwrite(data, 1, size, file);
    fclose(file);
}

uint8_t *fake_frame(xen_pfn_t mfn)
{
    return fake.machine + (mfn - FAKE_FIRST_MFN) * PAGE;
}

long xyl_ctrl_populate(struct xyl_ctrl *ctrl, uint32_t domid, unsigned int order, size_t nr,
                       xen_pfn_t *frames)
{
    (void)ctrl;
    (void)domid;
    if (order > 0 && fake.no_superpages) {
        return 0;
    }
    for (size_t i = 0; i < nr; i++) {
        if (fake.populated + (1ul << order) > fake.limit) {
            return (long)i;
        }
        /* Large extents from the top, single pages from the bottom: no order to rely on. */
        if (order > 0) {
            fake.next += 1ul << order;
            frames[i] = FAKE_FIRST_MFN + FAKE_PAGES - 512 - fake.next;
        } else {
            frames[i] = FAKE_FIRST_MFN + (fake.populated - fake.next);
        }
        fake.populated += 1ul << order;
    }
    return (long)nr;
}

void *xyl_ctrl_map(struct xyl_ctrl *ctrl, uint32_t domid, int prot, size_t nr,
                   const xen_pfn_t *frames)
{
    uint8_t *addr;

    (void)ctrl;
    (void)domid;
    if (fake.fail_map != 0) {
        errno = -fake.fail_map;
        return NULL;
    }
    addr = mmap(NULL, nr * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < nr; i++) {
        if (frames[i] < FAKE_FIRST_MFN || frames[i] - FAKE_FIRST_MFN >= FAKE_PAGES) {
            munmap(addr, nr * PAGE);
            errno = EINVAL;
            return NULL;
        }
        mmap(addr + i * PAGE, PAGE, prot, MAP_SHARED | MAP_FIXED, memory,
             (off_t)((frames[i] - FAKE_FIRST_MFN) * PAGE));
    }
    fake.mapped_here += getpid() == fake.caller ? nr : 0;
    fake.map_calls++;
    return addr;
}

void xyl_ctrl_unmap(struct xyl_ctrl *ctrl, void *addr, size_t nr)
{
    (void)ctrl;
    if (addr != NULL) {
        munmap(addr, nr * PAGE);
        fake.mapped_here -= getpid() == fake.caller ? nr : 0;
    }
}

int xyl_ctrl_domain_info(struct xyl_ctrl *ctrl, uint32_t domid, xyl_domain_info *info)
{
    (void)ctrl;
    memset(info, 0, sizeof(*info));
    info->domain = (domid_t)domid;
    info->shared_info_frame = FAKE_SHARED;
    return 0;
}

int xyl_ctrl_domain_hypercall_page(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t gmfn)
{
    (void)ctrl;
    (void)domid;
    fake.hypercall_page = gmfn;
    return 0;
}

int xyl_ctrl_pin_l4(struct xyl_ctrl *ctrl, uint32_t domid, xen_pfn_t mfn)
{
    (void)ctrl;
    (void)domid;
    fake.pinned = mfn;
    return fake.mapped_here != 0 ? -EBUSY : fake.fail_pin;
}

int xyl_ctrl_grant_seed(struct xyl_ctrl *ctrl, uint32_t domid, const struct xyl_grant_seed *seeds,
                        size_t nr)
{
    (void)ctrl;
    (void)domid;
    memcpy(fake.seeds, seeds, nr * sizeof(*seeds));
    fake.nr_seeds = nr;
    return 0;
}

int xyl_ctrl_vcpu_set_context(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                              const vcpu_guest_context_t *context)
{
    (void)ctrl;
    (void)domid;
    (void)vcpu;
    fake.context = *context;
    return fake.fail_context;
}
