/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hypervisor says about itself, public/version.h. */
#include "ctrl-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One question whose answer is text in the operation's page, copied with an end of its own. */
static int version_text(struct xyl_ctrl *ctrl, unsigned int cmd, size_t len, char *out)
{
    long rc;

    ctrl_op(ctrl, len);
    rc = ctrl_call_op(ctrl, __HYPERVISOR_xen_version, cmd);
    if (rc < 0) {
        return (int)rc;
    }
    memcpy(out, ctrl->op, len);
    out[len] = '\0';
    return 0;
}

static int version_compile(struct xyl_ctrl *ctrl, struct xyl_version *version)
{
    const struct xen_compile_info *info = ctrl_op(ctrl, sizeof(*info));
    long rc = ctrl_call_op(ctrl, __HYPERVISOR_xen_version, XENVER_compile_info);

    if (rc < 0) {
        return (int)rc;
    }
    snprintf(version->compiler, sizeof(version->compiler), "%.64s", info->compiler);
    snprintf(version->compile_by, sizeof(version->compile_by), "%.16s", info->compile_by);
    snprintf(version->compile_domain, sizeof(version->compile_domain), "%.32s",
             info->compile_domain);
    snprintf(version->compile_date, sizeof(version->compile_date), "%.32s", info->compile_date);
    return 0;
}

/* A hypervisor without a build id, or with one too long, leaves the text empty. */
static void version_build_id(struct xyl_ctrl *ctrl, struct xyl_version *version)
{
    struct xen_build_id *id = ctrl_op(ctrl, CTRL_PAGE);
    long len;

    id->len = sizeof(version->build_id) / 2;
    len = ctrl_call_op(ctrl, __HYPERVISOR_xen_version, XENVER_build_id);
    version->build_id[0] = '\0';
    for (long i = 0; i < len && i < (long)sizeof(version->build_id) / 2; i++) {
        snprintf(version->build_id + 2 * i, 3, "%02x", id->buf[i]);
    }
}

int xyl_ctrl_capabilities(struct xyl_ctrl *ctrl, char caps[1025])
{
    return version_text(ctrl, XENVER_capabilities, 1024, caps);
}

int xyl_ctrl_version(struct xyl_ctrl *ctrl, struct xyl_version *version)
{
    const struct xen_platform_parameters *params = ctrl->op;
    long number = xencall2L(ctrl->call, __HYPERVISOR_xen_version, XENVER_version, 0);
    long page = xencall2L(ctrl->call, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    int rc;

    if (number < 0 || page < 0) {
        return -errno;
    }
    memset(version, 0, sizeof(*version));
    version->major = (unsigned int)number >> 16;
    version->minor = (unsigned int)number & 0xffff;
    version->page_size = (unsigned int)page;
    rc = version_text(ctrl, XENVER_extraversion, 16, version->extra);
    if (rc == 0) {
        rc = version_compile(ctrl, version);
    }
    if (rc == 0) {
        rc = xyl_ctrl_capabilities(ctrl, version->capabilities);
    }
    if (rc == 0) {
        rc = version_text(ctrl, XENVER_changeset, 64, version->changeset);
    }
    if (rc == 0) {
        rc = version_text(ctrl, XENVER_commandline, 1024, version->command_line);
    }
    if (rc == 0) {
        ctrl_op(ctrl, sizeof(*params));
        rc = (int)ctrl_call_op(ctrl, __HYPERVISOR_xen_version, XENVER_platform_parameters);
        version->virt_start = params->virt_start;
    }
    if (rc == 0) {
        version_build_id(ctrl, version);
    }
    return rc;
}
