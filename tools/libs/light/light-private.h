/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the lifecycle library. */
#ifndef LIGHT_PRIVATE_H
#define LIGHT_PRIVATE_H

#include "xyl_light.h"

/* Invariant: ctrl and store are NULL until first needed, and owned. */
struct xyl_light {
    struct xyl_ctrl *ctrl;
    struct xyl_store *store;
    xyl_log_fn *log;
    void *log_ctx;
};

#define LIGHT_PATH 160  /* bytes of a store path we make: the longest has a UUID and a key */

void light_log(struct xyl_light *light, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What the store shall know of a domain that was built. */
struct light_nodes {
    uint32_t domid;
    const struct xyl_domain_config *config;
    char uuid[XYL_UUID_TEXT];
    uint32_t store_port, console_port;
    uint64_t store_mfn, console_mfn;
};

/*
 * nodes_name_taken - does another domain have the name, as this transaction sees it?
 * Errors: -EEXIST if so.
 */
int nodes_name_taken(struct xyl_store *store, xyl_store_tx tx, uint32_t domid, const char *name);

/*
 * nodes_claim - the domain's home with its name, atomically with the check that
 * no other domain has the name.
 * Errors: -EEXIST.
 */
int nodes_claim(struct xyl_light *light, const struct light_nodes *nodes, struct xyl_err *err);

/* nodes_describe - everything else, up to and with the introduction to the store. */
int nodes_describe(struct xyl_light *light, const struct light_nodes *nodes, struct xyl_err *err);

/* nodes_remove - all that the two above wrote. */
void nodes_remove(struct xyl_light *light, uint32_t domid, const uint8_t uuid[16]);

/* Files about a domain: STATE_DIR/userdata-d.ID.UUID.xl; tests choose another folder. */
extern const char *light_state_dir;
int userdata_store(uint32_t domid, const uint8_t uuid[16], const char *text, struct xyl_err *err);
char *userdata_load(uint32_t domid, const uint8_t uuid[16]);
/*
 * userdata_lock - be the one process that watches over a domain.
 * Returns a descriptor to close, -ENOENT if nothing is kept about the domain, or
 * -EBUSY with @err set if another process has it.
 */
int userdata_lock(uint32_t domid, const uint8_t uuid[16], struct xyl_err *err);
void userdata_remove(uint32_t domid, const uint8_t uuid[16]);

#endif
