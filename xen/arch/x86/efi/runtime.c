/* SPDX-License-Identifier: GPL-2.0-only */
/* XENPF_efi_runtime_call: dom0's arguments to the firmware's and back.  UEFI 2.10, 8. */
#include "private.h"

#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <public/platform.h>

#define NAME_MAX_BYTES  2048u           /* with its end */
#define DATA_MAX_BYTES  65536u

#define EFI_VERSION_2   0x00020000u     /* from it on QueryVariableInfo() is there */

/* EFI_TIME; only the paddings have no name in the ABI. */
static_assert(sizeof(struct xenpf_efi_time) == 16 &&
              offsetof(struct xenpf_efi_time, ns) == 8 &&
              offsetof(struct xenpf_efi_time, daylight) == 14, "UEFI 8.3");
static_assert(sizeof(struct xenpf_efi_guid) == 16, "UEFI appendix A");

struct efi_time_capabilities {
    uint32_t resolution, accuracy;
    uint8_t sets_to_zero;
};

static bool ready __ro_after_init;

void __init efi_runtime_init(uint64_t runtime, const uint8_t *mmap, unsigned int len,
                             unsigned int desc_size)
{
    struct efi_services services;
    mfn_t root = efi_map(mmap, len, desc_size);
    void *p;

    if (mfn_x(root) == mfn_x(INVALID_MFN)) {
        return;
    }
    p = efi_maps(runtime, sizeof(services)) ? map_firmware(runtime, sizeof(services)) : NULL;
    if (p == NULL) {
        pr_warn("EFI: no runtime services: their table at %#lx is in no region of theirs\n",
                runtime);
        return;
    }
    memcpy(&services, p, sizeof(services));
    iounmap(p, sizeof(services));
    if (services.head.revision < EFI_VERSION_2) {
        services.service[EFI_QUERY_VARIABLE_INFO] = 0;
    }
    for (unsigned int i = 0; i < EFI_NR_SERVICES; i++) {
        if (!efi_maps(services.service[i], 0)) {
            services.service[i] = 0;
        }
    }
    efi_call_init(&services, root);
    ready = true;
}

/* --- Names and data ------------------------------------------------------------------ */

/* read_name - a copy of the name at @va, to be freed by kfree().  -E2BIG, -EFAULT, -ENOMEM. */
static int read_name(uint16_t **name, unsigned long va)
{
    uint16_t *copy = kzalloc(NAME_MAX_BYTES);
    int rc = copy == NULL ? -ENOMEM : -E2BIG;

    for (size_t i = 0; copy != NULL && rc == -E2BIG && i < NAME_MAX_BYTES / sizeof(*copy); i++) {
        if (guest_read(&copy[i], va + i * sizeof(*copy), sizeof(*copy)) != 0) {
            rc = -EFAULT;
        } else if (copy[i] == 0) {
            rc = 0;
        }
    }
    if (rc != 0) {
        kfree(copy);
        copy = NULL;
    }
    *name = copy;
    return rc;
}

/* The bytes of the name in @size bytes at @name, with its end; 0: it has none. */
static size_t name_bytes(const uint16_t *name, size_t size)
{
    for (size_t i = 0; i < size / sizeof(*name); i++) {
        if (name[i] == 0) {
            return (i + 1) * sizeof(*name);
        }
    }
    return 0;
}

/* @size is what dom0 has room for: more than we copy is as good as the most that we copy. */
static int get_variable(struct xenpf_efi_runtime_call *op)
{
    unsigned long to = guest_handle_addr(op->u.get_variable.data);
    uint64_t room = min(op->u.get_variable.size, (uint64_t)DATA_MAX_BYTES), size = room;
    uint16_t *name;
    uint32_t attributes = 0;
    void *data = NULL;
    int rc = op->misc != 0 ? -EINVAL : read_name(&name, guest_handle_addr(op->u.get_variable.name));

    if (rc != 0) {
        return rc;
    }
    data = room > 0 ? kzalloc(room) : NULL;
    if (room > 0 && data == NULL) {
        rc = -ENOMEM;
    } else {
        uint64_t args[] = { (uint64_t)name, (uint64_t)&op->u.get_variable.vendor_guid,
                            (uint64_t)&attributes, (uint64_t)&size, (uint64_t)data };

        rc = efi_call(EFI_GET_VARIABLE, args, &op->status);
    }
    if (rc == 0 && op->status == EFI_SUCCESS) {
        rc = size > room ? -EIO : size > 0 ? guest_write(to, data, size) : 0;
        op->misc = attributes;
    }
    op->u.get_variable.size = size;
    kfree(data);
    kfree(name);
    return rc;
}

static int set_variable(struct xenpf_efi_runtime_call *op)
{
    unsigned long from = guest_handle_addr(op->u.set_variable.data);
    uint64_t size = op->u.set_variable.size;
    uint16_t *name;
    void *data = NULL;
    int rc;

    if (size > DATA_MAX_BYTES) {
        return -E2BIG;
    }
    rc = read_name(&name, guest_handle_addr(op->u.set_variable.name));
    if (rc != 0) {
        return rc;
    }
    if (size > 0) {
        data = kmalloc(size);
        rc = data == NULL ? -ENOMEM : guest_read(data, from, size);
    }
    if (rc == 0) {
        uint64_t args[] = { (uint64_t)name, (uint64_t)&op->u.set_variable.vendor_guid, op->misc,
                            size, (uint64_t)data };

        rc = efi_call(EFI_SET_VARIABLE, args, &op->status);
    }
    kfree(data);
    kfree(name);
    return rc;
}

static int get_next_variable_name(struct xenpf_efi_runtime_call *op)
{
    unsigned long va = guest_handle_addr(op->u.get_next_variable_name.name);
    uint64_t room = min(op->u.get_next_variable_name.size, (uint64_t)NAME_MAX_BYTES), size = room;
    uint16_t *name;
    int rc;

    if (op->misc != 0 || room < sizeof(*name)) {
        return -EINVAL;
    }
    name = kzalloc(NAME_MAX_BYTES);
    if (name == NULL) {
        return -ENOMEM;
    }
    rc = guest_read(name, va, room);
    if (rc == 0 && name_bytes(name, room) == 0) {
        rc = -EINVAL;
    }
    if (rc == 0) {
        uint64_t args[EFI_MAX_ARGS] = { (uint64_t)&size, (uint64_t)name,
                                        (uint64_t)&op->u.get_next_variable_name.vendor_guid };

        rc = efi_call(EFI_GET_NEXT_VARIABLE_NAME, args, &op->status);
    }
    if (rc == 0 && op->status == EFI_SUCCESS) {
        size_t bytes = name_bytes(name, room);

        rc = bytes == 0 ? -EIO : guest_write(va, name, bytes);
    }
    op->u.get_next_variable_name.size = size;
    kfree(name);
    return rc;
}

static int query_variable_info(struct xenpf_efi_runtime_call *op)
{
    uint64_t max_store = 0, left = 0, max = 0;
    uint64_t args[EFI_MAX_ARGS] = { op->u.query_variable_info.attr, (uint64_t)&max_store,
                                    (uint64_t)&left, (uint64_t)&max };
    int rc;

    if (op->misc != 0) {
        return op->misc & ~XEN_EFI_VARINFO_BOOT_SNAPSHOT ? -EINVAL : -EOPNOTSUPP;
    }
    rc = efi_call(EFI_QUERY_VARIABLE_INFO, args, &op->status);
    op->u.query_variable_info.max_store_size = max_store;
    op->u.query_variable_info.remain_store_size = left;
    op->u.query_variable_info.max_size = max;
    return rc;
}

/* --- Time ---------------------------------------------------------------------------- */

static int get_time(struct xenpf_efi_runtime_call *op)
{
    struct efi_time_capabilities caps = { 0 };
    uint64_t args[EFI_MAX_ARGS] = { (uint64_t)&op->u.get_time.time, (uint64_t)&caps };
    int rc = op->misc != 0 ? -EINVAL : efi_call(EFI_GET_TIME, args, &op->status);

    if (rc == 0 && op->status == EFI_SUCCESS) {
        op->u.get_time.resolution = caps.resolution;
        op->u.get_time.accuracy = caps.accuracy;
        op->misc = caps.sets_to_zero ? XEN_EFI_GET_TIME_SET_CLEARS_NS : 0;
    }
    return rc;
}

static int set_time(struct xenpf_efi_runtime_call *op)
{
    uint64_t args[EFI_MAX_ARGS] = { (uint64_t)&op->u.set_time };

    return op->misc != 0 ? -EINVAL : efi_call(EFI_SET_TIME, args, &op->status);
}

static int get_wakeup_time(struct xenpf_efi_runtime_call *op)
{
    uint8_t enabled = 0, pending = 0;
    uint64_t args[EFI_MAX_ARGS] = { (uint64_t)&enabled, (uint64_t)&pending,
                                    (uint64_t)&op->u.get_wakeup_time };
    int rc = op->misc != 0 ? -EINVAL : efi_call(EFI_GET_WAKEUP_TIME, args, &op->status);

    if (rc == 0 && op->status == EFI_SUCCESS) {
        op->misc = (enabled ? XEN_EFI_GET_WAKEUP_TIME_ENABLED : 0) |
                   (pending ? XEN_EFI_GET_WAKEUP_TIME_PENDING : 0);
    }
    return rc;
}

static int set_wakeup_time(struct xenpf_efi_runtime_call *op)
{
    bool only = op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY;
    uint64_t args[EFI_MAX_ARGS] = { !!(op->misc & XEN_EFI_SET_WAKEUP_TIME_ENABLE),
                                    only ? 0 : (uint64_t)&op->u.set_wakeup_time };

    if (op->misc & ~(XEN_EFI_SET_WAKEUP_TIME_ENABLE | XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY)) {
        return -EINVAL;
    }
    return efi_call(EFI_SET_WAKEUP_TIME, args, &op->status);
}

static int get_next_high_monotonic_count(struct xenpf_efi_runtime_call *op)
{
    uint32_t count = 0;
    uint64_t args[EFI_MAX_ARGS] = { (uint64_t)&count };
    int rc = op->misc != 0 ? -EINVAL
                           : efi_call(EFI_GET_NEXT_HIGH_MONOTONIC_COUNT, args, &op->status);

    if (rc == 0) {
        op->misc = count;
    }
    return rc;
}

int efi_runtime_op(struct xenpf_efi_runtime_call *op)
{
    if (!ready) {
        return -ENOSYS;
    }
    switch (op->function) {
    case XEN_EFI_get_time:
        return get_time(op);
    case XEN_EFI_set_time:
        return set_time(op);
    case XEN_EFI_get_wakeup_time:
        return get_wakeup_time(op);
    case XEN_EFI_set_wakeup_time:
        return set_wakeup_time(op);
    case XEN_EFI_get_next_high_monotonic_count:
        return get_next_high_monotonic_count(op);
    case XEN_EFI_get_variable:
        return get_variable(op);
    case XEN_EFI_set_variable:
        return set_variable(op);
    case XEN_EFI_get_next_variable_name:
        return get_next_variable_name(op);
    case XEN_EFI_query_variable_info:
        return query_variable_info(op);
    default:                    /* capsules */
        return -ENOSYS;
    }
}
