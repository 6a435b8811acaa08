/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may do what: one predicate per question, no side effects. */
#include <xen/domain.h>
#include <xen/xsm.h>

/*
 * The rights are held by name: the control domain has all of them, a
 * device-model domain those over its target, every domain those over itself
 * that the ABI gives to all.
 */
static bool is_control(const struct domain *s)
{
    return s->is_privileged;
}

static int verdict(bool ok)
{
    return ok ? 0 : -EPERM;
}

int may_control_domain(const struct domain *s, const struct domain *t)
{
    (void)t;
    return verdict(is_control(s));
}

int may_control_host(const struct domain *s)
{
    return verdict(is_control(s));
}

int may_map_foreign(const struct domain *s, const struct domain *t)
{
    return verdict(s == t || is_control(s) || (s->target != NULL && s->target == t));
}

int may_manage_memory(const struct domain *s, const struct domain *t)
{
    return verdict(s == t || is_control(s) || (s->target != NULL && s->target == t));
}

int may_bind_evtchn_for(const struct domain *s, const struct domain *t)
{
    return verdict(s == t || is_control(s) || (s->target != NULL && s->target == t));
}

int may_use_devices(const struct domain *s)
{
    return verdict(is_control(s));
}

int may_handle_global_virq(const struct domain *s, unsigned int virq)
{
    (void)virq;
    return verdict(is_control(s));
}

int may_manage_grants(const struct domain *s, const struct domain *t)
{
    return verdict(s == t || is_control(s));
}

int may_use_console(const struct domain *s)
{
    return verdict(is_control(s));
}
