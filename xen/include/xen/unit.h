/* SPDX-License-Identifier: GPL-2.0-only */
/* Subsystems as units: creation walks the list forward and unwinds it backward. */
#ifndef XEN_UNIT_H
#define XEN_UNIT_H

#include <xen/types.h>

struct domain;
struct vcpu;

/*
 * Each field may be NULL.  Order of units is the list in common/units.c.
 * A failing *_create leaves nothing of its own behind; the walker then calls
 * *_destroy of the units before it, in reverse.
 */
struct unit {
    const char *name;
    int  (*init)(void);                         /* boot, once, before any domain */
    int  (*domain_create)(struct domain *d);
    /*
     * domain_relinquish - give back what refers to other domains or to frames,
     * preemptibly: 0 when done, -ERESTART to be called again.  Runs while other
     * domains may still hold references to @d.
     */
    int  (*domain_relinquish)(struct domain *d);
    void (*domain_destroy)(struct domain *d);   /* last reference gone; frees memory */
    int  (*vcpu_create)(struct vcpu *v);
    void (*vcpu_destroy)(struct vcpu *v);
    void (*dump)(struct domain *d);             /* debug key */
    bool (*check)(struct domain *d);            /* invariants, debug builds */
};

int units_init(void);
int units_domain_create(struct domain *d);
int units_domain_relinquish(struct domain *d);
void units_domain_destroy(struct domain *d);
int units_vcpu_create(struct vcpu *v);
void units_vcpu_destroy(struct vcpu *v);
/* units_dump - what the unit called @name has to show of @d; NULL: all units. */
void units_dump(struct domain *d, const char *name);
bool units_check(struct domain *d);

#endif /* XEN_UNIT_H */
