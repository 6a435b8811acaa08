/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPUID tells a new domain: its default policy, changed as the configuration says. */
#include "light-private.h"

#include <errno.h>
#include <stdlib.h>

#include "xyl_ctrl.h"

struct policy {
    xen_cpuid_leaf_t leaves[XYL_CPU_LEAVES];
    int nr;
};

/* What is compared: the domain's own policy, that of the host, and the most a PV guest may have. */
struct policies {
    struct policy own, host, max;
};

/* A register of a policy; NULL: it has no such leaf. */
static uint32_t *register_of(struct policy *p, const struct xyl_cpuid *of)
{
    for (int i = 0; i < p->nr; i++) {
        xen_cpuid_leaf_t *l = &p->leaves[i];

        if (l->leaf == of->leaf && l->subleaf == of->subleaf) {
            uint32_t *const registers[] = { &l->a, &l->b, &l->c, &l->d };

            return registers[of->reg];
        }
    }
    return NULL;
}

static uint32_t value_of(struct policy *p, const struct xyl_cpuid *of)
{
    const uint32_t *r = register_of(p, of);

    return r != NULL ? *r : 0;
}

static bool asks_nothing(const struct xyl_cpuid *change)
{
    return (change->ones | change->zeros | change->host) == 0;
}

/* @domid  NULL: instead of a domain's own policy, the one that a new domain gets. */
static int read_policies(struct xyl_ctrl *ctrl, const uint32_t *domid, struct policies *p,
                         struct xyl_err *err)
{
    p->own.nr = domid != NULL ? xyl_ctrl_domain_policy(ctrl, *domid, p->own.leaves) :
                xyl_ctrl_host_policy(ctrl, XEN_SYSCTL_cpu_policy_pv_default, p->own.leaves);
    p->host.nr = p->own.nr < 0 ? p->own.nr :
                 xyl_ctrl_host_policy(ctrl, XEN_SYSCTL_cpu_policy_host, p->host.leaves);
    p->max.nr = p->host.nr < 0 ? p->host.nr :
                xyl_ctrl_host_policy(ctrl, XEN_SYSCTL_cpu_policy_pv_max, p->max.leaves);
    return p->max.nr < 0 ? xyl_fail_sys(err, p->max.nr, "cannot ask the hypervisor about CPU "
                                        "features") : 0;
}

static int change_policy(struct policies *p, const struct xyl_cpuid *change, struct xyl_err *err)
{
    uint32_t *r = register_of(&p->own, change), host;

    if (r == NULL) {
        return change->ones == 0 && change->host == 0 ? 0 :
               xyl_fail(err, -EOPNOTSUPP, "cpuid: guests are told no leaf 0x%x%s; leave it out",
                        change->leaf, change->subleaf == XYL_CPUID_NO_SUBLEAF ||
                        change->subleaf == 0 ? "" : " with that subleaf");
    }
    host = value_of(&p->host, change) & value_of(&p->max, change);
    *r &= ~(change->ones | change->zeros | change->host);
    *r |= change->ones | (host & change->host);
    return 0;
}

/* Why the domain does not have bit @bit as @change asks for it. */
static int refused(struct policies *p, const struct xyl_cpuid *change, unsigned int bit,
                   struct xyl_err *err)
{
    bool one = change->ones >> bit & 1;
    char text[48];

    if (xyl_cpuid_bit_text(change, bit, text) > 1) {
        return xyl_fail(err, -EINVAL, "cpuid: %s cannot have this value here; leave it out", text);
    }
    if (one && !(value_of(&p->host, change) >> bit & 1)) {
        return xyl_fail(err, -EOPNOTSUPP, "cpuid: %s=1: this host's CPU does not have it; leave "
                        "it out", text);
    }
    if (one && (value_of(&p->max, change) >> bit & 1)) {
        return xyl_fail(err, -EINVAL, "cpuid: %s=1: another feature that it needs is off; leave "
                        "one of the two out", text);
    }
    return xyl_fail(err, -EOPNOTSUPP, "cpuid: %s=%d: PV guests cannot be told so; leave it out",
                    text, one);
}

/* The hypervisor leaves out what no guest may have: has the domain all that was asked for? */
static int check_policy(struct policies *p, const struct xyl_domain_config *config,
                        struct xyl_err *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < config->nr_cpuid; i++) {
        const struct xyl_cpuid *change = &config->cpuid[i];
        uint32_t now = value_of(&p->own, change);
        uint32_t wrong = (change->ones & ~now) | (change->zeros & now);

        if (wrong != 0) {
            rc = refused(p, change, (unsigned int)__builtin_ctz(wrong), err);
        }
    }
    return rc;
}

static int set_policy(struct xyl_ctrl *ctrl, uint32_t domid, struct policies *p,
                      struct xyl_err *err)
{
    uint32_t bad;
    int rc = xyl_ctrl_domain_set_policy(ctrl, domid, p->own.leaves, (uint32_t)p->own.nr, &bad);

    if (rc < 0 && bad != ~0u) {
        return xyl_fail(err, rc, "cpuid: leaf 0x%x goes beyond what this host has; ask for less",
                        bad);
    }
    if (rc == 0) {
        rc = p->own.nr = xyl_ctrl_domain_policy(ctrl, domid, p->own.leaves);
    }
    return rc < 0 ? xyl_fail_sys(err, rc, "domain %u: the hypervisor refuses its CPU features",
                                 domid) : 0;
}

/*
 * What the hypervisor would leave out, as far as each bit alone tells; what hangs on another
 * feature only it knows.
 */
static void cut_policy(struct policies *p, const struct xyl_cpuid *change)
{
    uint32_t *r = register_of(&p->own, change);
    uint32_t able = value_of(&p->host, change) & value_of(&p->max, change);

    for (unsigned int bit = 0; r != NULL && bit < 32; bit++) {
        char text[48];

        if ((change->ones & ~able) >> bit & 1 && xyl_cpuid_bit_text(change, bit, text) <= 1) {
            *r &= ~(1u << bit);
        }
    }
}

/* @domid  that is changed; NULL: none, and what can be told without is. */
static int apply(struct xyl_light *light, const uint32_t *domid,
                 const struct xyl_domain_config *config, struct xyl_err *err)
{
    struct policies *p = malloc(sizeof(*p));
    int rc;

    if (p == NULL) {
        return xyl_fail(err, -ENOMEM, "out of memory");
    }
    rc = read_policies(light->ctrl, domid, p, err);
    for (size_t i = 0; rc == 0 && i < config->nr_cpuid; i++) {
        rc = asks_nothing(&config->cpuid[i]) ? 0 : change_policy(p, &config->cpuid[i], err);
        if (rc == 0 && domid == NULL) {
            cut_policy(p, &config->cpuid[i]);
        }
    }
    if (rc == 0 && domid != NULL) {
        rc = set_policy(light->ctrl, *domid, p, err);
    }
    if (rc == 0) {
        rc = check_policy(p, config, err);
    }
    free(p);
    return rc;
}

int light_set_cpuid(struct xyl_light *light, uint32_t domid, const struct xyl_domain_config *config,
                    struct xyl_err *err)
{
    return config->nr_cpuid == 0 ? 0 : apply(light, &domid, config, err);
}

int xyl_domain_config_check_host(struct xyl_light *light, const struct xyl_domain_config *config,
                                 struct xyl_err *err)
{
    if (config->nr_cpuid == 0) {
        return 0;
    }
    return xyl_light_ctrl(light, err) == NULL ? -ENODEV : apply(light, NULL, config, err);
}
