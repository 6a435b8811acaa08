/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's life: create, find, pause, shut down, destroy, and keep watch.
 *
 * Functions return 0 or -Exxx and say why in one line in an xyl_err.  One context
 * serves one process; it is not shared over fork().
 */
#ifndef XYL_LIGHT_H
#define XYL_LIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "xyl_ctrl.h"
#include "xyl_domain_config.h"
#include "xyl_err.h"
#include "xyl_store.h"

struct xyl_light;

/*
 * xyl_light_new - a context; connections are made when first needed.
 * @log  told what is being done, one line at a time; may be NULL.
 * Returns NULL without memory.
 */
typedef void xyl_log_fn(void *ctx, const char *line);
struct xyl_light *xyl_light_new(xyl_log_fn *log, void *log_ctx);
void xyl_light_free(struct xyl_light *light);

/* The connections, opened when first asked for; NULL with @err set. */
struct xyl_ctrl *xyl_light_ctrl(struct xyl_light *light, struct xyl_err *err);
struct xyl_store *xyl_light_store(struct xyl_light *light, struct xyl_err *err);

/* ------------------------------------------------------------ finding domains */

/*
 * xyl_domains - all domains, in order of their ids.
 * @nr  out: how many.
 * Returns an array for free(), or NULL with @err set.
 */
xyl_domain_info *xyl_domains(struct xyl_light *light, size_t *nr, struct xyl_err *err);

/* xyl_domain_name - for free(); NULL if it has none or there is no such domain. */
char *xyl_domain_name(struct xyl_light *light, uint32_t domid);

/*
 * xyl_domain_find - the domain a person means: a number, or a name.
 * Errors: -ESRCH no such domain.
 */
int xyl_domain_find(struct xyl_light *light, const char *who, uint32_t *domid,
                    struct xyl_err *err);

/* ------------------------------------------------------------ life */

/* Turns a configuration to text that can be read again; for free(), NULL without memory. */
typedef char *xyl_config_text_fn(const struct xyl_domain_config *config);

/*
 * xyl_domain_create - build a domain from its configuration; it is left paused.
 * @config   checked; a UUID is chosen if it has none.
 * @to_text  makes the text that is kept for xyl_domain_config_load(); may be NULL.
 * On error nothing of the domain remains.  On 0 its name is locked and it counts as half-made,
 * to be destroyed should this process die, until xyl_domain_created() or xyl_domain_destroy().
 */
int xyl_domain_create(struct xyl_light *light, struct xyl_domain_config *config,
                      xyl_config_text_fn *to_text, uint32_t *domid,
                      struct xyl_err *err);

/*
 * xyl_domain_config_check_host - what of a configuration this host would refuse, as far as it tells
 * without a domain: CPU features.  That one needs another that is off only a creation finds.
 * Errors: -ENODEV the hypervisor cannot be asked.
 */
int xyl_domain_config_check_host(struct xyl_light *light, const struct xyl_domain_config *config,
                                 struct xyl_err *err);

/*
 * xyl_light_boot_console - who shows a bootloader's terminal to a person while a domain is made;
 * without, nobody looks, and a bootloader that does not end by itself is ended.
 * @show  relays between @fd, which it closes, and the person, until the other end is gone or the
 *        person leaves; -Exxx ends the bootloader, and the creation with it.
 */
typedef int xyl_boot_console_fn(void *ctx, int fd, struct xyl_err *err);
void xyl_light_boot_console(struct xyl_light *light, xyl_boot_console_fn *show, void *ctx);

/*
 * xyl_light_blkdev_start - the first name that a disk may have in domain 0 while a bootloader looks
 * into it: one of xvda to xvdz; xvda unless said.
 */
void xyl_light_blkdev_start(struct xyl_light *light, const char *name);

/*
 * xyl_domain_whole - it is made, and stays if we die from now on; others still wait for its lock.
 * xyl_domain_created - all that belongs to its creation is done: it lives on without us.
 */
void xyl_domain_whole(struct xyl_light *light);
void xyl_domain_created(struct xyl_light *light);

/*
 * xyl_domain_lock - keep others from making, changing or ending the guest; waits for its turn.
 * The lock goes with the process.  One at a time: taking another leaves the first.
 * Errors: -ESRCH the domain is gone, or dying.
 */
int xyl_domain_lock(struct xyl_light *light, uint32_t domid, struct xyl_err *err);
void xyl_domain_unlock(struct xyl_light *light);

/*
 * xyl_light_recover - finish what processes that were killed left undone: half-made and
 * half-destroyed domains, files about domains that are gone.
 */
int xyl_light_recover(struct xyl_light *light, struct xyl_err *err);

int xyl_domain_pause(struct xyl_light *light, uint32_t domid, struct xyl_err *err);
int xyl_domain_unpause(struct xyl_light *light, uint32_t domid, struct xyl_err *err);

/* xyl_domain_destroy - end it at once, and remove what is kept about it. */
int xyl_domain_destroy(struct xyl_light *light, uint32_t domid, struct xyl_err *err);

/*
 * xyl_domain_request - ask the guest to shut itself down.
 * @what  "poweroff" or "reboot"; waits until the guest has taken it up, a minute at most.
 * Errors: -ETIMEDOUT, after which the request is withdrawn.
 */
int xyl_domain_request(struct xyl_light *light, uint32_t domid, const char *what,
                       struct xyl_err *err);

/*
 * xyl_domain_wait_end - until the domain is gone; or has shut down and nobody is to act on that
 *                       (its configuration preserves it, or it was created unwatched).
 */
int xyl_domain_wait_end(struct xyl_light *light, uint32_t domid, struct xyl_err *err);

/* xyl_domain_rename - errors: -EEXIST another domain has the name; -EINVAL it is none. */
int xyl_domain_rename(struct xyl_light *light, uint32_t domid, const char *name,
                      struct xyl_err *err);

/*
 * xyl_domain_config_load - the text kept by xyl_domain_create().
 * Returns it for free(), or NULL if there is none (a domain that others made).
 */
char *xyl_domain_config_load(const xyl_domain_info *info);

/*
 * xyl_domain_config_keep - replace the text that xyl_domain_create() kept: what the domain is
 * started from when it ends next and is to be started again.
 * @config  gets the domain's UUID.
 * Errors:  -ENOENT nothing was kept: others made the domain.
 */
int xyl_domain_config_keep(struct xyl_light *light, uint32_t domid,
                           struct xyl_domain_config *config, xyl_config_text_fn *to_text,
                           struct xyl_err *err);

/*
 * xyl_light_reader - how to read a kept text, for xyl_domain_keep(): with it, the text that is
 * there when a domain ends counts, else the configuration that was given.
 */
typedef int xyl_config_read_fn(const char *text, struct xyl_domain_config *config,
                               struct xyl_err *err);
void xyl_light_reader(struct xyl_light *light, xyl_config_read_fn *reader);

/* What the next start of a domain takes instead; XYL_UNSET: as it was. */
struct xyl_config_change {
    long vcpus, memory_mib, maxmem_mib;
};

/*
 * xyl_domain_config_change - change some of what was kept about a domain, so that a reboot does not
 * undo what was done to the one that runs.  A domain that others made has nothing to change: 0.
 * Context: the domain's lock is held; xyl_light_reader() has been called.
 */
int xyl_domain_config_change(struct xyl_light *light, uint32_t domid,
                             const struct xyl_config_change *change, xyl_config_text_fn *to_text,
                             struct xyl_err *err);

/*
 * xyl_domain_keep - watch over a domain and act when it shuts down, as its
 * configuration says; returns when there is nothing left to watch.
 * @config   changed when the domain is started again under another name.
 * @to_text  as for xyl_domain_create().
 * Who has just made the domain need not call xyl_domain_created(): that is done once it is watched.
 * Returns 0, or -Exxx if the domain could not be started again.
 */
int xyl_domain_keep(struct xyl_light *light, struct xyl_domain_config *config,
                    xyl_config_text_fn *to_text, uint32_t domid, struct xyl_err *err);

/*
 * xyl_domain_unwatched - should a process watch over the domain, and none does?
 * xyl_domain_leave_unwatched - none should.
 */
bool xyl_domain_unwatched(struct xyl_light *light, const xyl_domain_info *info);
int xyl_domain_leave_unwatched(struct xyl_light *light, uint32_t domid, struct xyl_err *err);

/* xyl_domain_action - which of its actions a configuration names for a SHUTDOWN_* reason. */
enum xyl_action xyl_domain_action(const struct xyl_domain_config *config, unsigned int reason);

/* xyl_shutdown_reason - of a domain whose flags say XEN_DOMINF_shutdown. */
static inline unsigned int xyl_shutdown_reason(const xyl_domain_info *info)
{
    return (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

/* ------------------------------------------------------------ dumps */

/*
 * xyl_domain_dump_core - a domain's memory and registers to a file, in Xen's dump-core format.
 * The domain is not stopped: one that runs is as it was at no single moment.
 * @path     a new file, mode 0600; nothing is there under this name until it is whole.
 * @replace  or one that is there already, if it is a plain file.
 * Errors:  -EEXIST the file is there; -ENOSPC no room for it; -ENODATA the guest has not told where
 *          its memory is.  Nothing is left then.
 */
int xyl_domain_dump_core(struct xyl_light *light, uint32_t domid, const char *path, bool replace,
                         struct xyl_err *err);

/*
 * xyl_dump_path - where a domain is dumped to unless told otherwise; for free().
 * xyl_dump_folder - make the folder, if it is not there.
 */
void xyl_dump_folder(void);
int xyl_dump_path(struct xyl_light *light, uint32_t domid, char **path, struct xyl_err *err);

/* ------------------------------------------------------------ changing what runs */

/*
 * xyl_domain_set_vcpus - ask the guest to have @nr of its vCPUs online.
 * Errors: -EINVAL none, or more than it was made with.
 */
int xyl_domain_set_vcpus(struct xyl_light *light, uint32_t domid, uint32_t nr,
                         struct xyl_err *err);

/*
 * xyl_host_cpus - xyl_cpus_parse() with the nodes of this machine.
 * @nr_cpus  how many the hypervisor speaks of; the connection to it is open.
 */
int xyl_host_cpus(struct xyl_light *light, const char *text, unsigned int nr_cpus, uint8_t *map,
                  struct xyl_err *err);

/*
 * xyl_domain_set_memory - ask the guest to give memory back or take some, and let it have no
 * more than @kib.  Returns before the guest has done it.
 * Errors: -EINVAL above the limit that xyl_domain_set_max_memory() sets, or too little to live.
 */
int xyl_domain_set_memory(struct xyl_light *light, uint32_t domid, uint64_t kib,
                          struct xyl_err *err);

/* xyl_domain_set_max_memory - how much it may ever ask for; -EINVAL below what it is to have. */
int xyl_domain_set_max_memory(struct xyl_light *light, uint32_t domid, uint64_t kib,
                              struct xyl_err *err);

/* xyl_domain_sysrq - press the magic SysRq key and @key on a guest's kernel. */
int xyl_domain_sysrq(struct xyl_light *light, uint32_t domid, char key, struct xyl_err *err);

/* ------------------------------------------------------------ around domains */

/*
 * xyl_console_tty - the terminal that the console daemon made for a domain.
 * @timeout_ms  how long to wait for the daemon.
 * Returns its name for free(), or NULL with @err set.
 */
char *xyl_console_tty(struct xyl_light *light, uint32_t domid, unsigned int number,
                      int timeout_ms, struct xyl_err *err);

/* xyl_init_dom0 - the store's nodes about domain 0 itself. */
int xyl_init_dom0(struct xyl_light *light, struct xyl_err *err);

/*
 * xyl_start_time - when a domain was created, in seconds since 1970.
 * Errors: -ENOENT for domains that others made; as the store says.
 */
int xyl_start_time(struct xyl_light *light, const xyl_domain_info *info, double *start);

#endif
