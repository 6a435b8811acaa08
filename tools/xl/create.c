/* SPDX-License-Identifier: GPL-2.0-only */
/* xl create: configuration, domain, console, and the process that stays behind. */
#include "xl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xyl_cfg.h"
#include "xyl_json.h"

#define TTY_WAIT_MS 60000

/* What one run of the verb works on. */
struct creating {
    struct xl *xl;
    const struct xl_args *args;
    struct xyl_domain_config config;
    uint32_t domid;
    int console;            /* descriptor, or -1 */
};

static void print_warning(void *ctx, const char *text)
{
    xl_log(ctx, 0, "xl: warning: %s", text);
}

/* ------------------------------------------------------------ configuration */

static int read_sources(struct xyl_cfg *cfg, const struct xl_args *args, struct xyl_err *err)
{
    const char *file = args->value['f'];
    int i = 0, rc = 0;

    /* The first word is the file, unless -f named it or it is a setting. */
    if (file == NULL && args->nr > 0 &&
        (strchr(args->words[0], '=') == NULL || access(args->words[0], F_OK) == 0)) {
        file = args->words[i++];
    }
    if (file != NULL) {
        rc = xyl_cfg_parse_file(cfg, file, err);
    } else if (args->nr == 0) {
        rc = xyl_fail(err, -EINVAL, "no configuration file; usage: xl create FILE");
    }
    for (; rc == 0 && i < args->nr; i++) {
        rc = xyl_cfg_override(cfg, args->words[i], err);
    }
    return rc;
}

/* Files are found from where the person is, also when the domain is started again later. */
static int make_absolute(char **path, struct xyl_err *err)
{
    char *real;

    if (*path == NULL) {
        return 0;
    }
    real = realpath(*path, NULL);
    if (real == NULL) {
        return xyl_fail_sys(err, -errno, "cannot find %s", *path);
    }
    free(*path);
    *path = real;
    return 0;
}

static int read_config(struct creating *c, struct xyl_err *err)
{
    const struct xyl_cfg_warner warner = { print_warning, c->xl };
    struct xyl_cfg *cfg = xyl_cfg_new();
    int rc = cfg != NULL ? read_sources(cfg, c->args, err) : -ENOMEM;

    if (rc == 0) {
        rc = xyl_cfg_domain(cfg, &c->config, c->args->flag['q'] ? NULL : &warner, err);
    }
    xyl_cfg_free(cfg);
    if (rc == 0) {
        rc = make_absolute(&c->config.kernel, err);
    }
    for (size_t i = 0; rc == 0 && i < c->config.nr_disks; i++) {
        rc = xl_disk_absolute(&c->config.disks[i], err);
    }
    return rc == 0 ? make_absolute(&c->config.ramdisk, err) : rc;
}

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

static int keep(struct creating *c, struct xyl_err *err)
{
    int rc = xyl_domain_keep(c->xl->light, &c->config, xyl_cfg_domain_text, c->domid, err);

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
        c->xl->light = xyl_light_new(log_step, c->xl);
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
        xl_console_disown(c->console);
        c->console = -1;
    }
    xl_become_keeper(c->xl, c->config.name, true, err);
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
    if (rc == 0 && !args->flag['e'] && !args->flag['F']) {
        rc = spawn_keeper(c, err);
    }
    if (rc == 0 && !args->flag['p']) {
        rc = xyl_domain_unpause(c->xl->light, c->domid, err);
    }
    if (rc < 0) {
        xyl_domain_destroy(c->xl->light, c->domid, NULL);
        return rc;
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
    if (args->flag['V'] || args->flag['A']) {
        return xyl_fail(err, -EOPNOTSUPP, "-%c: PV guests have no display yet, so there is "
                        "nothing for a VNC viewer to show", args->flag['V'] ? 'V' : 'A');
    }
    if (args->flag['e'] && args->flag['F']) {
        return xyl_fail(err, -EINVAL, "-e leaves nobody to watch the domain, -F watches it: "
                        "choose one");
    }
    return 0;
}

static int create(struct creating *c, struct xyl_err *err)
{
    int rc = read_config(c, err);

    if (rc < 0) {
        return rc;
    }
    if (c->args->flag['n'] || c->xl->dry_run) {
        return print_config(&c->config);
    }
    if (!c->args->flag['q']) {
        printf("Parsing config from %s\n", c->args->value['f'] != NULL ? c->args->value['f'] :
               c->args->nr > 0 ? c->args->words[0] : "command line");
        fflush(stdout);
    }
    rc = xyl_domain_create(c->xl->light, &c->config, xyl_cfg_domain_text, &c->domid, err);
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

/* The configuration that was kept when the domain was made. */
static int load_config(struct creating *c, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(c->xl->light, err);
    struct xyl_cfg *cfg = xyl_cfg_new();
    xyl_domain_info info;
    char *text = NULL;
    int rc = ctrl != NULL && cfg != NULL ? xyl_ctrl_domain_info(ctrl, c->domid, &info) : -ENODEV;

    if (rc == 0) {
        text = xyl_domain_config_load(&info);
        rc = text != NULL ? xyl_cfg_parse(cfg, "kept configuration", text, strlen(text), err) :
             xyl_fail(err, -ENOENT, "no configuration of domain %u is kept in /var/lib/xen: xl "
                      "did not make it", c->domid);
    }
    if (rc == 0) {
        rc = xyl_cfg_domain(cfg, &c->config, NULL, err);
    }
    free(text);
    xyl_cfg_free(cfg);
    return rc;
}

int xl_keep(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct creating c = { .xl = xl, .args = args, .domid = args->domid, .console = -1 };
    int rc;

    xyl_domain_config_init(&c.config);
    rc = load_config(&c, err);
    if (rc == 0 && !xl_dry_run(xl, "watch over domain %u", c.domid)) {
        rc = args->flag['F'] ? stay(&c, err) : spawn_keeper(&c, err);
    }
    xyl_domain_config_dispose(&c.config);
    return rc;
}
