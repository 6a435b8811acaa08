/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's settings for xl: /etc/xen/xl.conf. */
#ifndef XL_CONF_H
#define XL_CONF_H

#include "xyl_cfg.h"

#define XL_CONF "/etc/xen/xl.conf"

/* A key of the file, for the parser, the warnings and the manual. */
struct xl_conf_key {
    const char *key;
    bool works;
    const char *help;
};
extern const struct xl_conf_key xl_conf_keys[];     /* ends with a row without a key */

/*
 * xl_conf_apply - what the file says about settings that a guest's configuration leaves open.
 * @path    a file that is not there says nothing.
 * @config  not yet kept or created; its own settings win.
 * @warner  told of unknown keys and of keys without effect; may be NULL.
 * Errors:  -EINVAL bad syntax or value.
 */
int xl_conf_apply(const char *path, struct xyl_domain_config *config,
                  const struct xyl_cfg_warner *warner, struct xyl_err *err);

/* xl_conf_apply_vif - the same for one network card; in xl_conf_apply it is done already. */
int xl_conf_apply_vif(const char *path, struct xyl_vif *vif, const struct xyl_cfg_warner *warner,
                      struct xyl_err *err);

/* xl_conf_blkdev_start - what it says for xyl_light_blkdev_start(); "" if nothing. */
#define XL_CONF_BLKDEV 8
int xl_conf_blkdev_start(const char *path, char name[XL_CONF_BLKDEV], struct xyl_err *err);

#endif
