/* SPDX-License-Identifier: GPL-2.0-only */
/* dom0's side of the runtime services: each copy and allocation fails once, the firmware lies. */
#include <xen/errno.h>
#include <xen/guest-access.h>
#include <xen/mapframe.h>
#include <xen/mm.h>
#include <xen/printk.h>

#include <public/platform.h>

#include "harness.h"
#include "private.h"

#define GUEST_BYTES (1u << 18)
#define NAME_AT     0x1000u
#define DATA_AT     0x8000u

static uint8_t guest[GUEST_BYTES];              /* guest addresses are places in it */
static unsigned int objects, steps, fail_at;    /* allocations and copies are steps; 0: never */
static struct efi_services table;
static struct efi_services ready_services;
static bool table_is_mapped = true;

/* The firmware: one variable, and what it answers. */
static struct {
    uint64_t status, claimed, args[EFI_MAX_ARGS];
    enum efi_service service;
    unsigned int calls;
    int rc;
} fw;

void printk(const char *fmt, ...) { (void)fmt; }

static bool fails(void)
{
    return ++steps == fail_at;
}

void *kmalloc(size_t bytes)
{
    objects += !fails();
    return steps == fail_at ? NULL : malloc(bytes);
}
void *kzalloc(size_t bytes)
{
    objects += !fails();
    return steps == fail_at ? NULL : calloc(1, bytes);
}
void kfree(void *p)
{
    objects -= p != NULL;
    free(p);
}
static bool reachable(unsigned long va, size_t bytes)
{
    return va <= GUEST_BYTES && bytes <= GUEST_BYTES - va && !fails();
}
int guest_read(void *dst, unsigned long va, size_t bytes)
{
    if (!reachable(va, bytes)) {
        return -EFAULT;
    }
    memcpy(dst, guest + va, bytes);
    return 0;
}
int guest_write(unsigned long va, const void *src, size_t bytes)
{
    if (!reachable(va, bytes)) {
        return -EFAULT;
    }
    memcpy(guest + va, src, bytes);
    return 0;
}
mfn_t efi_map(const uint8_t *mmap, unsigned int len, unsigned int desc_size)
{
    (void)mmap, (void)desc_size;
    return len == 0 ? INVALID_MFN : _mfn(1);
}
bool efi_maps(uint64_t maddr, size_t bytes)
{
    return bytes > 0 ? table_is_mapped : maddr != 0;
}
void *map_firmware(uint64_t maddr, size_t bytes)
{
    (void)maddr, (void)bytes;
    return &table;
}
void iounmap(void *va, size_t bytes) { (void)va, (void)bytes; }
void efi_call_init(const struct efi_services *services, mfn_t root)
{
    (void)root;
    ready_services = *services;
}

/* Writes as much as it was told there is room for, and says what fw.claimed says. */
static void answer(void)
{
    static const uint16_t name[] = u"Next";

    switch (fw.service) {
    case EFI_GET_VARIABLE:
        *(uint32_t *)fw.args[2] = 7;
        if (fw.args[4] != 0) {
            memset((void *)fw.args[4], 0x5a, *(uint64_t *)fw.args[3]);
        }
        *(uint64_t *)fw.args[3] = fw.claimed;
        break;
    case EFI_GET_NEXT_VARIABLE_NAME:
        if (fw.claimed == 0) {
            memset((void *)fw.args[1], 'A', *(uint64_t *)fw.args[0]);       /* without an end */
        } else {
            memcpy((void *)fw.args[1], name, sizeof(name));
            *(uint64_t *)fw.args[0] = fw.claimed;
        }
        break;
    default:
        break;
    }
}

int efi_call(enum efi_service service, const uint64_t args[EFI_MAX_ARGS], uint64_t *status)
{
    fw.calls++;
    fw.service = service;
    memcpy(fw.args, args, sizeof(fw.args));
    if (fw.rc == 0) {
        *status = fw.status;
        if (fw.status == 0) {
            answer();
        }
    }
    return fw.rc;
}

static struct xenpf_efi_runtime_call call_of(uint32_t function, uint64_t size)
{
    struct xenpf_efi_runtime_call c = { .function = function };

    memset(&fw, 0, sizeof(fw));
    memset(guest, 0, sizeof(guest));
    memcpy(guest + NAME_AT, u"Name", sizeof(u"Name"));
    if (function == XEN_EFI_get_next_variable_name) {
        set_xen_guest_handle(c.u.get_next_variable_name.name, (void *)(unsigned long)NAME_AT);
        c.u.get_next_variable_name.size = size;
    } else {
        set_xen_guest_handle(c.u.get_variable.name, (void *)(unsigned long)NAME_AT);
        set_xen_guest_handle(c.u.get_variable.data, (void *)(unsigned long)DATA_AT);
        c.u.get_variable.size = size;
    }
    steps = fail_at = 0;
    return c;
}

TEST(before_and_without_firmware_there_is_nothing)
{
    struct xenpf_efi_runtime_call c = call_of(XEN_EFI_get_time, 0);

    CHECK_EQ(efi_runtime_op(&c), -ENOSYS);
    efi_runtime_init(0x1000, guest, 0, 48);                     /* no page table */
    CHECK_EQ(efi_runtime_op(&c), -ENOSYS);
    table_is_mapped = false;
    efi_runtime_init(0x1000, guest, 48, 48);
    CHECK_EQ(efi_runtime_op(&c), -ENOSYS);
    table_is_mapped = true;
}

TEST(services_of_old_firmware_or_elsewhere_are_none)
{
    for (unsigned int i = 0; i < EFI_NR_SERVICES; i++) {
        table.service[i] = 0x1000 + i;
    }
    table.head.revision = 0x1000a;
    table.service[EFI_SET_TIME] = 0;
    efi_runtime_init(0x1000, guest, 48, 48);
    CHECK_EQ(ready_services.service[EFI_GET_TIME], 0x1000);
    CHECK_EQ(ready_services.service[EFI_SET_TIME], 0);
    CHECK_EQ(ready_services.service[EFI_QUERY_VARIABLE_INFO], 0);
}

TEST(a_variable_is_read)
{
    struct xenpf_efi_runtime_call c = call_of(XEN_EFI_get_variable, 100);

    fw.claimed = 60;
    CHECK_EQ(efi_runtime_op(&c), 0);
    CHECK_EQ(c.u.get_variable.size, 60);
    CHECK_EQ(c.misc, 7);
    CHECK(guest[DATA_AT] == 0x5a && guest[DATA_AT + 59] == 0x5a && guest[DATA_AT + 60] == 0);
    c = call_of(XEN_EFI_get_variable, 100);
    fw.status = 1UL << 63 | 5;
    CHECK_EQ(efi_runtime_op(&c), 0);
    CHECK(c.status == fw.status && guest[DATA_AT] == 0);
    c = call_of(XEN_EFI_get_variable, ~0UL);                    /* no more room than ours */
    fw.claimed = 65536;
    CHECK_EQ(efi_runtime_op(&c), 0);
    CHECK(guest[DATA_AT + 65535] == 0x5a && guest[DATA_AT + 65536] == 0);
    CHECK_EQ(objects, 0);
}

TEST(a_firmware_that_claims_too_much_is_not_believed)
{
    struct xenpf_efi_runtime_call c = call_of(XEN_EFI_get_variable, 100);

    fw.claimed = 101;
    CHECK_EQ(efi_runtime_op(&c), -EIO);
    CHECK_EQ(guest[DATA_AT], 0);
    c = call_of(XEN_EFI_get_next_variable_name, 100);
    CHECK_EQ(efi_runtime_op(&c), -EIO);
    CHECK_EQ(objects, 0);
}

TEST(names_have_an_end)
{
    struct xenpf_efi_runtime_call c = call_of(XEN_EFI_set_variable, 4);

    CHECK_EQ(efi_runtime_op(&c), 0);
    CHECK(fw.service == EFI_SET_VARIABLE && fw.args[3] == 4);
    memset(guest + NAME_AT, 'A', 2048);
    CHECK_EQ(efi_runtime_op(&c), -E2BIG);
    guest[NAME_AT + 2046] = guest[NAME_AT + 2047] = 0;
    CHECK_EQ(efi_runtime_op(&c), 0);
    c = call_of(XEN_EFI_get_next_variable_name, 10);
    fw.claimed = 10;
    CHECK_EQ(efi_runtime_op(&c), 0);
    CHECK(memcmp(guest + NAME_AT, u"Next", sizeof(u"Next")) == 0);
    c = call_of(XEN_EFI_get_next_variable_name, 8);             /* "Name" ends behind */
    CHECK_EQ(efi_runtime_op(&c), -EINVAL);
    c = call_of(XEN_EFI_get_next_variable_name, 1);
    CHECK_EQ(efi_runtime_op(&c), -EINVAL);
    CHECK_EQ(fw.calls, 0);
    CHECK_EQ(objects, 0);
}

TEST(each_copy_and_allocation_fails_once)
{
    static const uint32_t functions[] = {
        XEN_EFI_get_variable, XEN_EFI_set_variable, XEN_EFI_get_next_variable_name,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(functions); i++) {
        int rc = -1;

        for (unsigned int n = 1; rc != 0; n++) {
            struct xenpf_efi_runtime_call c = call_of(functions[i], 64);

            fw.claimed = 64;
            fail_at = n;
            rc = efi_runtime_op(&c);
            CHECK(rc == 0 || rc == -EFAULT || rc == -ENOMEM);
            CHECK_EQ(objects, 0);
            CHECK(n < 20);
        }
    }
}

TEST(errors_of_the_call_are_told)
{
    for (uint32_t function = 0; function < 14; function++) {
        struct xenpf_efi_runtime_call c = call_of(function, 64);

        fw.rc = -EIO;
        CHECK(efi_runtime_op(&c) == (function == 0 || function > 9 ? -ENOSYS : -EIO));
        CHECK_EQ(objects, 0);
        c.misc = 0x80;
        c.function = function == XEN_EFI_set_variable ? 0 : function;
        CHECK(efi_runtime_op(&c) == (c.function == 0 || function > 9 ? -ENOSYS : -EINVAL));
    }
}

TEST_MAIN
