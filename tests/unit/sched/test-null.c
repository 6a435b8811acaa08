/* SPDX-License-Identifier: GPL-2.0-only */
/* The null policy under the real core, on CPUs that the test plays: a CPU for each, or none. */
#include "play.h"

static void begin(unsigned int nr_cpus)
{
    begin_with(&sched_null, nr_cpus);
}

static bool runs(const struct vcpu *v)
{
    return per_cpu(runqueue, v->processor).curr == v;
}

TEST(each_has_a_cpu_and_the_next_waits_until_one_dies)
{
    struct vcpu *v[4];

    begin(3);
    for (unsigned int i = 0; i < 4; i++) {
        v[i] = start(i, 256);
    }
    CHECK(runs(v[0]) && runs(v[1]) && runs(v[2]) && !runs(v[3]));
    CHECK(v[0]->processor != v[1]->processor && v[1]->processor != v[2]->processor);
    CHECK_EQ(v[3]->runstate.state, RUNSTATE_runnable);
    sleep_now(v[1]);
    CHECK(!runs(v[3]));                 /* who sleeps keeps its CPU */
    wake_now(v[1]);
    CHECK(runs(v[1]) && !runs(v[3]));
    die(1);
    CHECK(runs(v[3]));
    empty();
}

TEST(one_that_never_ran_takes_no_cpu)
{
    struct vcpu *second;

    begin(1);
    (void)add(0, 256);
    second = start(1, 256);
    CHECK(runs(second));
    empty();
}

TEST(affinity_gives_and_takes_cpus)
{
    struct vcpu *a, *b, *c;

    begin(2);
    a = start(0, 256);
    b = start(1, 256);
    c = start(2, 256);
    CHECK(runs(a) && runs(b) && !runs(c));
    only(c, a->processor);
    CHECK(!runs(c));
    only(a, b->processor);              /* a has none now; c gets what it had */
    CHECK(!runs(a) && runs(b) && runs(c));
    die(2);
    CHECK(!runs(a));                    /* may not run on that one */
    die(1);
    CHECK(runs(a));
    empty();
}

TEST(a_cpu_that_leaves_is_given_up_and_taken_again)
{
    struct vcpu *a, *b;
    unsigned int gone;

    begin(2);
    a = start(0, 256);
    b = start(1, 256);
    gone = b->processor;
    CHECK_EQ(sched_cpu_leave(gone), 0);
    settle();
    CHECK(sched_cpu_emptied(gone));
    CHECK(runs(a) && !runs(b));
    sched_cpu_join(gone);
    settle();
    CHECK(runs(a) && runs(b));
    sleep_now(b);
    CHECK_EQ(sched_cpu_leave(gone), 0);
    settle();
    wake_now(b);
    CHECK(!runs(b));
    die(0);
    CHECK(runs(b));
    sched_cpu_join(gone);
    empty();
}

TEST(it_yields_to_nobody_and_has_no_parameters)
{
    struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_NULL,
                                          .cmd = XEN_DOMCTL_SCHEDOP_getinfo };
    struct vcpu *v;

    begin(1);
    v = start(0, 256);
    vcpu_yield();
    settle();
    CHECK(runs(v));
    CHECK_EQ(sched_adjust(v->domain, &op), -EOPNOTSUPP);
    op.sched_id = XEN_SCHEDULER_CREDIT2;
    CHECK_EQ(sched_adjust(v->domain, &op), -EINVAL);
    empty();
}

TEST_MAIN
