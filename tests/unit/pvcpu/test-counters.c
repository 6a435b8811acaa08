/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters' call: descriptions, values, readers of other releases, and who may not. */
#include "../harness.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/time.h>

#include <asm/time.h>

#include <xylem/counters.h>

#include "fake.h"

#define ROOM 160

static struct vcpu *vcpus[2];
static struct xylem_counter_row rows[ROOM];
static struct xylem_counter_value values[ROOM];

s_time_t get_s_time(void) { return 12345; }

struct domain *domain_get(domid_t id)
{
    return id == DOMID_SELF ? current->domain : id < 2 ? &fake_dom[id] : NULL;
}

void domain_put(struct domain *d) { (void)d; }

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

uint32_t tsc_khz = 2000000;             /* two ticks a nanosecond */
static bool timing;

uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c) { return a * b / c; }
void entry_timing_set(bool on) { timing = on; }
bool entry_timing(void) { return timing; }

int guest_clear(unsigned long va, size_t bytes)
{
    static const uint8_t zeros[4096];

    return guest_write(va, zeros, bytes);
}

/* Dom0, with two vcpus that are both guests' of domain 1 as well. */
static void setup(void)
{
    fake_reset();
    for (unsigned int i = 0; i < 2; i++) {
        vcpus[i] = &fake_vcpu[i];
        fake_dom[i].max_vcpus = 2;
        fake_dom[i].vcpu = vcpus;
        fake_dom[i].is_privileged = i == 0;
    }
    memset(rows, 0xaa, sizeof(rows));
    memset(values, 0xaa, sizeof(values));
}

static struct xylem_counters op_for(uint32_t action, void *array, uint32_t row_size)
{
    return (struct xylem_counters){
        .version = XYLEM_COUNTERS_VERSION, .action = action, .domid = 1,
        .vcpu = XYLEM_COUNTERS_ALL_VCPUS, .nr = ROOM, .row_size = row_size,
        .rows = (unsigned long)array,
    };
}

static long call(struct xylem_counters *op)
{
    return do_xylem_op(XYLEM_OP_COUNTERS, (unsigned long)op);
}

static uint64_t describe(void)
{
    struct xylem_counters op = op_for(XYLEM_COUNTERS_DESCRIBE, rows, sizeof(rows[0]));

    return call(&op) == 0 ? op.layout : 0;
}

static unsigned int row_of(const char *name)
{
    for (unsigned int i = 0; i < NR_COUNTER_ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return i;
        }
    }
    return ROOM - 1;
}

TEST(rows_describe_themselves)
{
    setup();
    CHECK(describe() != 0);
    CHECK_STR(rows[COUNTER_HYPERCALL(23)].name, "hypercall-iret");
    CHECK_STR(rows[COUNTER_HYPERCALL(1)].name, "hypercall-mmu-update");
    CHECK_STR(rows[COUNTER_HYPERCALL(4)].name, "hypercall-4");
    CHECK_EQ(rows[COUNTER_HYPERCALL(23)].kind, XYLEM_COUNTER_HYPERCALL);
    CHECK_EQ(rows[COUNTER_HYPERCALL(23)].number, 23);
    CHECK_STR(rows[COUNTER_EXCEPTION(14)].name, "exception-14");
    CHECK_STR(rows[COUNTER_SYSCALL].name, "syscall");
    CHECK_EQ(rows[COUNTER_SYSCALL].kind, XYLEM_COUNTER_ENTRY);
    CHECK_EQ(rows[row_of("exits")].kind, XYLEM_COUNTER_DERIVED);
    for (unsigned int i = 0; i < NR_COUNTER_ROWS; i++) {
        CHECK(rows[i].name[0] != '\0' && memchr(rows[i].name, 0, sizeof(rows[i].name)) != NULL);
        CHECK_EQ(row_of(rows[i].name), i);      /* no name twice, none cut short to another */
    }
}

TEST(values_of_one_vcpu_and_of_all)
{
    struct xylem_counters op;
    uint64_t layout;

    setup();
    layout = describe();
    fake_vcpu[0].arch.counters[COUNTER_SYSCALL] = 5;
    fake_vcpu[1].arch.counters[COUNTER_SYSCALL] = 7;
    fake_vcpu[1].arch.counters[COUNTER_HYPERCALL(17)] = 40;
    fake_vcpu[1].arch.counters[COUNTER_MULTICALL] = 10;
    fake_vcpu[1].arch.counters[COUNTER_TLB_FLUSH] = 1000;       /* no entry: not an exit */
    op = op_for(XYLEM_COUNTERS_READ, values, sizeof(values[0]));
    op.layout = layout;
    CHECK_EQ(call(&op), 0);
    CHECK_EQ(op.nr, op.total);
    CHECK_EQ(op.now_ns, 12345);
    CHECK_EQ(values[COUNTER_SYSCALL].count, 12);
    CHECK_EQ(values[row_of("exits")].count, 12 + 40 - 10);
    op.nr = 1;
    op.first = COUNTER_SYSCALL;
    op.vcpu = 1;
    CHECK_EQ(call(&op), 0);
    CHECK_EQ(op.nr, 1);
    CHECK_EQ(values[0].count, 7);
    op.first = ~0u;
    op.nr = ROOM;
    CHECK_EQ(call(&op), 0);
    CHECK_EQ(op.nr, 0);
}

/* A release with shorter or longer elements gets what it knows, and zeros for the rest. */
TEST(elements_of_other_releases)
{
    struct xylem_counters op;
    uint64_t counts[ROOM], wide[ROOM][3];
    uint64_t layout;

    setup();
    layout = describe();
    fake_vcpu[0].arch.counters[COUNTER_NMI] = 3;
    op = op_for(XYLEM_COUNTERS_READ, counts, 8);
    op.layout = layout;
    CHECK_EQ(call(&op), 0);
    CHECK_EQ(counts[COUNTER_NMI], 3);
    memset(wide, 0xaa, sizeof(wide));
    op = op_for(XYLEM_COUNTERS_READ, wide, sizeof(wide[0]));
    op.layout = layout;
    CHECK_EQ(call(&op), 0);
    CHECK(wide[COUNTER_NMI][0] == 3 && wide[COUNTER_NMI][1] == 0 && wide[COUNTER_NMI][2] == 0);
    op = op_for(XYLEM_COUNTERS_DESCRIBE, NULL, 8);
    op.nr = 0;
    CHECK_EQ(call(&op), 0);
    CHECK_EQ(op.total, NR_COUNTER_ROWS);
    op.version = 2;
    CHECK_EQ(call(&op), -EOPNOTSUPP);
    CHECK_EQ(op.version, XYLEM_COUNTERS_VERSION);
}

TEST(time_per_reason)
{
    struct xylem_counters op;
    uint64_t layout, times[NR_COUNTERS] = { [COUNTER_IRQ] = 2000, [COUNTER_HYPERCALL(1)] = 600 };

    setup();
    layout = describe();
    CHECK(rows[COUNTER_IRQ].flags == XYLEM_COUNTER_TIMED && rows[COUNTER_NMI].flags == 0);
    op = op_for(XYLEM_COUNTERS_SET_TIMING, NULL, 8);
    op.flags = XYLEM_COUNTERS_TIMING;
    CHECK_EQ(call(&op), 0);
    CHECK(timing && op.flags == XYLEM_COUNTERS_TIMING);
    fake_vcpu[1].arch.times = times;
    op = op_for(XYLEM_COUNTERS_READ, values, sizeof(values[0]));
    op.layout = layout;
    CHECK_EQ(call(&op), 0);
    CHECK_EQ(op.flags, XYLEM_COUNTERS_TIMING);
    CHECK_EQ(values[COUNTER_IRQ].time_ns, 1000);
    CHECK_EQ(values[row_of("exits")].time_ns, 1300);
    op = op_for(XYLEM_COUNTERS_SET_TIMING, NULL, 8);
    CHECK_EQ(call(&op), 0);
    CHECK(!timing);
}

TEST(refusals)
{
    struct xylem_counters op, good;

    setup();
    good = op_for(XYLEM_COUNTERS_READ, values, sizeof(values[0]));
    good.layout = describe();
    CHECK_EQ(do_xylem_op(0, (unsigned long)&good), -ENOSYS);
    CHECK_EQ(do_xylem_op(XYLEM_OP_COUNTERS, HV_VIRT_START), -EFAULT);
#define REFUSED(error, field, value)                                                               \
    do {                                                                                           \
        op = good;                                                                                 \
        op.field = (value);                                                                        \
        CHECK_EQ(call(&op), (error));                                                              \
    } while (0)
    REFUSED(-EAGAIN, layout, good.layout + 1);
    REFUSED(-EINVAL, zero, 1);
    REFUSED(-EINVAL, row_size, 7);
    REFUSED(-EINVAL, row_size, 4097);
    REFUSED(-EINVAL, action, 99);
    good.action = XYLEM_COUNTERS_SET_TIMING;
    REFUSED(-EINVAL, flags, 2);
    good.action = XYLEM_COUNTERS_READ;
    REFUSED(-ENOENT, vcpu, 2);
    REFUSED(-ESRCH, domid, 2);
    REFUSED(-ESRCH, domid, 0x10001);
    REFUSED(-EFAULT, rows, HV_VIRT_START);
    fake_run(1);                        /* the guest may not look, at itself neither */
    current->domain = &fake_dom[1];
    REFUSED(-EPERM, domid, 0);
    REFUSED(-EPERM, domid, DOMID_SELF);
    REFUSED(-EPERM, domid, 77);
    REFUSED(-EPERM, action, XYLEM_COUNTERS_DESCRIBE);
    REFUSED(-EPERM, action, XYLEM_COUNTERS_SET_TIMING);
}

TEST_MAIN
