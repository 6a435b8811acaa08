/* SPDX-License-Identifier: GPL-2.0-only */
/* The command: its options, its verbs. */
#ifndef XL_H
#define XL_H

#include <stdbool.h>
#include <stdint.h>

#include "xyl_light.h"

/* Options before the verb. */
struct xl {
    struct xyl_light *light;
    unsigned int verbose;
    bool dry_run;
    bool force;
    bool progress;          /* -t */
    bool timestamps;        /* -T */
    char **argv;            /* the process's own, for its title */
    int argc;
};

#define XL_REST_MAX 64

/*
 * What stands behind a verb.  An option's letter indexes flag and value.
 * Invariant: domid is valid if the verb needs a domain and "a" was not given.
 */
struct xl_args {
    bool flag[128];
    const char *value[128];
    uint32_t domid;
    int nr;                 /* words that are no options; the domain is the first */
    char **words;
};

enum xl_needs { XL_NOTHING, XL_DOMAIN, XL_DOMAIN_OR_ALL };

/*
 * A verb.  @options: "l|long v|verbose t|type=" - letter, long name, '=' if a value
 * follows.  @run returns 0 or -Exxx, with the reason in @err.
 */
struct xl_verb {
    const char *name;
    int (*run)(struct xl *xl, const struct xl_args *args, struct xyl_err *err);
    enum xl_needs needs_domain;
    int min_words, max_words;       /* beside options */
    const char *options;
    const char *synopsis;
    const char *help;               /* first line: summary; the rest: options */
};

extern const struct xl_verb xl_verbs[];     /* ends with a row without a name */
extern const char *const xl_verbs_later[];  /* Xen's other verbs, which are not there yet; NULL */

/* xl_log - a line for people: level 0 always, 1 with -v, 2 with -vv. */
void xl_log(const struct xl *xl, unsigned int level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* xl_dry_run - with -N, say what would be done; true if the caller must not do it. */
bool xl_dry_run(const struct xl *xl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

typedef int xl_run_fn(struct xl *xl, const struct xl_args *args, struct xyl_err *err);

xl_run_fn xl_create, xl_destroy, xl_shutdown, xl_reboot, xl_pause, xl_unpause, xl_list, xl_console,
          xl_dmesg, xl_info, xl_vcpu_list, xl_domid, xl_domname, xl_rename, xl_uptime, xl_help,
          xl_keep, xl_debug_keys;

xl_run_fn xl_block_attach, xl_block_detach, xl_block_list, xl_network_attach, xl_network_detach,
          xl_network_list;

/* ------------------------------------------------------------ block.c, for network.c too */

/* xl_join_words - the words from @first on with commas between; for free(), NULL without memory. */
char *xl_join_words(const struct xl_args *args, int first);

/* xl_spec_fail - what is wrong with a specification, with the word at @at. */
int xl_spec_fail(const char *text, const struct xyl_err *why, size_t at, int rc,
                 struct xyl_err *err);

/* xl_disk_absolute - a target that is named from the current folder gets its whole name. */
int xl_disk_absolute(struct xyl_disk *disk, struct xyl_err *err);

struct xyl_json;

/* How a kind of device is listed. */
struct xl_device_list {
    enum xyl_device_type type;
    const char *title;
    void (*print)(const struct xyl_device_info *device);
    void (*put)(struct xyl_json *json, const struct xyl_device_info *device);
};

/* xl_list_devices - those of the domains that @args names, as a table or as JSON. */
int xl_list_devices(struct xl *xl, const struct xl_args *args, const struct xl_device_list *list,
                    struct xyl_err *err);

/* ------------------------------------------------------------ console.c */

/*
 * xl_console_open - the terminal of a domain, locked so that one person has it.
 * @wait_ms  how long to wait for the console daemon.
 * Returns a descriptor, or -Exxx.
 */
int xl_console_open(struct xl *xl, uint32_t domid, unsigned int number, int wait_ms,
                    struct xyl_err *err);

/* xl_console_disown - close @fd and leave the lock to the process that shares it by fork. */
void xl_console_disown(int fd);

/* xl_console_relay - between it and our own terminal, until ^] or the domain's end; closes @fd. */
int xl_console_relay(int fd, struct xyl_err *err);

/* ------------------------------------------------------------ process.c */

/*
 * xl_become_keeper - in a child: a session of its own, log file, title "xl: guest NAME".
 * The caller makes a new context afterwards: connections are not shared over fork().
 */
int xl_become_keeper(struct xl *xl, const char *name, bool foreground, struct xyl_err *err);

#endif
