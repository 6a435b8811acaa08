/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a domain has run, from dom0: XEN_DOMCTL_getdomaininfo through /dev/xen/privcmd. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <public/xen.h>
#include <public/domctl.h>

#include "work.h"

/* Linux' include/uapi/xen/privcmd.h. */
struct privcmd_hypercall {
    uint64_t op, arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

void print_cpu_time(unsigned int domid)
{
    int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    struct xen_domctl *op = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
    struct privcmd_hypercall call = { .op = __HYPERVISOR_domctl, .arg = { (uintptr_t)op } };

    if (fd < 0 || op == MAP_FAILED) {
        die("privcmd");
    }
    op->cmd = XEN_DOMCTL_getdomaininfo;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = (domid_t)domid;
    if (ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) != 0 || op->u.getdomaininfo.domain != domid) {
        die("getdomaininfo");
    }
    printf("%llu\n", (unsigned long long)op->u.getdomaininfo.cpu_time);
}
