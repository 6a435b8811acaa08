/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the machine a new domain may use; nothing of it is taken from anybody else. */
#include "light-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

typedef int give_fn(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t first, uint64_t nr);

static int give(struct xyl_light *light, uint32_t domid, const struct xyl_ranges *ranges,
                give_fn *call, const char *fmt, struct xyl_err *err)
{
    for (size_t i = 0; i < ranges->nr; i++) {
        const struct xyl_range *r = &ranges->at[i];
        int rc = call(light->ctrl, domid, r->first, r->last - r->first + 1);
        char what[80];

        if (rc < 0) {
            snprintf(what, sizeof(what), fmt, r->first, r->last);
            return rc == -EPERM ?
                   xyl_fail(err, rc, "%s: domain 0 has not all of that itself (the hypervisor "
                            "keeps some), so cannot give it away", what) :
                   xyl_fail_sys(err, rc, "%s: the hypervisor does not give that to domain %u",
                                what, domid);
        }
    }
    return 0;
}

int light_give_rights(struct xyl_light *light, uint32_t domid,
                      const struct xyl_domain_config *config, struct xyl_err *err)
{
    int rc = give(light, domid, &config->ioports, xyl_ctrl_ioports_permit,
                  "ioports: %" PRIx64 "-%" PRIx64, err);

    if (rc == 0) {
        rc = give(light, domid, &config->iomem, xyl_ctrl_iomem_permit,
                  "iomem: frames %" PRIx64 " to %" PRIx64, err);
    }
    return rc == 0 ? give(light, domid, &config->irqs, xyl_ctrl_irq_permit,
                          "irqs: %" PRIu64, err) : rc;
}
