/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the firmware's services answer dom0, and whatever else it asks them?
 *
 * On EFI the variables are listed, and one is made, read, and removed; the clock is read; names
 * without an end, buffers elsewhere and unknown flags are refused, and the firmware's memory cannot
 * be written.  Without EFI there is nothing to call.
 * ABI: public/platform.h, docs/abi/platform.md; statuses are those of UEFI 2.10, appendix D.
 */
#include "guest.h"

#include <xylem/counters.h>
#include <xylem/debug.h>

const char test_name[] = "firmware";

#define NOWHERE     0xffff830000000000UL
#define STATUS(n)   (1UL << 63 | (n))
#define TOO_SMALL   STATUS(5)
#define NOT_FOUND   STATUS(14)
#define ATTRIBUTES  (XEN_EFI_VARIABLE_NON_VOLATILE | XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS | \
                     XEN_EFI_VARIABLE_RUNTIME_ACCESS)
#define RUNTIME_CODE 5
#define RUNTIME_DATA 6

static const struct xenpf_efi_guid our_guid = {
    0x5859c0de, 0x1234, 0x4321, { 0x80, 1, 2, 3, 4, 5, 6, 7 },
};
static uint16_t our_name[] = u"XylemTest";
static uint16_t endless[PAGE_SIZE] PAGE_ALIGNED;    /* two pages without an end */
static char buffer[PAGE_SIZE] PAGE_ALIGNED, target[PAGE_SIZE] PAGE_ALIGNED;

static long platform(struct xen_platform_op *op)
{
    op->interface_version = XENPF_INTERFACE_VERSION;
    return HYPERCALL_1(__HYPERVISOR_platform_op, op);
}

static long efi(struct xenpf_efi_runtime_call *call)
{
    struct xen_platform_op op = { .cmd = XENPF_efi_runtime_call };
    long rc;

    op.u.efi_runtime_call = *call;
    rc = platform(&op);
    *call = op.u.efi_runtime_call;
    return rc;
}

static long info(unsigned int index, union xenpf_efi_info *answer)
{
    struct xen_platform_op op = { .cmd = XENPF_firmware_info };
    long rc;

    op.u.firmware_info.type = XEN_FW_EFI_INFO;
    op.u.firmware_info.index = index;
    op.u.firmware_info.u.efi_info = *answer;
    rc = platform(&op);
    *answer = op.u.firmware_info.u.efi_info;
    return rc;
}

/* ---- variables ---- */

static struct xenpf_efi_runtime_call reading(void *name, const struct xenpf_efi_guid *guid,
                                             void *to, size_t size)
{
    struct xenpf_efi_runtime_call c = { .function = XEN_EFI_get_variable };

    set_xen_guest_handle(c.u.get_variable.name, name);
    set_xen_guest_handle(c.u.get_variable.data, to);
    c.u.get_variable.vendor_guid = *guid;
    c.u.get_variable.size = size;
    return c;
}

static struct xenpf_efi_runtime_call writing(void *name, void *from, size_t size)
{
    struct xenpf_efi_runtime_call c = reading(name, &our_guid, from, size);

    c.function = XEN_EFI_set_variable;
    c.misc = ATTRIBUTES;
    return c;
}

/* Walk over all variables; each can be read. */
static void all_variables(void)
{
    static uint16_t name[512];
    struct xenpf_efi_runtime_call next = { .function = XEN_EFI_get_next_variable_name };
    unsigned int count = 0, boot_order = 0;

    name[0] = 0;
    for (; count < 1000; count++) {
        struct xenpf_efi_runtime_call c;

        set_xen_guest_handle(next.u.get_next_variable_name.name, (void *)name);
        next.u.get_next_variable_name.size = sizeof(name);
        EXPECT_EQ(efi(&next), 0);
        if (next.status != 0) {
            break;
        }
        boot_order += memcmp(name, u"BootOrder", sizeof(u"BootOrder")) == 0;
        c = reading(name, &next.u.get_next_variable_name.vendor_guid, buffer, sizeof(buffer));
        EXPECT_EQ(efi(&c), 0);
        EXPECT(c.status == 0 || c.status == TOO_SMALL);
    }
    EXPECT_EQ(next.status, NOT_FOUND);
    EXPECT_EQ(boot_order, 1);
    guest_printf("%u variables\n", count);
}

static void own_variable(void)
{
    static char text[] = "kept by the firmware";
    struct xenpf_efi_runtime_call c = writing(our_name, text, sizeof(text));

    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, 0);
    c = reading(our_name, &our_guid, buffer, sizeof(buffer));
    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, 0);
    EXPECT_EQ(c.u.get_variable.size, sizeof(text));
    EXPECT_EQ(c.misc, ATTRIBUTES);
    EXPECT(memcmp(buffer, text, sizeof(text)) == 0);
    c = reading(our_name, &our_guid, NULL, 0);
    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, TOO_SMALL);
    EXPECT_EQ(c.u.get_variable.size, sizeof(text));
    c = reading(our_name, &our_guid, (void *)NOWHERE, sizeof(text));
    EXPECT_EQ(efi(&c), -E_FAULT);
    c = writing(our_name, NULL, 0);
    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, 0);
    c = reading(our_name, &our_guid, buffer, sizeof(buffer));
    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, NOT_FOUND);
}

static void bad_names(void)
{
    struct xenpf_efi_runtime_call c = reading(endless, &our_guid, buffer, 1);

    for (unsigned int i = 0; i < ARRAY_SIZE(endless); i++) {
        endless[i] = 'A';
    }
    EXPECT_EQ(efi(&c), -E_2BIG);
    c = writing(endless, buffer, 1);
    EXPECT_EQ(efi(&c), -E_2BIG);
    c = reading((void *)NOWHERE, &our_guid, buffer, 1);
    EXPECT_EQ(efi(&c), -E_FAULT);
    c = reading((void *)0x10000, &our_guid, buffer, 1);
    EXPECT_EQ(efi(&c), -E_FAULT);
    c = (struct xenpf_efi_runtime_call){ .function = XEN_EFI_get_next_variable_name };
    set_xen_guest_handle(c.u.get_next_variable_name.name, (void *)endless);
    c.u.get_next_variable_name.size = sizeof(endless);
    EXPECT_EQ(efi(&c), -E_INVAL);
    c.u.get_next_variable_name.size = 1;
    EXPECT_EQ(efi(&c), -E_INVAL);
    c.u.get_next_variable_name.size = ~0UL;
    set_xen_guest_handle(c.u.get_next_variable_name.name, (void *)NOWHERE);
    EXPECT_EQ(efi(&c), -E_FAULT);
}

static void bad_data(void)
{
    struct xenpf_efi_runtime_call c = writing(our_name, buffer, ~0UL);

    EXPECT_EQ(efi(&c), -E_2BIG);
    c = writing(our_name, buffer, 65537);
    EXPECT_EQ(efi(&c), -E_2BIG);
    c = writing(our_name, (void *)NOWHERE, 16);
    EXPECT_EQ(efi(&c), -E_FAULT);
    c = writing(our_name, buffer, 16);
    c.misc = ~0U;                                   /* attributes: the firmware's to refuse */
    EXPECT_EQ(efi(&c), 0);
    EXPECT(c.status != 0);
    c = reading(our_name, &our_guid, buffer, ~0UL);
    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, NOT_FOUND);
}

/* ---- the rest ---- */

static void room(void)
{
    struct xenpf_efi_runtime_call c = { .function = XEN_EFI_query_variable_info };

    c.u.query_variable_info.attr = ATTRIBUTES;
    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, 0);
    EXPECT(c.u.query_variable_info.remain_store_size > 0 &&
           c.u.query_variable_info.remain_store_size <= c.u.query_variable_info.max_store_size);
}

static void clock(void)
{
    struct xenpf_efi_runtime_call c = { .function = XEN_EFI_get_time };
    const struct xenpf_efi_time *t = &c.u.get_time.time;

    EXPECT_EQ(efi(&c), 0);
    EXPECT_EQ(c.status, 0);
    EXPECT(t->year >= 2023 && t->month >= 1 && t->month <= 12 && t->day >= 1 && t->day <= 31 &&
           t->hour < 24 && t->min < 60 && t->sec < 60);
    c = (struct xenpf_efi_runtime_call){ .function = XEN_EFI_get_wakeup_time };
    EXPECT_EQ(efi(&c), 0);
    c = (struct xenpf_efi_runtime_call){ .function = XEN_EFI_set_time };
    EXPECT_EQ(efi(&c), 0);
    EXPECT(c.status != 0);                          /* there is no year 0 */
    c = (struct xenpf_efi_runtime_call){ .function = XEN_EFI_get_next_high_monotonic_count };
    EXPECT_EQ(efi(&c), 0);
}

static void bad_flags(void)
{
    static const unsigned char functions[] = {
        XEN_EFI_get_time, XEN_EFI_set_time, XEN_EFI_get_wakeup_time, XEN_EFI_set_wakeup_time,
        XEN_EFI_get_next_high_monotonic_count, XEN_EFI_get_variable,
        XEN_EFI_get_next_variable_name, XEN_EFI_query_variable_info,
    };
    static const unsigned int absent[] = {
        0, XEN_EFI_query_capsule_capabilities, XEN_EFI_update_capsule, 12, ~0U,
    };
    struct xenpf_efi_runtime_call c;

    for (unsigned int i = 0; i < sizeof(functions); i++) {
        c = (struct xenpf_efi_runtime_call){ .function = functions[i], .misc = 0x80 };
        EXPECT_EQ(efi(&c), -E_INVAL);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(absent); i++) {
        c = (struct xenpf_efi_runtime_call){ .function = absent[i] };
        EXPECT_EQ(efi(&c), -E_NOSYS);
    }
    c = (struct xenpf_efi_runtime_call){ .function = XEN_EFI_query_variable_info,
                                         .misc = XEN_EFI_VARINFO_BOOT_SNAPSHOT };
    EXPECT_EQ(efi(&c), -E_OPNOTSUPP);
}

/* The firmware may use SSE registers: ours are as before, and TS as well. */
static void fpu(void)
{
    struct xenpf_efi_runtime_call c = { .function = XEN_EFI_get_time };
    uint64_t in = 0x1122334455667788, out = 0;
    unsigned long trapped;

    HYPERCALL_1(__HYPERVISOR_fpu_taskswitch, 0);
    asm volatile("movq %0, %%xmm5" : : "r"(in));
    EXPECT_EQ(efi(&c), 0);
    asm volatile("movq %%xmm5, %0" : "=r"(out));
    EXPECT(out == in);
    HYPERCALL_1(__HYPERVISOR_fpu_taskswitch, 1);
    EXPECT_EQ(efi(&c), 0);
    TRY_ASM(trapped, "movq %%xmm5, %%rdx", , , "rdx");
    EXPECT_EQ(trapped, TRAPPED(7));
    HYPERCALL_1(__HYPERVISOR_fpu_taskswitch, 0);
}

/* What runs, or is believed, with the hypervisor's rights can be read, but not written. */
static void firmware_memory(void)
{
    union xenpf_efi_info answer = { .version = 0 };
    uint64_t at;
    unsigned int found = 0;

    for (at = 0; at < 1UL << 32; at = answer.mem.addr + answer.mem.size) {
        answer.mem.addr = at;
        if (info(XEN_FW_EFI_MEM_INFO, &answer) != 0) {
            answer.mem.addr = at;
            answer.mem.size = PAGE_SIZE;
            continue;
        }
        if (answer.mem.type != RUNTIME_CODE && answer.mem.type != RUNTIME_DATA) {
            continue;
        }
        found |= 1u << answer.mem.type;
        EXPECT_EQ(HYPERCALL_3(__HYPERVISOR_update_va_mapping, target, answer.mem.addr | PTE_RWP,
                              UVMF_INVLPG), 0);
        EXPECT_EQ(try_read(target, &(uint64_t){ 0 }), 0);
        EXPECT_EQ(try_write(target, 0), TRAPPED(14));
    }
    EXPECT_EQ(found, 1u << RUNTIME_CODE | 1u << RUNTIME_DATA);
    make_writable(target);
}

/* A firmware that faults is not called again; the hypervisor and we go on. */
static void faulty(void)
{
    struct xenpf_efi_runtime_call c = { .function = XEN_EFI_get_time };

    EXPECT_EQ(HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_EFI_FAULT, 0), 0);
    EXPECT_EQ(efi(&c), -E_IO);
    EXPECT_EQ(efi(&c), -E_IO);
    c = reading(our_name, &our_guid, buffer, sizeof(buffer));
    EXPECT_EQ(efi(&c), -E_IO);
    HYPERCALL_1(__HYPERVISOR_fpu_taskswitch, 0);
}

void test_main(void)
{
    struct xenpf_efi_runtime_call c = { .function = XEN_EFI_get_time };
    union xenpf_efi_info answer = { .version = 0 };

    if (!guest_is_dom0()) {
        EXPECT_EQ(efi(&c), -E_PERM);
        return;
    }
    if (info(XEN_FW_EFI_VERSION, &answer) != 0) {
        EXPECT_EQ(efi(&c), -E_NOSYS);
        if (guest_option("efi")) {
            guest_failure("there is no EFI");
        }
        return;
    }
    bad_names();
    bad_data();
    bad_flags();
    clock();
    room();
    own_variable();
    all_variables();
    fpu();
    firmware_memory();
    if (guest_option("fault")) {
        faulty();
    }
}
