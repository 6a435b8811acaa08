/* SPDX-License-Identifier: GPL-2.0-only */
/* xl create: configuration, domain, console, and the process that stays behind. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "xyl_cfg.h"
#include "xyl_json.h"

/* What one run of the verb works on. */
struct creating {
    struct xl *xl;
    const struct xl_args *args;
    struct xyl_domain_config config;
    uint32_t domid;
    int console;            /* descriptor, or -1 */
};

static int print_config(const struct xyl_domain_config *config)
{
    const struct xyl_json_live live = { .domid = -1 };
    struct xyl_json json;

    xyl_json_start(&json, stdout);
    xyl_json_domain(&json, config, &live);
    xyl_json_end(&json);
    return 0;
}

/* ------------------------------------------------------------ after building */

/* What the host's file says of how the library works. */
static int take_settings(struct xl *xl, struct xyl_err *err)
{
    char name[XL_CONF_BLKDEV];
    int rc = xl_conf_blkdev_start(XL_CONF, name, err);

    if (rc == 0 && name[0] != '\0') {
        xyl_light_blkdev_start(xl->light, name);
    }
    return rc;
}

static int keep(struct creating *c, struct xyl_err *err)
{
    struct xyl_err why = XYL_ERR_INIT;
    int rc;

    if (take_settings(c->xl, &why) < 0) {
        xl_log(c->xl, 0, "xl: %s", why.text);       /* no reason to leave a guest unwatched */
    }
    rc = xyl_domain_keep(c->xl->light, &c->config, xyl_cfg_domain_text, c->domid, err);

    if (rc < 0) {
        xl_log(c->xl, 0, "xl: %s", err->text);
    }
    return rc;
}

static void log_step(void *ctx, const char *line)
{
    xl_log(ctx, 1, "%s", line);
}

/* In the child: everything of our own, then watch; never returns. */
static void child(struct creating *c)
{
    struct xyl_err err = XYL_ERR_INIT;
    int rc = xl_become_keeper(c->xl, c->config.name, false, &err);

    if (rc == 0) {
        /* What the parent holds stays the parent's: this only closes our copies. */
        xyl_light_free(c->xl->light);
        c->xl->light = xyl_light_new(log_step, c->xl);
        xyl_light_reader(c->xl->light, xl_config_text_read);
        rc = c->xl->light != NULL ? keep(c, &err) : -ENOMEM;
    } else {
        xl_log(c->xl, 0, "xl: %s", err.text);
    }
    _exit(rc < 0);
}

static int spawn_keeper(struct creating *c, struct xyl_err *err)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0) {
        return xyl_fail_sys(err, -errno, "cannot start the process that watches the domain");
    }
    if (pid == 0) {
        if (c->console >= 0) {
            xl_console_disown(c->console);
        }
        child(c);
    }
    xl_log(c->xl, 1, "process %ld watches domain %u", (long)pid, c->domid);
    return 0;
}

/* -F: this process watches; a console, if asked for, goes to a child. */
static int stay(struct creating *c, struct xyl_err *err)
{
    pid_t pid = c->console >= 0 ? fork() : -1;

    if (pid == 0) {
        _exit(xl_console_relay(c->console, NULL) < 0);
    }
    if (c->console >= 0) {
        if (pid < 0) {
            xl_log(c->xl, 0, "xl: cannot start the process that shows the console: %s: "
                   "use xl console %s", strerror(errno), c->config.name);
        }
        xl_console_disown(c->console);
        c->console = -1;
    }
    xl_become_keeper(c->xl, c->config.name, true, err);
    xyl_light_reader(c->xl->light, xl_config_text_read);
    return keep(c, err);
}

/* Console and watcher are there before the guest runs, so that nothing is missed. */
static int let_run(struct creating *c, struct xyl_err *err)
{
    const struct xl_args *args = c->args;
    int rc = 0;

    if (args->flag['c']) {
        c->console = xl_console_open(c->xl, c->domid, 0, TTY_WAIT_MS, err);
        rc = c->console < 0 ? c->console : 0;
    }
    if (rc == 0 && args->flag['e']) {
        rc = xyl_domain_leave_unwatched(c->xl->light, c->domid, err);
    } else if (rc == 0 && !args->flag['F']) {
        rc = spawn_keeper(c, err);
    }
    if (rc == 0 && !args->flag['p']) {
        rc = xyl_domain_unpause(c->xl->light, c->domid, err);
    }
    if (rc < 0) {
        if (c->console >= 0) {
            xl_console_disown(c->console);
            c->console = -1;
        }
        xyl_domain_destroy(c->xl->light, c->domid, NULL);
        return rc;
    }
    if (args->flag['F']) {
        xyl_domain_whole(c->xl->light);         /* others leave it to us until we watch */
    } else {
        xyl_domain_created(c->xl->light);
    }
    if (args->flag['V']) {
        xl_start_viewer(c->xl, c->domid);
    }
    if (args->flag['F']) {
        return stay(c, err);
    }
    if (c->console >= 0) {
        rc = xl_console_relay(c->console, err);
        c->console = -1;
    }
    return rc;
}

static int check_flags(const struct xl_args *args, struct xyl_err *err)
{
    if (args->flag['e'] && args->flag['F']) {
        return xyl_fail(err, -EINVAL, "-e leaves nobody to watch the domain, -F watches it: "
                        "choose one");
    }
    return 0;
}

/* -c: whoever is to see the console sees the bootloader's menu before. */
static int show_bootloader(void *ctx, int fd, struct xyl_err *err)
{
    xl_log_end(ctx);
    return xl_console_relay(fd, err);
}

/* A configuration may be looked at where there is no hypervisor to ask. */
static int check_only(struct creating *c, struct xyl_err *err)
{
    struct xyl_err why = XYL_ERR_INIT;
    int rc = xyl_domain_config_check_host(c->xl->light, &c->config, &why);

    if (rc == -ENODEV) {
        xl_log(c->xl, 0, "cpuid is not compared with this host: %s", why.text);
    } else if (rc < 0) {
        return xyl_fail(err, rc, "%s", why.text);
    }
    return print_config(&c->config);
}

static int create(struct creating *c, struct xyl_err *err)
{
    int rc = xl_config_read(c->xl, c->args, 0, &c->config, c->args->flag['q'], err);

    if (rc < 0) {
        return rc;
    }
    if (c->args->flag['V'] && c->config.nr_vfbs == 0) {
        return xyl_fail(err, -EINVAL, "-V: this guest has no screen; vfb in its configuration "
                        "gives it one");
    }
    if (c->args->flag['n'] || c->xl->dry_run) {
        return check_only(c, err);
    }
    if (!c->args->flag['q']) {
        printf("Parsing config from %s\n", c->args->value['f'] != NULL ? c->args->value['f'] :
               c->args->nr > 0 ? c->args->words[0] : "command line");
        fflush(stdout);
    }
    /* Seconds of work: a terminal sees the steps on one line, a pipe or a file nothing. */
    c->xl->progress = c->xl->progress || (!c->args->flag['q'] && isatty(STDERR_FILENO));
    if (c->args->flag['c']) {
        xyl_light_boot_console(c->xl->light, show_bootloader, c->xl);
    }
    rc = take_settings(c->xl, err);
    if (rc < 0) {
        return rc;
    }
    rc = xyl_domain_create(c->xl->light, &c->config, xyl_cfg_domain_text, &c->domid, err);
    xyl_light_boot_console(c->xl->light, NULL, NULL);
    xl_log_end(c->xl);
    return rc == 0 ? let_run(c, err) : rc;
}

int xl_create(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct creating c = { .xl = xl, .args = args, .console = -1 };
    int rc = check_flags(args, err);

    if (rc < 0) {
        return rc;
    }
    if (args->flag['d'] && xl->verbose == 0) {
        xl->verbose = 1;
    }
    xyl_domain_config_init(&c.config);
    rc = create(&c, err);
    xyl_domain_config_dispose(&c.config);
    return rc;
}

/* ------------------------------------------------------------ xl keep */

int xl_keep(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct creating c = { .xl = xl, .args = args, .domid = args->domid, .console = -1 };
    int rc;

    xyl_domain_config_init(&c.config);
    rc = xl_config_load(xl, c.domid, &c.config, err);
    if (rc == 0 && !xl_dry_run(xl, "watch over domain %u", c.domid)) {
        rc = args->flag['F'] ? stay(&c, err) : spawn_keeper(&c, err);
    }
    xyl_domain_config_dispose(&c.config);
    return rc;
}

/* ------------------------------------------------------------ after others died */

static void watch_again(struct xl *xl, const xyl_domain_info *info)
{
    static const struct xl_args none = { .nr = 0 };
    struct creating c = { .xl = xl, .args = &none, .domid = info->domain, .console = -1 };
    struct xyl_err err = XYL_ERR_INIT;

    xyl_domain_config_init(&c.config);
    if (xl_config_load(xl, info->domain, &c.config, &err) < 0 || spawn_keeper(&c, &err) < 0) {
        xl_log(xl, 0, "xl: nobody watches over domain %u: %s", info->domain, err.text);
    }
    xyl_domain_config_dispose(&c.config);
}

void xl_put_right(struct xl *xl)
{
    struct xyl_err err = XYL_ERR_INIT;
    xyl_domain_info *all;
    size_t nr = 0;

    /* Without hypervisor or store the verb itself will tell. */
    if (xyl_light_recover(xl->light, &err) < 0) {
        return;
    }
    all = xyl_domains(xl->light, &nr, &err);
    for (size_t i = 0; all != NULL && i < nr; i++) {
        if (xyl_domain_unwatched(xl->light, &all[i])) {
            watch_again(xl, &all[i]);
        }
    }
    free(all);
}
