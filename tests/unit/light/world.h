/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of domains' lives begin with: a context, a configuration, a folder. */
#ifndef TESTS_LIGHT_WORLD_H
#define TESTS_LIGHT_WORLD_H

#include "fake-host.h"
#include "light-private.h"

extern struct xyl_light *light;
extern struct xyl_domain_config config;
extern struct xyl_err err;
extern uint32_t domid;

/*
 * world_begin - an empty host, and the configuration of "guest": 64 MiB, one of two vCPUs.
 * @name  of the test, for the folder that locks and kept files are in.
 */
void world_begin(const char *name);

/* world_end - what world_begin() made, and whatever files are left. */
void world_end(void);

/* world_set - a text of the configuration. */
void world_set(char **field, const char *value);

/* world_text - the configuration as it is kept: the name. */
char *world_text(const struct xyl_domain_config *c);

/* world_create - all that `xl create` does, in @domid. */
int world_create(void);

/* world_remains - nodes about domains, targets of disks that are held open, QEMUs. */
size_t world_remains(void);

/* world_files - files in the folder; with @written only those that say something. */
size_t world_files(bool written);

#endif
