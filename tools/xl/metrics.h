/* SPDX-License-Identifier: GPL-2.0-only */
/* xl stat -m: what is known about domains as OpenMetrics text. */
#ifndef XL_METRICS_H
#define XL_METRICS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "stat.h"
#include "top.h"

/*
 * metrics_domains - what `xl top` knows of each domain, family by family.
 *
 * Spec: OpenMetrics 1.0, of which the caller writes the end mark.
 */
void metrics_domains(FILE *out, const struct top_sample *sample);

/* What an event's line says: how often it happened, or how long all of it took. */
enum metrics_of { METRICS_COUNT, METRICS_TIME };

/* metrics_events_head - before the first domain's events; metrics_events - those of one domain. */
void metrics_events_head(FILE *out, enum metrics_of of);
void metrics_events(FILE *out, enum metrics_of of, const struct stat_item *items, size_t nr,
                    const char *name, uint32_t domid);

#endif
