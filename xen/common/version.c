/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_xen_version (public/version.h): what this is, in the ABI's and in our own name. */
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/version.h>
#include <xen/xsm.h>

#include <asm/image.h>

#include <public/features.h>
#include <public/version.h>

#define ABI_VERSION ((4u << 16) | 17u)

/* Text to the guest in a field of @size bytes (at most 1,024), zero-padded. */
static long put_text(unsigned long arg, const char *text, size_t size)
{
    size_t len = min(strlen(text), size - 1);

    return guest_write(arg, text, len) != 0 ? -EFAULT : guest_clear(arg + len, size - len);
}

static long compile_info(unsigned long arg)
{
    struct xen_compile_info info;

    memset(&info, 0, sizeof(info));
    str_copy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
    str_copy(info.compile_by, "xylem", sizeof(info.compile_by));
    str_copy(info.compile_date, XYLEM_BUILD_DATE, sizeof(info.compile_date));
    return guest_write(arg, &info, sizeof(info));
}

static uint32_t features_0(const struct domain *d)
{
    uint32_t map = 1u << XENFEAT_memory_op_vnode_supported |
        1u << XENFEAT_mmu_pt_update_preserve_ad |
                   1u << XENFEAT_highmem_assist | 1u << XENFEAT_gnttab_map_avail_bits |
                   1u << XENFEAT_direct_mapped;

    if (d->arch.vm_assist & (1UL << VMASST_TYPE_pae_extended_cr3)) {
        map |= 1u << XENFEAT_pae_pgdir_above_4gb;
    }
    if (is_hardware_domain(d)) {
        map |= 1u << XENFEAT_dom0;
    }
    return map;
}

static long get_features(unsigned long arg)
{
    struct xen_feature_info info;

    if (guest_read(&info, arg, sizeof(info)) != 0) {
        return -EFAULT;
    }
    if (info.submap_idx != 0) {
        return -EINVAL;
    }
    info.submap = features_0(currd);
    return guest_write(arg, &info, sizeof(info));
}

static long build_id(unsigned long arg)
{
    /* An ELF note: name size, id size, type, "GNU", id (System V ABI, "Note Section"). */
    const uint32_t *note = (const uint32_t *)build_id_start;
    unsigned int len = build_id_end - build_id_start > 16 ? note[1] : 0;
    xen_build_id_t head;

    if (may_control_host(currd) != 0) {
        return -EPERM;
    }
    if (len == 0 || len > (unsigned int)(build_id_end - build_id_start) - 16) {
        return -ENODATA;
    }
    if (arg == 0) {
        return len;
    }
    if (guest_read(&head, arg, sizeof(head)) != 0) {
        return -EFAULT;
    }
    if (head.len == 0) {
        return -EINVAL;
    }
    if (head.len < len) {
        return -ENOBUFS;
    }
    if (guest_write(arg + offsetof(xen_build_id_t, buf), build_id_start + 16, len) != 0) {
        return -EFAULT;
    }
    return len;
}

/* Texts that tell of the host only to who controls it. */
static const char *host_text(const char *text)
{
    return may_control_host(currd) == 0 ? text : "<denied>";
}

static __noinline long other_version(int cmd, unsigned long arg)
{
    xen_platform_parameters_t params = { .virt_start = HV_VIRT_START };
    xen_domain_handle_t handle;

    switch (cmd) {
    case XENVER_extraversion:
        return put_text(arg, XYLEM_EXTRAVERSION, sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return compile_info(arg);
    case XENVER_capabilities:
        return put_text(arg, "xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return put_text(arg, host_text(XYLEM_CHANGESET), sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        return guest_write(arg, &params, sizeof(params));
    case XENVER_get_features:
        return get_features(arg);
    case XENVER_pagesize:
        return PAGE_SIZE;
    case XENVER_guest_handle:
        spin_lock(&currd->lock);
        memcpy(handle, currd->handle, sizeof(handle));
        spin_unlock(&currd->lock);
        return guest_write(arg, handle, sizeof(handle));
    case XENVER_commandline:
        return put_text(arg, host_text(saved_cmdline), sizeof(xen_commandline_t));
    case XENVER_build_id:
        return build_id(arg);
    default:
        return -ENOSYS;
    }
}

/*
 * The version comes first: guests ask for it all the time, when what they want is that pending
 * events are delivered on the way out.
 */
long do_xen_version(int cmd, unsigned long arg)
{
    return likely(cmd == XENVER_version) ? (long)ABI_VERSION : other_version(cmd, arg);
}
