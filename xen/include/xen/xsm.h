/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may do what: one predicate per question, no side effects (common/xsm.c). */
#ifndef XEN_XSM_H
#define XEN_XSM_H

#include <xen/types.h>

struct domain;

/* Each returns 0 or -EPERM; @s is the asking domain, @t the object. */
int may_control_domain(const struct domain *s, const struct domain *t);  /* domctl, lifecycle */
int may_control_host(const struct domain *s);                            /* sysctl, platform_op */
/* MMU with a foreign domid */
int may_map_foreign(const struct domain *s, const struct domain *t);
int may_manage_memory(const struct domain *s, const struct domain *t);   /* memory_op on @t */
int may_bind_evtchn_for(const struct domain *s, const struct domain *t); /* alloc_unbound for @t */
/* physdev ops of the host */
int may_use_devices(const struct domain *s);
int may_handle_global_virq(const struct domain *s, unsigned int virq);
/* setup_table etc. for @t */
int may_manage_grants(const struct domain *s, const struct domain *t);
int may_use_console(const struct domain *s);                             /* console_io */

#endif /* XEN_XSM_H */
