/* SPDX-License-Identifier: GPL-2.0-only */
/* What guests are given of the clock: version protocol, no needless writes, area that vanished. */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/time.h>

#include <asm/time.h>

#include "harness.h"

static struct cpu_info info;
struct vcpu_info dummy_vcpu_info;
DEFINE_PER_CPU(struct cpu_time, cpu_time);
bool tsc_stable;
static struct domain dom;
static struct vcpu vcpu;
static struct vcpu_info vi;
static struct shared_info shared;
static uint64_t wc_sec;
static uint32_t wc_nsec;

static struct vcpu_time_info area;
static unsigned int writes, fail_from;
static uint32_t versions[8];

struct cpu_info *get_cpu_info(void) { return &info; }
void wallclock_get(uint64_t *sec, uint32_t *nsec) { *sec = wc_sec; *nsec = wc_nsec; }
int guest_write(unsigned long va, const void *src, size_t bytes)
{
    if (va != 0x1000 || ++writes >= fail_from) {
        return -EFAULT;
    }
    memcpy(&area, src, bytes);
    versions[writes - 1] = area.version;
    return 0;
}

static void start(void)
{
    memset(&vcpu, 0, sizeof(vcpu));
    memset(&vi, 0, sizeof(vi));
    vcpu.domain = &dom;
    vcpu.vcpu_info = &vi;
    vcpu.time_area = 0x1000;
    this_cpu(cpu_time) = (struct cpu_time){ 100, 5, { 0x9d89d89d, -1 }, 7 };
    writes = 0;
    fail_from = 100;
}

TEST(first_update_fills_all)
{
    start();
    tsc_stable = true;
    vcpu_time_update(&vcpu);
    CHECK_EQ(vi.time.version, 2);
    CHECK_EQ(vi.time.tsc_timestamp, 100);
    CHECK_EQ(vi.time.system_time, 5);
    CHECK_EQ(vi.time.tsc_to_system_mul, 0x9d89d89d);
    CHECK_EQ(vi.time.tsc_shift, -1);
    CHECK_EQ(vi.time.flags, XEN_PVCLOCK_TSC_STABLE_BIT);
    CHECK(vcpu.time_due);
}

TEST(unchanged_clock_is_not_written_again)
{
    start();
    vcpu_time_update(&vcpu);
    vi.time.version = 1000;
    vcpu_time_update(&vcpu);
    CHECK_EQ(vi.time.version, 1000);
    this_cpu(cpu_time).gen = 8;
    vcpu_time_update(&vcpu);
    CHECK_EQ(vi.time.version, 1002);
}

TEST(odd_version_from_the_guest_ends_even)
{
    start();
    vi.time.version = 0xffffffff;
    vcpu_time_update(&vcpu);
    CHECK_EQ(vi.time.version & 1, 0);
}

TEST(dummy_vcpu_info_is_left_alone)
{
    start();
    vcpu.vcpu_info = &dummy_vcpu_info;
    vcpu_time_update(&vcpu);
    CHECK_EQ(dummy_vcpu_info.time.version, 0);
    CHECK_EQ(vcpu.time_gen, 0);
}

TEST(area_is_odd_while_it_changes)
{
    start();
    vcpu_time_update(&vcpu);
    vcpu_time_area_update(&vcpu);
    CHECK_EQ(writes, 3);
    CHECK_EQ(versions[0] & 1, 1);
    CHECK_EQ(versions[1], versions[0]);
    CHECK_EQ(versions[2], versions[0] + 1);
    CHECK(!vcpu.time_due);
}

TEST(vanished_area_is_no_error)
{
    start();
    for (fail_from = 1; fail_from <= 3; fail_from++) {
        writes = 0;
        vcpu.time_due = true;
        vcpu_time_area_update(&vcpu);
        CHECK(!vcpu.time_due);
    }
}

TEST(wall_clock_has_the_domains_offset)
{
    start();
    dom.shared_info = &shared;
    dom.time_offset_seconds = -3600;
    wc_sec = 0x100000000ull + 3600 + 5;
    wc_nsec = 42;
    domain_wallclock_update(&dom);
    CHECK_EQ(shared.wc_version & 1, 0);
    CHECK_EQ(shared.wc_sec, 5);
    CHECK_EQ(shared.wc_sec_hi, 1);
    CHECK_EQ(shared.wc_nsec, 42);
}

TEST_MAIN
