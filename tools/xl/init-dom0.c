/* SPDX-License-Identifier: GPL-2.0-only */
/* xen-init-dom0: run once after xenstored has started; names domain 0 in the store. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xyl_light.h"

int main(int argc, char **argv)
{
    struct xyl_err err = XYL_ERR_INIT;
    struct xyl_light *light;
    int rc;

    if (argc > 1) {
        fprintf(stderr, "Usage: %s\nWrites the nodes of domain 0 in the store.\n", argv[0]);
        return strcmp(argv[1], "--help") == 0 ? 0 : 1;
    }
    light = xyl_light_new(NULL, NULL);
    rc = light != NULL ? xyl_init_dom0(light, &err) : -ENOMEM;
    if (rc < 0) {
        fprintf(stderr, "xen-init-dom0: %s\n", err.text[0] != '\0' ? err.text : strerror(-rc));
    }
    xyl_light_free(light);
    return rc < 0 ? 1 : 0;
}
