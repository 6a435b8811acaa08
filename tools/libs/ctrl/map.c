/* SPDX-License-Identifier: GPL-2.0-only */
/* Foreign mappings: by runs of frames where the kernel takes them, else by the library. */
#include "ctrl-private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/sys/privcmd.h>

xenforeignmemory_handle *ctrl_fmem(struct xyl_ctrl *ctrl)
{
    if (ctrl->fmem == NULL) {
        ctrl->fmem = xenforeignmemory_open(NULL, 0);
    }
    return ctrl->fmem;
}

/* Entries for runs of frames that follow one another, to be mapped from @addr on; how many. */
static int find_runs(struct privcmd_mmap_entry *runs, uintptr_t addr, size_t nr,
                     const xen_pfn_t *frames)
{
    int count = 0;

    for (size_t i = 0; i < nr; i++) {
        if (i > 0 && frames[i] == frames[i - 1] + 1) {
            runs[count - 1].npages++;
        } else {
            runs[count++] = (struct privcmd_mmap_entry){ addr + i * CTRL_PAGE, frames[i], 1 };
        }
    }
    return count;
}

/*
 * The kernel's older call takes runs and reports nothing per page; the library's takes, copies and
 * answers for single pages, which costs a PV dom0 as much as the mapping itself.  A kernel whose
 * memory the hypervisor translates refuses it.
 */
static void *map_runs(struct xyl_ctrl *ctrl, uint32_t domid, int prot, size_t nr,
                      const xen_pfn_t *frames)
{
    struct privcmd_mmap_entry *runs = malloc(nr * sizeof(*runs));
    struct privcmd_mmap request = { .dom = (domid_t)domid, .entry = runs };
    int fd = xencall_fd(ctrl->call), saved;
    void *addr = runs != NULL ? mmap(NULL, nr * CTRL_PAGE, prot, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (addr != MAP_FAILED) {
        request.num = find_runs(runs, (uintptr_t)addr, nr, frames);
        if (ioctl(fd, IOCTL_PRIVCMD_MMAP, &request) != 0) {
            saved = errno;
            munmap(addr, nr * CTRL_PAGE);
            errno = saved;
            addr = MAP_FAILED;
        }
    }
    free(runs);
    return addr != MAP_FAILED ? addr : NULL;
}

void *xyl_ctrl_map(struct xyl_ctrl *ctrl, uint32_t domid, int prot, size_t nr,
                   const xen_pfn_t *frames)
{
    xenforeignmemory_handle *fmem;
    void *addr;

    if (!ctrl->no_runs) {
        addr = map_runs(ctrl, domid, prot, nr, frames);
        if (addr != NULL || (errno != ENOSYS && errno != ENOTTY && errno != EOPNOTSUPP)) {
            return addr;
        }
        ctrl->no_runs = true;
    }
    fmem = ctrl_fmem(ctrl);
    /* Without an array for errors the library fails the whole call on the first one. */
    return fmem != NULL ? xenforeignmemory_map(fmem, domid, prot, nr, frames, NULL) : NULL;
}

void xyl_ctrl_unmap(struct xyl_ctrl *ctrl, void *addr, size_t nr)
{
    if (addr != NULL && !ctrl->no_runs) {
        munmap(addr, nr * CTRL_PAGE);
    } else if (addr != NULL) {
        xenforeignmemory_unmap(ctrl->fmem, addr, nr);
    }
}
