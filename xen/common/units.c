/* SPDX-License-Identifier: GPL-2.0-only */
/* The subsystems in order of creation (xen/unit.h). */
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/unit.h>

/* Defined where the subsystem is. */
extern const struct unit evtchn_unit, gnttab_unit, time_unit, irq_unit, exchange_unit;
extern const struct unit watchdog_unit, sched_unit;

static const struct unit *const units[] = {
    &sched_unit, &irq_unit, &evtchn_unit, &gnttab_unit, &time_unit, &watchdog_unit, &exchange_unit,
};

int __init units_init(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
        int rc = units[i]->init != NULL ? units[i]->init() : 0;

        if (rc != 0) {
            printk(LOG_ERR "%s: initialisation failed (%d)\n", units[i]->name, rc);
            return rc;
        }
    }
    return 0;
}

int units_domain_create(struct domain *d)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
        int rc = units[i]->domain_create != NULL ? units[i]->domain_create(d) : 0;

        if (rc != 0) {
            while (i-- > 0) {
                if (units[i]->domain_destroy != NULL) {
                    units[i]->domain_destroy(d);
                }
            }
            return rc;
        }
    }
    return 0;
}

/* Last created, first to let go; each is called again until it is done. */
int units_domain_relinquish(struct domain *d)
{
    for (unsigned int i = ARRAY_SIZE(units); i-- > 0;) {
        int rc = units[i]->domain_relinquish != NULL ? units[i]->domain_relinquish(d) : 0;

        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

void units_domain_destroy(struct domain *d)
{
    for (unsigned int i = ARRAY_SIZE(units); i-- > 0;) {
        if (units[i]->domain_destroy != NULL) {
            units[i]->domain_destroy(d);
        }
    }
}

int units_vcpu_create(struct vcpu *v)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
        int rc = units[i]->vcpu_create != NULL ? units[i]->vcpu_create(v) : 0;

        if (rc != 0) {
            while (i-- > 0) {
                if (units[i]->vcpu_destroy != NULL) {
                    units[i]->vcpu_destroy(v);
                }
            }
            return rc;
        }
    }
    return 0;
}

void units_vcpu_destroy(struct vcpu *v)
{
    for (unsigned int i = ARRAY_SIZE(units); i-- > 0;) {
        if (units[i]->vcpu_destroy != NULL) {
            units[i]->vcpu_destroy(v);
        }
    }
}

void units_dump(struct domain *d, const char *name)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
        if (units[i]->dump != NULL && (name == NULL || strcmp(name, units[i]->name) == 0)) {
            units[i]->dump(d);
        }
    }
}

bool units_check(struct domain *d)
{
    bool ok = true;

    for (unsigned int i = 0; i < ARRAY_SIZE(units); i++) {
        ok &= units[i]->check == NULL || units[i]->check(d);
    }
    return ok;
}
