/* SPDX-License-Identifier: GPL-2.0-only */
/* The command: its options, its verbs. */
#ifndef XL_H
#define XL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

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

/* XL_DOMAIN_LOCKED: and no other process makes, changes or ends it while the verb runs. */
enum xl_needs { XL_NOTHING, XL_DOMAIN, XL_DOMAIN_LOCKED, XL_DOMAIN_OR_ALL };

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

/* xl_log_end - the work is over: wipe the line of steps that -t or a terminal got. */
void xl_log_end(struct xl *xl);

/* xl_start_viewer - vncviewer before a domain's screen, which goes on by itself; or a log line. */
void xl_start_viewer(struct xl *xl, uint32_t domid);

/* xl_dry_run - with -N, say what would be done; true if the caller must not do it. */
bool xl_dry_run(const struct xl *xl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

typedef int xl_run_fn(struct xl *xl, const struct xl_args *args, struct xyl_err *err);

/* Every verb's function; the tests make empty ones of this list. */
#define XL_RUNS(RUN)                                                                           \
    RUN(xl_create) RUN(xl_config_update) RUN(xl_destroy) RUN(xl_shutdown) RUN(xl_reboot)       \
    RUN(xl_pause) RUN(xl_unpause) RUN(xl_list) RUN(xl_console) RUN(xl_dmesg) RUN(xl_info)      \
    RUN(xl_vcpu_list) RUN(xl_domid) RUN(xl_domname) RUN(xl_rename) RUN(xl_uptime) RUN(xl_help) \
    RUN(xl_keep) RUN(xl_debug_keys) RUN(xl_vcpu_set) RUN(xl_vcpu_pin) RUN(xl_mem_set)          \
    RUN(xl_mem_max) RUN(xl_sched_credit) RUN(xl_sched_credit2) RUN(xl_sysrq) RUN(xl_trigger)   \
    RUN(xl_vm_list) RUN(xl_claims) RUN(xl_top) RUN(xl_stat) RUN(xl_block_attach)               \
    RUN(xl_block_detach) RUN(xl_block_list) RUN(xl_network_attach) RUN(xl_network_detach)      \
    RUN(xl_network_list) RUN(xl_channel_list) RUN(xl_vncviewer) RUN(xl_dump_core)

#define XL_DECLARE(name) xl_run_fn name;
XL_RUNS(XL_DECLARE)
#undef XL_DECLARE

/* For tests, which walk the table and call nothing. */
#define XL_NO_RUN(name)                                                                        \
    int name(struct xl *xl, const struct xl_args *args, struct xyl_err *err)                   \
    {                                                                                          \
        (void)xl;                                                                              \
        (void)args;                                                                            \
        (void)err;                                                                             \
        return 0;                                                                              \
    }

/* ------------------------------------------------------------ numbers.c */

/* xl_number - a decimal number from @min to @max; @what names it in the error. */
int xl_number(const char *text, unsigned long min, unsigned long max, const char *what,
              unsigned long *out, struct xyl_err *err);

/* xl_memory_kib - "512", "512m", "2g": MiB unless a letter says otherwise. */
int xl_memory_kib(const char *text, uint64_t *kib, struct xyl_err *err);

/* ------------------------------------------------------------ list.c */

/* xl_state_letters - the column State: "r-----" and so on. */
void xl_state_letters(const xyl_domain_info *info, char state[7]);

/* ------------------------------------------------------------ config.c */

/*
 * xl_config_read - the configuration that a command line names.
 * @first   the first of the verb's words that may be a file or a setting.
 * @config  initialised by the caller, who disposes it in any case.
 * @quiet   no warnings.
 */
int xl_config_read(struct xl *xl, const struct xl_args *args, int first,
                   struct xyl_domain_config *config, bool quiet, struct xyl_err *err);

/* xl_config_load - the configuration that was kept when a domain was made. */
int xl_config_load(struct xl *xl, uint32_t domid, struct xyl_domain_config *config,
                   struct xyl_err *err);

/* xl_config_text_read - xyl_config_read_fn for what xyl_cfg_domain_text() wrote. */
int xl_config_text_read(const char *text, struct xyl_domain_config *config, struct xyl_err *err);

/* ------------------------------------------------------------ complete.c */

/* xl_completion - the completion script for bash, from the table of verbs. */
void xl_completion(FILE *out);

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

extern const char *xl_console_lock_dir;     /* changed by tests only */

#define TTY_WAIT_MS 60000   /* for the console daemon, which on a busy host may take a while */

/*
 * xl_console_open - the terminal of a domain, locked so that one person has it.
 * @wait_ms  how long to wait for the console daemon.
 * Returns a descriptor, or -Exxx.
 */
int xl_console_open(struct xl *xl, uint32_t domid, unsigned int number, int wait_ms,
                    struct xyl_err *err);

/* xl_console_disown - close @fd and give up the lock, or leave it to who shares it by fork. */
void xl_console_disown(int fd);

/* xl_console_relay - between it and our own terminal, until ^] or the domain's end; disowns @fd. */
int xl_console_relay(int fd, struct xyl_err *err);

/* ------------------------------------------------------------ create.c */

/*
 * xl_put_right - before a verb that changes something: finish what killed processes left undone,
 * and watch over domains whose watching process is gone.  Says what it did with -v.
 */
void xl_put_right(struct xl *xl);

/* ------------------------------------------------------------ process.c */

extern const char *xl_keeper_log_dir;       /* changed by tests only */

/*
 * xl_become_keeper - in a child: a session of its own, log file, title "xl: guest NAME".
 * The caller makes a new context afterwards: connections are not shared over fork().
 */
int xl_become_keeper(struct xl *xl, const char *name, bool foreground, struct xyl_err *err);

#endif
