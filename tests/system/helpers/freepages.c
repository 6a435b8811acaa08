/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints how many pages the hypervisor has free, to the page: "FREE SCRUB OUTSTANDING". */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/sysctl.h>
#include <xencall.h>

int main(void)
{
    xencall_handle *call = xencall_open(NULL, 0);
    struct xen_sysctl *op;

    if (call == NULL) {
        perror("freepages: /dev/xen/privcmd");
        return 1;
    }
    op = xencall_alloc_buffer(call, sizeof(*op));
    if (op == NULL) {
        perror("freepages: hypercall buffer");
        return 1;
    }
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_SYSCTL_physinfo;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    if (xencall1(call, __HYPERVISOR_sysctl, (uintptr_t)op) != 0) {
        perror("freepages: sysctl physinfo");
        return 1;
    }
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", (uint64_t)op->u.physinfo.free_pages,
           (uint64_t)op->u.physinfo.scrub_pages, (uint64_t)op->u.physinfo.outstanding_pages);
    xencall_free_buffer(call, op);
    xencall_close(call);
    return 0;
}
