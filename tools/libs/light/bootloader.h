/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bootloaders: programs of domain 0 that find a guest's kernel in the guest's disk.
 *
 * What they read is the guest's to spoil, so nothing they answer is taken on trust: it is bounded,
 * and names plain files in the folder that was made for this run.
 */
#ifndef LIGHT_BOOTLOADER_H
#define LIGHT_BOOTLOADER_H

#include "light-private.h"

#define BOOT_ANSWER_MAX 65536u              /* bytes of an answer */
#define BOOT_FILE_MAX   (1ull << 30)        /* bytes of a kernel or ramdisk that it takes out */

/* What a domain is built from.  Invariant: each is allocated or NULL, and owned. */
struct boot_choice {
    char *kernel, *ramdisk, *cmdline;
};

/* boot_choice_dispose - free what it owns; may be called again. */
void boot_choice_dispose(struct boot_choice *choice);

/* ------------------------------------------------------------ bootloader-answer.c */

/*
 * boot_answer_parse - what a bootloader wrote: "kernel FILE", "ramdisk FILE" and "args TEXT", each
 * ended by a NUL (or each by a newline), or "linux (kernel FILE)(ramdisk FILE)(args TEXT)".
 * @choice  empty; filled in, by the caller to be disposed of in any case.
 * Errors: -EINVAL cut short, an entry that is unknown or there twice, or no kernel.
 */
int boot_answer_parse(const char *text, size_t size, struct boot_choice *choice,
                      struct xyl_err *err);

/* ------------------------------------------------------------ bootloader-run.c */

struct boot_run {
    const char *const *argv;
    xyl_boot_console_fn *console;           /* whose terminal it gets; NULL: nobody looks */
    void *console_ctx;
};

extern int boot_limit_ms;                   /* where nobody looks; changed by tests only */

/*
 * boot_run - run it on a terminal of its own to its end, and end what it leaves running.
 * Errors: -ENOENT and others: it cannot be started; -ETIMEDOUT it was ended; -EIO it failed, with
 * the last line it printed.
 */
int boot_run(const struct boot_run *run, struct xyl_err *err);

/* ------------------------------------------------------------ bootloader.c */

/*
 * boot_choose - run a configuration's bootloader, if it has one.  The guest's name is locked.
 * @choice  empty; out: the files, in a folder that boot_clean() removes, and the command line.
 * On error the folder may be there.
 */
int boot_choose(struct xyl_light *light, const struct xyl_domain_config *config,
                struct boot_choice *choice, struct xyl_err *err);

/*
 * boot_clean - remove what a bootloader that ran for a guest of this name took out, and the disk
 * that it read.  What cannot be removed now is by the next one who takes the guest's lock.
 */
void boot_clean(struct xyl_light *light, const char *name);

/* ------------------------------------------------------------ bootloader-disk.c */

/*
 * boot_attach - the configuration's first disk, which a script makes, as a disk of domain 0.
 * @node  out: its block device.
 * On error it may be there; boot_detach() in any case.
 */
int boot_attach(struct xyl_light *light, const struct xyl_domain_config *config, char node[32],
                struct xyl_err *err);

/* boot_detach - take away what domain 0 has for bootloaders of this guest. */
int boot_detach(struct xyl_light *light, const char *guest, struct xyl_err *err);

#endif
