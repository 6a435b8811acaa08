/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sysctl that takes CPUs off and on: "cpuctl OPERATION CPU", both as numbers of
 * public/sysctl.h, prints 0 or the error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/sysctl.h>
#include <xencall.h>

int main(int argc, char **argv)
{
    xencall_handle *call = xencall_open(NULL, 0);
    struct xen_sysctl *op = call != NULL ? xencall_alloc_buffer(call, sizeof(*op)) : NULL;
    int rc;

    if (op == NULL || argc != 3) {
        fprintf(stderr, "cpuctl: %s\n",
                op == NULL ? "no hypervisor" : "usage: cpuctl OPERATION CPU");
        return 1;
    }
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_SYSCTL_cpu_hotplug;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op->u.cpu_hotplug.op = (uint32_t)strtoul(argv[1], NULL, 0);
    op->u.cpu_hotplug.cpu = (uint32_t)strtoul(argv[2], NULL, 0);
    rc = xencall1(call, __HYPERVISOR_sysctl, (uintptr_t)op);
    printf("%s\n", rc == 0 ? "0" : strerrorname_np(errno));
    xencall_free_buffer(call, op);
    xencall_close(call);
    return 0;
}
