/* SPDX-License-Identifier: GPL-2.0-only */
/* Shares on several CPUs, in virtual time: busy vcpus that do not divide evenly take turns. */
#include "play.h"

#define MS 1000000L

static uint64_t before[MAX_DOMAINS];

static void run_for(s_time_t ns)
{
    s_time_t end = clock_ns + ns;

    settle();
    while (clock_ns < end && !unit_failed()) {
        struct timer *t = due_timer();

        clock_ns = t != NULL && t->expires < end ? t->expires : end;
        settle();
    }
}

/* What guest @id has run since the last mark(), in permille of @ns. */
static long share(unsigned int id, s_time_t ns)
{
    return (long)((vcpu_cpu_time(&guests[id].vcpu) - before[id]) * 1000 / (uint64_t)ns);
}

static void mark(void)
{
    for (unsigned int id = 0; id < MAX_DOMAINS; id++) {
        before[id] = guests[id].there ? vcpu_cpu_time(&guests[id].vcpu) : 0;
    }
}

/* Each of the guests with @weights, busy, gets its part of @want permille, within @off of it. */
static void expect_shares(unsigned int nr, unsigned int nr_cpus, const unsigned int *weights,
                          const long *want, long off)
{
    begin_with(&sched_fair, nr_cpus);
    for (unsigned int id = 0; id < nr; id++) {
        (void)start(id, weights[id]);
    }
    run_for(100 * MS);
    mark();
    run_for(4000 * MS);
    for (unsigned int id = 0; id < nr; id++) {
        long got = share(id, 4000 * MS);

        if (got < want[id] - off || got > want[id] + off) {
            printf("  guest %u of weight %u got %ld permille, not %ld\n", id, weights[id], got,
                   want[id]);
            EXPECT(got >= want[id] - off && got <= want[id] + off);
        }
    }
    empty();
}

TEST(three_on_two_cpus_get_two_thirds_each)
{
    expect_shares(3, 2, (unsigned int[]){ 256, 256, 256 }, (long[]){ 667, 667, 667 }, 15);
    expect_shares(5, 2, (unsigned int[]){ 256, 256, 256, 256, 256 },
                  (long[]){ 400, 400, 400, 400, 400 }, 15);
}

TEST(so_do_more_on_more)
{
    expect_shares(4, 3, (unsigned int[]){ 256, 256, 256, 256 }, (long[]){ 750, 750, 750, 750 }, 15);
    expect_shares(5, 4, (unsigned int[]){ 256, 256, 256, 256, 256 },
                  (long[]){ 800, 800, 800, 800, 800 }, 15);
    expect_shares(6, 4, (unsigned int[]){ 256, 256, 256, 256, 256, 256 },
                  (long[]){ 667, 667, 667, 667, 667, 667 }, 15);
}

TEST(weights_count_across_cpus)
{
    expect_shares(3, 2, (unsigned int[]){ 512, 256, 256 }, (long[]){ 1000, 500, 500 }, 20);
    expect_shares(3, 2, (unsigned int[]){ 384, 256, 256 }, (long[]){ 857, 571, 571 }, 20);
    expect_shares(4, 2, (unsigned int[]){ 512, 256, 256, 256 }, (long[]){ 800, 400, 400, 400 }, 15);
    /* More than a CPU cannot be had; the others share the rest. */
    expect_shares(4, 2, (unsigned int[]){ 8192, 256, 256, 256 }, (long[]){ 1000, 333, 333, 333 },
                  20);
}

/* As many as there are CPUs, or an even number on each, stay where they are. */
TEST(equal_queues_are_left_alone)
{
    unsigned int migrations = 0;

    begin_with(&sched_fair, 2);
    for (unsigned int id = 0; id < 4; id++) {
        (void)start(id, 256);
    }
    run_for(500 * MS);
    for (unsigned int round = 0; round < 400; round++) {
        unsigned int at[4];

        for (unsigned int id = 0; id < 4; id++) {
            at[id] = guests[id].vcpu.processor;
        }
        run_for(10 * MS);
        for (unsigned int id = 0; id < 4; id++) {
            migrations += at[id] != guests[id].vcpu.processor;
        }
    }
    CHECK_EQ(migrations, 0);
    empty();
}

TEST(affinity_binds)
{
    struct vcpu *a, *b;

    begin_with(&sched_fair, 2);
    a = start(0, 256);
    b = start(1, 256);
    (void)start(2, 256);
    only(a, 0);
    only(b, 0);
    run_for(200 * MS);
    mark();
    run_for(4000 * MS);
    CHECK(share(2, 4000 * MS) >= 985);
    CHECK(share(0, 4000 * MS) >= 485 && share(1, 4000 * MS) >= 485);
    CHECK(a->processor == 0 && b->processor == 0);
    empty();
}

/* A CPU with nobody waiting has no timer, whatever the others do. */
TEST(who_is_alone_or_idle_has_no_tick)
{
    begin_with(&sched_fair, 3);
    for (unsigned int id = 0; id < 3; id++) {
        (void)start(id, 256);
    }
    run_for(100 * MS);
    CHECK(due_timer() == NULL);
    (void)start(3, 256);
    sleep_now(&guests[3].vcpu);
    run_for(100 * MS);
    CHECK(due_timer() == NULL);
    empty();
}

/* One that comes with what it was behind does not keep the others off for long. */
TEST(nobody_waits_for_long)
{
    s_time_t longest = 0;

    begin_with(&sched_fair, 2);
    for (unsigned int id = 0; id < 3; id++) {
        (void)start(id, 256);
    }
    for (unsigned int i = 0; i < 4000; i++) {
        run_for(1 * MS);
        for (unsigned int id = 0; id < 3; id++) {
            const struct vcpu *v = &guests[id].vcpu;
            s_time_t waits = clock_ns - (s_time_t)v->runstate.state_entry_time;

            if (v->runstate.state == RUNSTATE_runnable && waits > longest) {
                longest = waits;
            }
        }
    }
    CHECK(longest <= 60 * MS);
    empty();
}

/* Who is capped runs alone until its cap says so, also when somebody comes who has to wait. */
TEST(a_waker_does_not_stretch_what_a_cap_leaves)
{
    struct vcpu *capped, *other;

    begin_with(&sched_fair, 1);
    capped = add(0, 256);
    other = start(1, 256);
    run_for(50 * MS);
    sleep_now(other);
    sched_cap_set(&guests[0].dom, 10);          /* 1 ms of 10 */
    vcpu_wake(capped);
    settle();
    CHECK(per_cpu(runqueue, 0).curr == capped);
    run_for(MS / 4);
    wake_now(other);
    CHECK(per_cpu(runqueue, 0).curr == capped);
    run_for(5 * MS);
    CHECK(vcpu_cpu_time(capped) <= 1100000);
    CHECK(per_cpu(runqueue, 0).curr == other);
    empty();
}

static void to_cpu_1(struct vcpu *prev)
{
    cpumask_t mask = { { 2 } };

    if (prev == &guests[0].vcpu) {
        while_saving = NULL;
        CHECK_EQ(sched_set_affinity(prev, &mask, NULL), 0);
    }
}

/* It is told to go elsewhere while its registers are being saved, when it cannot go. */
TEST(pinned_while_it_is_switched_away_from)
{
    struct vcpu *v[3];

    begin_with(&sched_fair, 2);
    for (unsigned int id = 0; id < 3; id++) {
        v[id] = start(id, 256);
        only(v[id], id / 2);
    }
    CHECK(v[0]->processor == 0 && v[1]->processor == 0 && v[2]->processor == 1);
    while_saving = to_cpu_1;
    for (unsigned int ms = 0; while_saving != NULL && ms < 40; ms++) {
        run_for(1 * MS);
    }
    CHECK(while_saving == NULL);
    sleep_now(v[1]);
    CHECK_EQ(v[0]->processor, 1);
    CHECK(is_idle_vcpu(per_cpu(runqueue, 0).curr));
    empty();
}

/* One that has had a little less than who runs on CPU 0, whose slice is about to be set. */
static void third_wakes(void)
{
    while_slicing = NULL;
    guests[2].vcpu.sched.credit = per_cpu(runqueue, 0).curr->sched.credit - 1 * MS;
    vcpu_unblock(&guests[2].vcpu);
}

/* "Who woke just as a slice began waited for all of it, and not for the rate limit." */
TEST(a_slice_does_not_lengthen_what_a_waker_shortened)
{
    struct vcpu *v[3];
    s_time_t woke;

    begin_with(&sched_fair, 1);
    for (unsigned int id = 0; id < 3; id++) {
        v[id] = start(id, 256);
    }
    run_for(100 * MS);
    sleep_now(v[2]);
    run_for(5 * MS);
    while_slicing = third_wakes;
    for (unsigned int ms = 0; while_slicing != NULL && ms < 20; ms++) {
        run_for(1 * MS);
    }
    if (while_slicing != NULL) {
        third_wakes();                  /* it had to wait for the lock */
    }
    woke = clock_ns;
    settle();
    while (per_cpu(runqueue, 0).curr != v[2] && clock_ns < woke + 20 * MS) {
        run_for(MS / 10);
    }
    CHECK(clock_ns <= woke + 2 * MS);
    empty();
}

TEST_MAIN
