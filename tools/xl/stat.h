/* SPDX-License-Identifier: GPL-2.0-only */
/* xl stat: the fields of kvm_stat, and the hypervisor's own rows. */
#ifndef XL_STAT_H
#define XL_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xyl_counters.h"

/*
 * A classic field.  @rows: names of counters joined by '+' and '-', "*hypercall" for all of
 * that kind; NULL for a thing that PV guests do not have.  @meaning is for the manual.
 */
struct stat_field {
    const char *name;
    const char *rows;
    const char *meaning;
};
extern const struct stat_field stat_fields[];   /* ends with a row without a name */

/* One line: what happened altogether, and since the look before. */
struct stat_item {
    const char *name;       /* of a field, or of a row of the counters: not owned */
    bool none;              /* a field that has no meaning here */
    uint64_t total, before;
    uint64_t time_ns, time_before;
};

/* stat_nr - how many items there are: every field, and every row that no field has the name of. */
size_t stat_nr(const struct xyl_counters *c);

/* stat_name - fill in the names of @items, stat_nr() of them, and clear the rest. */
void stat_name(const struct xyl_counters *c, struct stat_item *items);

/* stat_add - add one domain's values to the totals. */
void stat_add(const struct xyl_counters *c, const struct xylem_counter_value *values,
              struct stat_item *items);

#endif
