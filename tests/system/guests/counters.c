/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the counters tell what this guest does?
 *
 * Describes the rows, then makes a known number of hypercalls, exceptions, event sends, TLB flushes
 * and emulated instructions, and compares the differences.  The call is Xylem's own: elsewhere
 * it answers -ENOSYS and there is nothing to ask.
 * ABI: docs/abi/counters.md.
 */
#include "guest.h"

#include <xylem/counters.h>

const char test_name[] = "counters";

#define ROOM    192
#define ROUNDS  100

static struct xylem_counter_row rows[ROOM];
static struct xylem_counter_value before[ROOM], after[ROOM];
static uint64_t layout;
static unsigned int nr_rows;

static long counters(struct xylem_counters *op)
{
    op->version = XYLEM_COUNTERS_VERSION;
    return HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_COUNTERS, op);
}

static long describe(void)
{
    struct xylem_counters op = {
        .action = XYLEM_COUNTERS_DESCRIBE, .nr = ROOM, .row_size = sizeof(rows[0]),
        .rows = (unsigned long)rows,
    };
    long rc = counters(&op);

    layout = op.layout;
    nr_rows = op.nr;
    return rc;
}

static void read_rows(struct xylem_counter_value *values)
{
    struct xylem_counters op = {
        .action = XYLEM_COUNTERS_READ, .domid = DOMID_SELF, .vcpu = 0, .nr = ROOM,
        .row_size = sizeof(values[0]), .layout = layout, .rows = (unsigned long)values,
    };

    EXPECT_EQ(counters(&op), 0);
    EXPECT_EQ(op.nr, nr_rows);
}

static unsigned int row_of(const char *name)
{
    for (unsigned int i = 0; i < nr_rows; i++) {
        if (memcmp(rows[i].name, name, strlen(name) + 1) == 0) {
            return i;
        }
    }
    guest_failure("no row is called %s", name);
    return 0;
}

static unsigned long grown(const char *name)
{
    unsigned int i = row_of(name);

    return after[i].count - before[i].count;
}

static void work(evtchn_port_t port)
{
    unsigned long trapped;

    for (unsigned int i = 0; i < ROUNDS; i++) {
        (void)xen_version(XENVER_version, NULL);
        EXPECT_EQ(evtchn_send(port), 0);
        TRY_ASM(trapped, "ud2", , );
        EXPECT_EQ(trapped, TRAPPED(6));
        EXPECT_EQ(mmuext_op(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
        asm volatile("mov %%cr4, %%rax" : : : "rax");
    }
}

static void set_timing(bool on)
{
    struct xylem_counters op = {
        .action = XYLEM_COUNTERS_SET_TIMING, .flags = on ? XYLEM_COUNTERS_TIMING : 0,
        .row_size = 16,
    };

    EXPECT_EQ(counters(&op), 0);
    EXPECT_EQ(op.flags, on ? XYLEM_COUNTERS_TIMING : 0);
}

/* Has @name taken time, and no more than all that passed meanwhile? */
static void expect_time(const char *name, uint64_t most)
{
    unsigned int i = row_of(name);
    uint64_t ns = after[i].time_ns - before[i].time_ns;

    EXPECT((rows[i].flags & XYLEM_COUNTER_TIMED) != 0);
    if (ns == 0 || ns > most) {
        guest_failure("%s took %lu ns of %lu", name, ns, most);
    }
}

static void multicalls(void)
{
    struct multicall_entry list[4];

    for (unsigned int i = 0; i < ARRAY_SIZE(list); i++) {
        list[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
    }
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_multicall, list, ARRAY_SIZE(list)), 0);
}

static void timing(evtchn_port_t port)
{
    uint64_t start = guest_now(), took;

    set_timing(true);
    read_rows(before);
    work(port);
    multicalls();
    read_rows(after);
    took = guest_now() - start;
    expect_time("hypercall-xen-version", took);
    expect_time("hypercall-event-channel-op", took);
    expect_time("hypercall-mmuext-op", took);
    expect_time("hypercall-multicall", took);
    expect_time("exception-6", took);
    expect_time("exception-13", took);
    expect_time("exits", took);
    EXPECT_EQ(grown("exception-6"), ROUNDS);
    EXPECT_EQ(grown("multicall-entry"), 4);
    EXPECT_EQ(grown("hypercall-restart"), 0);
    set_timing(false);
    read_rows(before);
    work(port);
    read_rows(after);
    EXPECT_EQ(after[row_of("exits")].time_ns, before[row_of("exits")].time_ns);
}

static void refusals(void)
{
    struct xylem_counters op = { .action = XYLEM_COUNTERS_READ, .domid = DOMID_SELF,
                                 .row_size = 16, .layout = layout + 1 };

    EXPECT_EQ(counters(&op), -E_AGAIN);
    op.layout = layout;
    op.vcpu = 99;
    EXPECT_EQ(counters(&op), -E_NOENT);
    op.domid = 99;
    EXPECT_EQ(counters(&op), -E_SRCH);
    EXPECT_EQ(HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_COUNTERS, 0xffff800000000000UL), -E_FAULT);
    EXPECT_EQ(HYPERCALL_2(XYLEM_HYPERCALL, 0, &op), -E_NOSYS);
}

void test_main(void)
{
    evtchn_port_t port;
    long rc = describe();

    if (rc == -E_NOSYS || rc == -E_PERM) {
        guest_skip("no counters here (%ld)", rc);
        return;
    }
    EXPECT_EQ(rc, 0);
    EXPECT(nr_rows > 100 && nr_rows < ROOM);
    EXPECT_EQ(evtchn_bind_ipi(0, &port), 0);
    guest_traps_init();
    read_rows(before);
    work(port);
    read_rows(after);
    EXPECT_EQ(grown("hypercall-xen-version"), ROUNDS);
    EXPECT_EQ(grown("hypercall-event-channel-op"), ROUNDS);
    EXPECT_EQ(grown("hypercall-mmuext-op"), ROUNDS);
    EXPECT_EQ(grown("hypercall-xylem-op"), 1);
    EXPECT_EQ(grown("event-send"), ROUNDS);
    EXPECT_EQ(grown("exception-6"), ROUNDS);
    EXPECT_EQ(grown("emulated-cr-dr"), ROUNDS);
    EXPECT(grown("tlb-flush") >= ROUNDS);
    EXPECT(grown("exits") >= 5 * ROUNDS);
    EXPECT_EQ(grown("hypercall-domctl"), 0);
    timing(port);
    refusals();
}
