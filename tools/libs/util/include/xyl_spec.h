/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The little languages of disk, vif, channel, vfb and vkb = [...]: words divided by commas.
 *
 *   disk: TARGET,FORMAT,VDEV,ACCESS by position, or KEY=VALUE in any order, or both; target=
 *         takes the rest, commas too.  Old forms: phy:, file:, tap:..., and VDEV:cdrom.
 *   The others: KEY=VALUE in any order.
 *
 * And those of cpuid=[...], see cpuid-spec.c.
 */
#ifndef XYL_SPEC_H
#define XYL_SPEC_H

#include "xyl_cpuid.h"
#include "xyl_domain_config.h"

#define XYL_SPEC_MAX 4096u          /* bytes of one specification */

/*
 * xyl_disk_parse and so on - read one specification.
 * @disk, ...   out: V1 to V3, N1 to N3, C1 and C2, S1 to S3, B1 and B2 on 0; disposed of on error.
 * @at          out, on error: offset in @spec of what is wrong; may be NULL.
 * Errors: -EINVAL bad syntax or value; -EOPNOTSUPP what Xen has and Xylem has not, by name.
 */
int xyl_disk_parse(const char *spec, struct xyl_disk *disk, size_t *at, struct xyl_err *err);
int xyl_vif_parse(const char *spec, struct xyl_vif *vif, size_t *at, struct xyl_err *err);
int xyl_channel_parse(const char *spec, struct xyl_channel *channel, size_t *at,
                      struct xyl_err *err);
int xyl_vfb_parse(const char *spec, struct xyl_vfb *vfb, size_t *at, struct xyl_err *err);
int xyl_vkb_parse(const char *spec, struct xyl_vkb *vkb, size_t *at, struct xyl_err *err);

/*
 * What of the machine a domain may use, as in "2f8-2ff" (ports), "fee00,1" (frames; hexadecimal
 * both), "5" (an interrupt).  Errors as above; no text for an interrupt is needed.
 */
int xyl_ioports_parse(const char *text, struct xyl_range *range, size_t *at, struct xyl_err *err);
int xyl_iomem_parse(const char *text, struct xyl_range *range, size_t *at, struct xyl_err *err);
int xyl_irq_parse(const char *text, struct xyl_range *range, size_t *at, struct xyl_err *err);
char *xyl_ioports_text(const struct xyl_range *range);
char *xyl_iomem_text(const struct xyl_range *range);

/* xyl_..._text - text that parses to the same; for free(), NULL without memory. */
char *xyl_disk_text(const struct xyl_disk *disk);
char *xyl_vif_text(const struct xyl_vif *vif);
char *xyl_channel_text(const struct xyl_channel *channel);
char *xyl_vfb_text(const struct xyl_vfb *vfb);
char *xyl_vkb_text(const struct xyl_vkb *vkb);

/*
 * xyl_cpuid_parse - read one text into *@list, *@nr long, from malloc(): what it says of a bit
 * counts, whatever was said before.  U1 to U3 hold, on error too.
 * @at, Errors: as above.
 */
int xyl_cpuid_parse(const char *text, struct xyl_cpuid **list, size_t *nr, size_t *at,
                    struct xyl_err *err);

/* xyl_cpuid_bits - the 32 characters of a register, highest bit first. */
#define XYL_CPUID_BITS 33
void xyl_cpuid_bits(const struct xyl_cpuid *change, char bits[XYL_CPUID_BITS]);

/* xyl_cpuid_text - text that parses to the same; for free(), NULL without memory. */
char *xyl_cpuid_text(const struct xyl_cpuid *change);

#endif
