/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's settings for xl. */
#include "conf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xyl_spec.h"

const struct xl_conf_key xl_conf_keys[] = {
    { "max_grant_frames", true, "As in a guest's configuration, for guests that do not say it." },
    { "max_maptrack_frames", true, "Likewise." },
    { "max_grant_version", true, "Likewise." },
    { "vm.cpumask", true, "CPUs that guests run on unless their configuration says cpus." },
    { "vm.pv.cpumask", true, "Likewise, for PV guests; it wins over vm.cpumask." },
    { "vif.default.bridge", true, "As bridge in vif=, for network cards that do not say it." },
    { "vif.default.script", true, "Likewise, as script." },
    { "vif.default.gatewaydev", true, "Likewise, as gatewaydev." },
    { "vif.default.backend", true, "Likewise, as backend: domain 0 is the only one so far." },
    { "blkdev_start", true, "First name, from xvda to xvdz, that domain 0 may give a guest's disk "
      "while a bootloader looks into it; only a disk that a script makes needs one." },
    { "vm.hvm.cpumask", false, "Likewise, for HVM guests, which there are none of." },
    { "output_format", false, "JSON is the only one." },
    { "autoballoon", false, "Domain 0 is never made smaller unasked; dom0_mem= says its size." },
    { "claim_mode", false, "A guest's memory is populated at once, which needs no claim." },
    { "lockfile", false, "There is a lock for each guest." },
    { "domid_policy", false, "The hypervisor chooses numbers." },
    { "run_hotplug_scripts", false, "Devices are set up by xl; a script= is run by it, too." },
    { "remus.default.netbufscript", false, "Of Remus, which is not there." },
    { "colo.default.proxyscript", false, "Of COLO, which is not there." },
    { NULL, false, NULL },
};

static int bad(struct xyl_err *err, const struct xyl_cfg_setting *s, const char *what)
{
    return xyl_fail(err, -EINVAL, "%s:%u:%u: %s: expected %s", s->source, s->line, s->column,
                    s->name, what);
}

static int take_number(const struct xyl_cfg *cfg, const char *key, long min, long max, long *out,
                       struct xyl_err *err)
{
    const struct xyl_cfg_setting *s = xyl_cfg_find(cfg, key);
    char *end, range[60];
    long value;

    if (s == NULL || *out != XYL_UNSET) {
        return 0;
    }
    snprintf(range, sizeof(range), "a number from %ld to %ld", min, max);
    if (s->value.type == XYL_CFG_LIST || s->value.text[0] == '\0') {
        return bad(err, s, range);
    }
    errno = 0;
    value = strtol(s->value.text, &end, 0);
    if (*end != '\0' || errno != 0 || value < min || value > max) {
        return bad(err, s, range);
    }
    *out = value;
    return 0;
}

static int take_cpus(const struct xyl_cfg *cfg, const char *key, struct xyl_domain_config *config,
                     struct xyl_err *err)
{
    const struct xyl_cfg_setting *s = xyl_cfg_find(cfg, key);

    if (s == NULL || config->nr_cpus > 0) {
        return 0;
    }
    if (s->value.type == XYL_CFG_LIST) {
        return bad(err, s, "CPUs, as in \"0-3,^2\"");
    }
    config->cpus = calloc(1, sizeof(*config->cpus));
    if (config->cpus == NULL || (config->cpus[0] = strdup(s->value.text)) == NULL) {
        free(config->cpus);
        config->cpus = NULL;
        return xyl_fail(err, -ENOMEM, "out of memory");
    }
    config->nr_cpus = 1;
    return 0;
}

/* What @vif leaves open and @otherwise says. */
static int fill_vif(struct xyl_vif *vif, const struct xyl_vif *otherwise)
{
    char **to[] = { &vif->bridge, &vif->script, &vif->gatewaydev };
    char *const from[] = { otherwise->bridge, otherwise->script, otherwise->gatewaydev };

    for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
        if (*to[i] == NULL && from[i] != NULL && (*to[i] = strdup(from[i])) == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* One default, checked by the rules of vif= itself, for each of @nr cards that leave it open. */
static int take_vif_default(const struct xyl_cfg *cfg, const char *key, struct xyl_vif *vifs,
                            size_t nr, struct xyl_err *err)
{
    const char *word = strrchr(key, '.') + 1;
    const struct xyl_cfg_setting *s = xyl_cfg_find(cfg, key);
    struct xyl_err why = XYL_ERR_INIT;
    char text[XYL_SPEC_MAX];
    struct xyl_vif vif;
    int rc = 0;

    if (s == NULL) {
        return 0;
    }
    if (s->value.type == XYL_CFG_LIST || s->value.text[0] == '\0' ||
        strchr(s->value.text, ',') != NULL ||
        snprintf(text, sizeof(text), "%s=%s", word, s->value.text) >= (int)sizeof(text)) {
        return bad(err, s, "one word, as in vif=");
    }
    rc = xyl_vif_parse(text, &vif, NULL, &why);
    if (rc < 0) {
        return xyl_fail(err, rc, "%s:%u:%u: %s: %s", s->source, s->line, s->column, s->name,
                        why.text);
    }
    for (size_t i = 0; rc == 0 && i < nr; i++) {
        rc = fill_vif(&vifs[i], &vif);
    }
    xyl_vif_dispose(&vif);
    return rc == 0 ? 0 : xyl_fail(err, rc, "out of memory");
}

static int take_vif_defaults(const struct xyl_cfg *cfg, struct xyl_vif *vifs, size_t nr,
                             struct xyl_err *err)
{
    static const char *const keys[] = { "vif.default.bridge", "vif.default.script",
                                        "vif.default.gatewaydev", "vif.default.backend" };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof(keys) / sizeof(keys[0]); i++) {
        rc = take_vif_default(cfg, keys[i], vifs, nr, err);
    }
    return rc;
}

/* A warning for each key that nobody knows, or that changes nothing. */
static void check_keys(const struct xyl_cfg *cfg, const struct xyl_cfg_warner *warner)
{
    const char *names[sizeof(xl_conf_keys) / sizeof(xl_conf_keys[0])], *near;
    const struct xyl_cfg_setting *s;
    char text[400];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        names[i] = xl_conf_keys[i].key;
    }
    for (size_t i = 0; warner != NULL && (s = xyl_cfg_at(cfg, i)) != NULL; i++) {
        const struct xl_conf_key *row = xl_conf_keys;

        while (row->key != NULL && strcmp(row->key, s->name) != 0) {
            row++;
        }
        if (row->key != NULL && row->works) {
            continue;
        }
        near = row->key == NULL ? xyl_nearest(s->name, names) : NULL;
        snprintf(text, sizeof(text), "%s:%u:%u: \"%s\" %s%s%s%s", s->source, s->line, s->column,
                 s->name, row->key != NULL ? "has no effect: " : "is unknown and ignored",
                 near != NULL ? "; do you mean \"" : row->key != NULL ? row->help : "",
                 near != NULL ? near : "", near != NULL ? "\"?" : "");
        warner->warn(warner->ctx, text);
    }
}

/* The file's settings in *cfg, for xyl_cfg_free(); NULL and 0 if there is no file. */
static int read_conf(const char *path, const struct xyl_cfg_warner *warner, struct xyl_cfg **out,
                     struct xyl_err *err)
{
    struct xyl_cfg *cfg;
    int rc;

    *out = NULL;
    if (access(path, F_OK) < 0) {
        return 0;
    }
    cfg = xyl_cfg_new();
    rc = cfg != NULL ? xyl_cfg_parse_file(cfg, path, err) : xyl_fail(err, -ENOMEM, "out of memory");
    if (rc < 0) {
        xyl_cfg_free(cfg);
        return rc;
    }
    check_keys(cfg, warner);
    *out = cfg;
    return 0;
}

static int apply(const struct xyl_cfg *cfg, struct xyl_domain_config *config, struct xyl_err *err)
{
    int rc = take_number(cfg, "max_grant_frames", 1, INT_MAX, &config->max_grant_frames, err);

    if (rc == 0) {
        rc = take_number(cfg, "max_maptrack_frames", 0, INT_MAX, &config->max_maptrack_frames,
                         err);
    }
    if (rc == 0) {
        rc = take_number(cfg, "max_grant_version", 1, 2, &config->max_grant_version, err);
    }
    if (rc == 0) {
        rc = take_cpus(cfg, "vm.pv.cpumask", config, err);
    }
    if (rc == 0) {
        rc = take_cpus(cfg, "vm.cpumask", config, err);
    }
    return rc == 0 ? take_vif_defaults(cfg, config->vifs, config->nr_vifs, err) : rc;
}

int xl_conf_apply(const char *path, struct xyl_domain_config *config,
                  const struct xyl_cfg_warner *warner, struct xyl_err *err)
{
    struct xyl_cfg *cfg;
    int rc = read_conf(path, warner, &cfg, err);

    if (cfg != NULL) {
        rc = apply(cfg, config, err);
    }
    xyl_cfg_free(cfg);
    return rc;
}

int xl_conf_apply_vif(const char *path, struct xyl_vif *vif, const struct xyl_cfg_warner *warner,
                      struct xyl_err *err)
{
    struct xyl_cfg *cfg;
    int rc = read_conf(path, warner, &cfg, err);

    if (cfg != NULL) {
        rc = take_vif_defaults(cfg, vif, 1, err);
    }
    xyl_cfg_free(cfg);
    return rc;
}

int xl_conf_blkdev_start(const char *path, char name[XL_CONF_BLKDEV], struct xyl_err *err)
{
    const struct xyl_cfg_setting *s;
    struct xyl_cfg *cfg;
    int rc = read_conf(path, NULL, &cfg, err);
    const char *text = "";

    s = cfg != NULL ? xyl_cfg_find(cfg, "blkdev_start") : NULL;
    if (s != NULL) {
        text = s->value.type != XYL_CFG_LIST ? s->value.text : "";
        if (strlen(text) != 4 || strncmp(text, "xvd", 3) != 0 || text[3] < 'a' || text[3] > 'z') {
            rc = bad(err, s, "a name from xvda to xvdz");
            text = "";
        }
    }
    snprintf(name, XL_CONF_BLKDEV, "%s", text);
    xyl_cfg_free(cfg);
    return rc;
}
