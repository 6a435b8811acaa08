/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call fails, for all N, while a guest is built, in the process
 * that unpacks the kernel as well: one error, nothing mapped, no file left open.
 */
#include "harness.h"
#include "fake-ctrl.h"
#include "make-elf.h"
#include "xyl_guest.h"

#include "harness/fault-off.h"

#define MIB   256ul
#define N_MAX 200

static char kernel_path[64], ramdisk_path[64];

/* 0 if the build was refused as it should be or is whole, or why not. */
static const char *build(bool *hit, enum fault_kind kind, unsigned long n)
{
    struct xyl_guest_spec spec = {
        .domid = 7, .kernel = kernel_path, .ramdisk = ramdisk_path, .cmdline = "quiet",
        .nr_pages = 24 * MIB, .store_port = 3, .console_port = 4,
    };
    struct xyl_guest_result result;
    struct xyl_err err = XYL_ERR_INIT;
    size_t open_files;
    int rc;

    fake_reset();
    open_files = fault_open_files();
    fault_arm(kind, n);
    rc = xyl_guest_build(NULL, &spec, &result, &err);
    *hit = fault_disarm();
    if (rc == 0 && *hit) {
        return "the failure was not noticed";
    }
    if (rc < 0 && (!*hit || err.text[0] == '\0')) {
        return *hit ? "an error without a word" : "an error without a failure";
    }
    if (fake.mapped_here != 0) {
        return "pages stay mapped";
    }
    return fault_open_files() != open_files ? "a file stays open" : NULL;
}

static void each_fails_once(enum fault_kind kind, unsigned long at_least)
{
    static const uint8_t ramdisk[5000] = { 1 };
    struct made m;
    const char *why = NULL;
    unsigned long n = 0;
    bool hit = true;

    made_linux(&m);
    fake_file(kernel_path, "kernel", m.file, MADE_SIZE);
    made_free(&m);
    fake_file(ramdisk_path, "ramdisk", ramdisk, sizeof(ramdisk));
    while (hit && why == NULL && n < N_MAX) {
        why = build(&hit, kind, ++n);
    }
    unlink(kernel_path);
    unlink(ramdisk_path);
    fake_end();
    if (why != NULL) {
        FAIL("call %lu: %s", n, why);
    }
    CHECK(n > at_least && n < N_MAX);
}

TEST(each_allocation_of_a_build_fails_once)
{
    each_fails_once(FAULT_ALLOCATION, 3);
}

TEST(each_system_call_of_a_build_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL, 8);
}

TEST_MAIN
