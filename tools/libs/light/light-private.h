/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the lifecycle library. */
#ifndef LIGHT_PRIVATE_H
#define LIGHT_PRIVATE_H

#include "xyl_light.h"

#define LIGHT_LOCK_PATH 288     /* folder, "guest-", and a name */

/*
 * Invariants:
 *   L1  ctrl and store are NULL until first needed, and owned.
 *   L2  lock is -1, or the descriptor of the file lock_path, locked by this process.
 */
struct xyl_light {
    struct xyl_ctrl *ctrl;
    struct xyl_store *store;
    xyl_log_fn *log;
    void *log_ctx;
    xyl_config_read_fn *reader;     /* may be NULL */
    xyl_boot_console_fn *boot_console;      /* likewise */
    void *boot_ctx;
    char blkdev_start[8];           /* "": xvda */
    int lock;
    char lock_path[LIGHT_LOCK_PATH];
};

#define LIGHT_SLACK_KIB 1024u   /* beside a guest's memory: what it may take and give back */

#define LIGHT_PATH 160  /* bytes of a store path we make: the longest has a UUID and a key */

void light_log(struct xyl_light *light, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * light_give_rights - the ports, frames and interrupts that the configuration names.
 * Errors: -EPERM domain 0 has not got them; as the hypervisor says.
 */
int light_give_rights(struct xyl_light *light, uint32_t domid,
                      const struct xyl_domain_config *config, struct xyl_err *err);

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

/* nodes_remove - all that the two above wrote; nodes_remove_vm - what does not go by the number. */
void nodes_remove(struct xyl_light *light, uint32_t domid, const uint8_t uuid[16]);
void nodes_remove_vm(struct xyl_light *light, const uint8_t uuid[16]);

/*
 * light_set_cpuid - what CPUID shall tell a domain that has not run, by its configuration.
 * Errors: -EINVAL, -EOPNOTSUPP with the feature named that it cannot have.
 */
int light_set_cpuid(struct xyl_light *light, uint32_t domid, const struct xyl_domain_config *config,
                    struct xyl_err *err);

/*
 * light_dump_crashed - a dump as an action: NAME in the folder of dumps, or NAME.1 to NAME.4 if
 * that is there already.  What goes wrong is a line of the log: the domain's end goes on.
 */
extern const char *light_dump_dir;      /* tests choose another folder */
void light_dump_crashed(struct xyl_light *light, uint32_t domid);

/*
 * light_destroy - the domain and all that is kept about it; its name is locked.
 * Errors: -EIO, -ENOMEM: it is paused, and there with its devices; what the hypervisor says: the
 * rest of it is gone.  In both cases the record is to stay.
 */
int light_destroy(struct xyl_light *light, uint32_t domid, const uint8_t uuid[16]);

/*
 * light_lock - be the only process that makes, changes or ends the guest of that name; waits for
 * its turn, and first finishes what a process that died left undone.  The context has one lock
 * at a time: taking another leaves the first.
 */
extern const char *light_lock_dir;      /* tests choose another folder */
int light_lock(struct xyl_light *light, const char *name, struct xyl_err *err);

/*
 * light_lock_uuid - be the only process that looks whether a UUID is free and makes its domain;
 * held for no longer, beside the lock on the name.  Returns a descriptor for light_unlock_uuid().
 */
int light_lock_uuid(const uint8_t uuid[16], struct xyl_err *err);
void light_unlock_uuid(int fd, const uint8_t uuid[16]);

/* light_lock_domain - xyl_domain_lock() for who ends it: one that is dying too.  @info  out. */
int light_lock_domain(struct xyl_light *light, uint32_t domid, xyl_domain_info *info,
                      struct xyl_err *err);

/* light_locked_by_other - is another process making, changing or ending the domain? */
bool light_locked_by_other(struct xyl_light *light, uint32_t domid);

/*
 * light_record - write into the lock that this domain is half-made from now on: it is destroyed
 * if this process dies.
 * @domid  -1: not known yet.  @uuid  NULL: nothing is half-made.
 */
int light_record(struct xyl_light *light, long domid, const uint8_t uuid[16],
                 struct xyl_err *err);

/* light_unlock - leave the lock, and with it the record; nothing if there is none. */
void light_unlock(struct xyl_light *light);

/* light_unlock_done - as light_unlock(), but with @done false the record stays for the next one. */
void light_unlock_done(struct xyl_light *light, bool done);

/*
 * Files about a domain: STATE_DIR/userdata-d.ID.UUID.xl, and with .lock behind it the lock of
 * the process that watches over it; tests choose another folder.
 */
extern const char *light_state_dir;
int userdata_store(uint32_t domid, const uint8_t uuid[16], const char *text, struct xyl_err *err);
/* userdata_load - for free(); NULL with errno set, ENOENT if nothing is kept. */
char *userdata_load(uint32_t domid, const uint8_t uuid[16]);
/*
 * userdata_lock - be the one process that watches over a domain.
 * Returns a descriptor to close, -ENOENT if nothing is kept about the domain, or
 * -EBUSY with @err set if another process has it.
 */
int userdata_lock(uint32_t domid, const uint8_t uuid[16], struct xyl_err *err);
void userdata_remove(uint32_t domid, const uint8_t uuid[16]);

#endif
