/* SPDX-License-Identifier: GPL-2.0-only */
/* Configurations: from files and command lines, kept ones, and xl config-update. */
#include "xl.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"

static void print_warning(void *ctx, const char *text)
{
    xl_log(ctx, 0, "xl: warning: %s", text);
}

static int read_sources(struct xyl_cfg *cfg, const struct xl_args *args, int i,
                        struct xyl_err *err)
{
    const char *file = args->value['f'];
    int first = i, rc = 0;

    /* The first word is the file, unless -f named it or it is a setting. */
    if (file == NULL && args->nr > i &&
        (strchr(args->words[i], '=') == NULL || access(args->words[i], F_OK) == 0)) {
        file = args->words[i++];
    }
    if (file != NULL) {
        rc = xyl_cfg_parse_file(cfg, file, err);
    } else if (args->nr == first) {
        rc = xyl_fail(err, -EINVAL, "no configuration file; name it, or settings as KEY=VALUE");
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

/* With a bootloader, kernel and ramdisk are names in the guest's disk. */
static int paths_absolute(struct xyl_domain_config *config, struct xyl_err *err)
{
    int rc;

    if (config->bootloader != NULL) {
        return strchr(config->bootloader, '/') != NULL ?
               make_absolute(&config->bootloader, err) : 0;
    }
    rc = make_absolute(&config->kernel, err);
    return rc == 0 ? make_absolute(&config->ramdisk, err) : rc;
}

int xl_config_read(struct xl *xl, const struct xl_args *args, int first,
                   struct xyl_domain_config *config, bool quiet, struct xyl_err *err)
{
    const struct xyl_cfg_warner warner = { print_warning, xl };
    struct xyl_cfg *cfg = xyl_cfg_new();
    int rc = cfg != NULL ? read_sources(cfg, args, first, err) : -ENOMEM;

    if (rc == 0) {
        rc = xyl_cfg_domain(cfg, config, quiet ? NULL : &warner, err);
    }
    xyl_cfg_free(cfg);
    if (rc == 0) {
        rc = xl_conf_apply(XL_CONF, config, quiet ? NULL : &warner, err);
    }
    if (rc == 0) {
        rc = paths_absolute(config, err);
    }
    for (size_t i = 0; rc == 0 && i < config->nr_disks; i++) {
        rc = xl_disk_absolute(&config->disks[i], err);
    }
    return rc;
}

int xl_config_text_read(const char *text, struct xyl_domain_config *config, struct xyl_err *err)
{
    struct xyl_cfg *cfg = xyl_cfg_new();
    int rc = cfg != NULL ? xyl_cfg_parse(cfg, "kept configuration", text, strlen(text), err) :
             -ENOMEM;

    if (rc == 0) {
        rc = xyl_cfg_domain(cfg, config, NULL, err);
    }
    xyl_cfg_free(cfg);
    return rc;
}

int xl_config_load(struct xl *xl, uint32_t domid, struct xyl_domain_config *config,
                   struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    xyl_domain_info info;
    char *text = NULL;
    int rc = ctrl != NULL ? xyl_ctrl_domain_info(ctrl, domid, &info) : -ENODEV;

    if (rc == 0) {
        text = xyl_domain_config_load(&info);
        rc = text != NULL ? xl_config_text_read(text, config, err) :
             xyl_fail(err, -ENOENT, "no configuration of domain %u is kept in /var/lib/xen: xl "
                      "did not make it", domid);
    }
    free(text);
    return rc;
}

int xl_config_update(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_domain_config config;
    int rc;

    if (args->domid == 0) {
        return xyl_fail(err, -EINVAL, "domain 0 was not made from a configuration");
    }
    xyl_domain_config_init(&config);
    rc = xl_config_read(xl, args, 1, &config, args->flag['q'], err);
    if (rc == 0 && !xl_dry_run(xl, "keep the new configuration of domain %u", args->domid)) {
        rc = xyl_domain_config_keep(xl->light, args->domid, &config, xyl_cfg_domain_text, err);
    }
    xyl_domain_config_dispose(&config);
    return rc;
}
