/* SPDX-License-Identifier: GPL-2.0-only */
/* CPU policies of a small CPU; a set policy is cut to what a PV guest may have, as Xylem does. */
#include "fake-host.h"

#include <errno.h>
#include <string.h>

#include "harness/fault-off.h"

#define NONE XEN_CPUID_NO_SUBLEAF
#define SSE3 1u
#define SSE4_2 (1u << 20)
#define VMX (1u << 5)
#define AVX (1u << 28)
#define AVX2 (1u << 5)
#define SMEP (1u << 7)
#define ITSC (1u << 8)

static const xen_cpuid_leaf_t defaults[] = {
    { 0, NONE, 0xd, 0, 0, 0 }, { 1, NONE, 0x800f12, 0x800, SSE3 | SSE4_2 | AVX, 0x7 },
    { 5, NONE, 0, 0, 0, 0 }, { 7, 0, 0, AVX2, 0, 0 }, { 0x40000000, NONE, 0, 0, 0, 0 },
    { 0x80000000, NONE, 0x80000008, 0, 0, 0 }, { 0x80000007, NONE, 0, 0, 0, 0 },
};
#define LEAVES (sizeof(defaults) / sizeof(defaults[0]))

static xen_cpuid_leaf_t own[LEAVES];

xen_cpuid_leaf_t *host_policy(uint32_t leaf)
{
    for (size_t i = 0; i < LEAVES; i++) {
        if (own[i].leaf == leaf) {
            return &own[i];
        }
    }
    return NULL;
}

void host_policy_reset(void)
{
    memcpy(own, defaults, sizeof(own));
}

static int tell(const xen_cpuid_leaf_t *from, xen_cpuid_leaf_t *leaves)
{
    if (host_fails()) {
        return -EIO;
    }
    memcpy(leaves, from, sizeof(defaults));
    return (int)LEAVES;
}

int xyl_ctrl_host_policy(struct xyl_ctrl *ctrl, uint32_t which, xen_cpuid_leaf_t *leaves)
{
    xen_cpuid_leaf_t all[LEAVES];

    (void)ctrl;
    memcpy(all, defaults, sizeof(all));
    all[6].d = ITSC;
    if (which == XEN_SYSCTL_cpu_policy_host) {
        all[1].c |= VMX;
        all[3].b |= SMEP;
    }
    return tell(all, leaves);
}

int xyl_ctrl_domain_policy(struct xyl_ctrl *ctrl, uint32_t domid, xen_cpuid_leaf_t *leaves)
{
    (void)ctrl;
    (void)domid;
    return tell(own, leaves);
}

int xyl_ctrl_domain_set_policy(struct xyl_ctrl *ctrl, uint32_t domid,
                               const xen_cpuid_leaf_t *leaves, uint32_t nr, uint32_t *bad)
{
    (void)ctrl;
    (void)domid;
    *bad = ~0u;
    if (host_fails()) {
        return -EIO;
    }
    if (leaves[0].a > 0xd) {
        *bad = 0;
        return -EINVAL;
    }
    memcpy(own, leaves, (nr < LEAVES ? nr : LEAVES) * sizeof(*leaves));
    own[1].c &= SSE3 | AVX | SSE4_2;
    own[2] = defaults[2];
    own[3].b &= own[1].c & AVX ? AVX2 : 0;
    own[6].d &= ITSC;
    return 0;
}
