/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The little languages of disk=[...] and vif=[...]: words divided by commas.
 *
 *   disk: TARGET,FORMAT,VDEV,ACCESS by position, or KEY=VALUE in any order, or both; target=
 *         takes the rest, commas too.  Old forms: phy:, file:, tap:..., and VDEV:cdrom.
 *   vif:  KEY=VALUE in any order.
 */
#ifndef XYL_SPEC_H
#define XYL_SPEC_H

#include "xyl_device.h"

#define XYL_SPEC_MAX 4096u          /* bytes of one specification */

/*
 * xyl_disk_parse, xyl_vif_parse - read one specification.
 * @disk, @vif  out: V1 to V3, N1 to N3 on 0; disposed of on error.
 * @at          out, on error: offset in @spec of what is wrong; may be NULL.
 * Errors: -EINVAL bad syntax or value; -EOPNOTSUPP what Xen has and Xylem has not, by name.
 */
int xyl_disk_parse(const char *spec, struct xyl_disk *disk, size_t *at, struct xyl_err *err);
int xyl_vif_parse(const char *spec, struct xyl_vif *vif, size_t *at, struct xyl_err *err);

/* xyl_disk_text, xyl_vif_text - text that parses to the same; for free(), NULL without memory. */
char *xyl_disk_text(const struct xyl_disk *disk);
char *xyl_vif_text(const struct xyl_vif *vif);

#endif
