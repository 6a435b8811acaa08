/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the configuration parser: the set of settings. */
#ifndef CFG_PRIVATE_H
#define CFG_PRIVATE_H

#include "xyl_cfg.h"

/* Invariant: names are unique; settings[] are in the order of their first appearance. */
struct xyl_cfg {
    struct xyl_cfg_setting *settings;
    size_t nr, room;
    char **sources;         /* names of files, owned */
    size_t nr_sources;
};

void cfg_value_free(struct xyl_cfg_value *value);

/* cfg_store - put a setting in, @append for +=.  Takes @setting's contents in every case. */
int cfg_store(struct xyl_cfg *cfg, struct xyl_cfg_setting *setting, bool append,
              struct xyl_err *err);

/* cfg_source - an owned copy of a source's name; NULL without memory. */
const char *cfg_source(struct xyl_cfg *cfg, const char *source);

/* cfg_parse_value - whether all of @text is one value; for overrides. */
bool cfg_parse_value(const char *source, const char *text, size_t size,
                     struct xyl_cfg_value *value);

#endif
