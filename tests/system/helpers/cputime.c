/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long did each of these domains run?  "cputime SECONDS DOMID..." waits, then prints a line
 * "DOMID NANOSECONDS" for each, by the hypervisor's run states.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xencall.h>

#define MAX_DOMAINS 16

static uint64_t time_run(xencall_handle *call, struct xen_domctl *op, const char *domid)
{
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_DOMCTL_getdomaininfo;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = (domid_t)atoi(domid);
    if (xencall1(call, __HYPERVISOR_domctl, (uintptr_t)op) != 0) {
        fprintf(stderr, "cputime: domain %s: ", domid);
        perror("getdomaininfo");
        exit(1);
    }
    return op->u.getdomaininfo.cpu_time;
}

int main(int argc, char **argv)
{
    xencall_handle *call = xencall_open(NULL, 0);
    struct xen_domctl *op = call != NULL ? xencall_alloc_buffer(call, sizeof(*op)) : NULL;
    uint64_t before[MAX_DOMAINS];

    if (op == NULL || argc < 3 || argc - 2 > MAX_DOMAINS) {
        fprintf(stderr, "cputime: %s\n", op == NULL ? "no hypervisor" :
                "usage: cputime SECONDS DOMID...");
        return 1;
    }
    for (int i = 2; i < argc; i++) {
        before[i - 2] = time_run(call, op, argv[i]);
    }
    sleep((unsigned int)atoi(argv[1]));
    for (int i = 2; i < argc; i++) {
        printf("%s %" PRIu64 "\n", argv[i], time_run(call, op, argv[i]) - before[i - 2]);
    }
    xencall_free_buffer(call, op);
    xencall_close(call);
    return 0;
}
