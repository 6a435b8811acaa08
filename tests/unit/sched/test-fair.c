/* SPDX-License-Identifier: GPL-2.0-only */
/* Shares by weight, what yielding and sleeping gain, caps and the rate limit, in virtual time. */
#include "../harness.h"

#include <xen/domain.h>
#include <xen/time.h>
#include <xen/unit.h>

#include "../../../xen/common/sched/private.h"

#define MAX_GUESTS  8
#define US          1000L
#define MS          1000000L
#define NEVER       (1L << 60)

extern const struct unit sched_unit;

/*
 * What a guest does, over and over: runs for `work`, then sleeps for `nap` (0: yields if `yields`,
 * else goes on).
 */
struct guest {
    s_time_t work, nap;
    bool yields;
    s_time_t left;              /* of the work */
    s_time_t wakes;             /* NEVER: awake */
    s_time_t ran, latest;       /* got; longest wait from waking to running */
    s_time_t woke;
    struct domain dom;
    struct vcpu vcpu, *list[1];
};

DEFINE_PER_CPU(struct runqueue, runqueue);
s_time_t sched_ratelimit = 1 * MS;

static struct guest guests[MAX_GUESTS];
static unsigned int nr_guests, switches;
static s_time_t clock_ns, slice_end;
static bool preempt;
static struct cpu_info info;

struct cpu_info *get_cpu_info(void) { return &info; }
s_time_t get_s_time(void) { return clock_ns; }

/* The only timers are a slice's and the caps'. */
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu, .expires = NEVER };
}
void timer_set(struct timer *t, s_time_t expires)
{
    t->expires = expires;
    if (t == &per_cpu(runqueue, 0).slice) {
        t->state = TIMER_QUEUED;
        slice_end = expires;
    }
}
void sched_vcpu_release(struct vcpu *v) { (void)v; }
void timer_kill(struct timer *t) { t->expires = NEVER; }

static struct guest *guest_of(const struct vcpu *v)
{
    return v == NULL ? NULL : &guests[v->domain->domain_id];
}

/* As the core does it: a runnable one that is neither queued nor running goes to the policy. */
void vcpu_wake(struct vcpu *v)
{
    struct runqueue *rq = &per_cpu(runqueue, 0);

    if (guest_of(v)->wakes == NEVER && !v->sched.queued && rq->curr != v) {
        preempt |= sched_fair.wake(v, rq->curr, clock_ns) || rq->curr == NULL;
    }
}

static void reset(void)
{
    memset(guests, 0, sizeof(guests));
    memset(&per_cpu(runqueue, 0), 0, sizeof(struct runqueue));
    list_init(&per_cpu(runqueue, 0).queue);
    nr_guests = switches = 0;
    clock_ns = 5 * MS;
    slice_end = NEVER;
    preempt = false;
    sched_ratelimit = 1 * MS;
}

static struct guest *add(unsigned int weight, s_time_t work, s_time_t nap, bool yields)
{
    struct guest *g = &guests[nr_guests];

    *g = (struct guest){ .work = work, .nap = nap, .yields = yields, .left = work,
                         .wakes = NEVER };
    g->dom.domain_id = (domid_t)nr_guests++;
    g->dom.sched.weight = (uint16_t)weight;
    g->dom.max_vcpus = 1;
    g->dom.vcpu = g->list;
    g->list[0] = &g->vcpu;
    g->vcpu.domain = &g->dom;
    g->vcpu.sched.weight = (uint16_t)weight;
    (void)sched_unit.domain_create(&g->dom);
    sched_fair.vcpu_insert(&g->vcpu);
    vcpu_wake(&g->vcpu);
    return g;
}

static void reschedule(bool requeue)
{
    struct runqueue *rq = &per_cpu(runqueue, 0);
    struct vcpu *prev = rq->curr, *next;
    s_time_t slice = 0;

    next = sched_fair.pick(0, prev, requeue && prev != NULL, clock_ns, &slice);
    rq->curr = info.curr_vcpu = next;
    rq->slice.state = TIMER_IDLE;
    slice_end = slice != 0 && next != NULL ? clock_ns + slice : NEVER;
    preempt = false;
    switches += next != prev;
    if (next != NULL) {
        struct guest *g = guest_of(next);

        next->sched.start = clock_ns;
        if (g->woke != 0 && clock_ns - g->woke > g->latest) {
            g->latest = clock_ns - g->woke;
        }
        g->woke = 0;
    }
}

static void wake_due(void)
{
    for (unsigned int i = 0; i < nr_guests; i++) {
        struct timer *t = &guests[i].dom.sched.timer;

        if (guests[i].wakes <= clock_ns) {
            guests[i].wakes = NEVER;
            guests[i].woke = clock_ns;
            vcpu_wake(&guests[i].vcpu);
        }
        if (t->expires <= clock_ns) {
            t->expires = NEVER;
            t->fn(t->data);
        }
    }
}

static s_time_t next_event(void)
{
    struct guest *running = guest_of(per_cpu(runqueue, 0).curr);
    s_time_t at = slice_end;

    if (running != NULL && running->left < NEVER) {
        at = at < clock_ns + running->left ? at : clock_ns + running->left;
    }
    for (unsigned int i = 0; i < nr_guests; i++) {
        at = at < guests[i].wakes ? at : guests[i].wakes;
        at = at < guests[i].dom.sched.timer.expires ? at : guests[i].dom.sched.timer.expires;
    }
    return at;
}

/* The running guest has done its piece of work. */
static void piece_done(struct guest *g)
{
    g->left = g->work;
    if (g->nap != 0) {
        g->wakes = clock_ns + g->nap;
        reschedule(false);
    } else if (g->yields) {
        sched_fair.yield(&g->vcpu);
        reschedule(true);
    }
}

static void run_for(s_time_t ns)
{
    s_time_t end = clock_ns + ns;

    if (per_cpu(runqueue, 0).curr == NULL || preempt) {
        reschedule(true);
    }
    while (clock_ns < end) {
        struct guest *g = guest_of(per_cpu(runqueue, 0).curr);
        s_time_t at = next_event() < end ? next_event() : end;

        if (g != NULL) {
            g->ran += at - clock_ns;
            g->left -= g->left < NEVER ? at - clock_ns : 0;
        }
        clock_ns = at;
        if (g != NULL && g->left == 0) {
            piece_done(g);
        } else if (clock_ns >= slice_end) {
            reschedule(true);
        }
        wake_due();
        if (preempt) {
            reschedule(true);
        }
    }
}

/* Is @part of @whole within @permille of @want permille? */
static bool near(s_time_t part, s_time_t whole, long want, long permille)
{
    long got = part * 1000 / whole;

    if (got < want - permille || got > want + permille) {
        printf("  share is %ld permille, not %ld\n", got, want);
        return false;
    }
    return true;
}

TEST(shares_follow_the_weights)
{
    struct guest *a, *b, *c;

    reset();
    a = add(256, NEVER, 0, false);
    b = add(512, NEVER, 0, false);
    run_for(10000 * MS);
    CHECK(near(b->ran, a->ran, 2000, 10));
    c = add(1024, NEVER, 0, false);             /* a newcomer gets its share, no more */
    a->ran = b->ran = 0;
    run_for(10000 * MS);
    CHECK(near(c->ran, a->ran + b->ran + c->ran, 571, 5));
    CHECK(near(b->ran, a->ran, 2000, 20));
    CHECK(switches < 3000);                     /* slices of 10 ms, some shorter */
}

/* Who had the CPU to itself owes nobody anything for that time. */
TEST(time_alone_is_not_paid_back)
{
    struct guest *a;

    reset();
    a = add(256, NEVER, 0, false);
    run_for(10000 * MS);
    (void)add(256, NEVER, 0, false);
    a->ran = 0;
    run_for(1000 * MS);
    CHECK(near(a->ran, 1000 * MS, 500, 10));

    reset();
    a = add(256, 10000 * MS, 5 * MS, false);    /* asleep when the other one comes */
    run_for(10001 * MS);
    (void)add(256, NEVER, 0, false);
    a->ran = 0;
    run_for(1000 * MS);
    CHECK(near(a->ran, 1000 * MS, 500, 10));
}

/* Nobody gains more than one percent over a fair half by when it yields or sleeps. */
TEST(tricks_gain_nothing)
{
    static const struct { s_time_t work, nap; bool yields; } tricks[] = {
        { 100 * US, 0, true }, { 9999 * US, 0, true }, { 10 * MS, 0, true },
        { 9900 * US, 100 * US, false }, { 1900 * US, 10 * US, false }, { 990 * US, 10 * US, false },
        { 2 * MS, 2 * MS, false }, { 9 * MS, 1 * MS, false }, { 50 * US, 5 * US, false },
        { 5 * MS, 4 * MS, false }, { 20 * MS, 19 * MS, false }, { 300 * MS, 100 * MS, false },
    };

    for (unsigned int i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        struct guest *hog, *trickster;

        reset();
        hog = add(256, NEVER, 0, false);
        trickster = add(256, tricks[i].work, tricks[i].nap, tricks[i].yields);
        run_for(20000 * MS);
        if (trickster->ran * 1000 / (trickster->ran + hog->ran) > 505) {
            printf("  trick %u\n", i);
            CHECK(near(trickster->ran, trickster->ran + hog->ran, 500, 5));
        }
    }
}

TEST(who_sleeps_much_runs_soon)
{
    struct guest *io;

    reset();
    (void)add(256, NEVER, 0, false);
    (void)add(256, NEVER, 0, false);
    io = add(256, 50 * US, 5 * MS, false);
    run_for(5000 * MS);
    CHECK(io->latest == 0);
    CHECK(near(io->ran, 5000 * MS, 10, 1));     /* all it wants */
}

/* The running guest sends @to, which sleeps, an event. */
static void tell(struct guest *to)
{
    struct vcpu *teller = per_cpu(runqueue, 0).curr;

    teller->sched.tells = true;
    to->wakes = NEVER;
    to->woke = clock_ns;
    vcpu_wake(&to->vcpu);
    teller->sched.tells = false;
}

/* Who is told something by another guest lets that one go on for a while. */
TEST(a_teller_goes_on)
{
    struct guest *teller, *told[2];

    for (unsigned int i = 0; i < 3; i++) {
        reset();
        sched_ratelimit = i == 0 ? 0 : 1 * MS;
        teller = add(256, NEVER, 0, false);
        told[0] = add(256, 20 * US, 1000 * MS, false);
        told[1] = add(256, 20 * US, 1000 * MS, false);
        run_for(50 * MS);
        CHECK(per_cpu(runqueue, 0).curr == &teller->vcpu);
        tell(told[0]);
        CHECK_EQ(preempt, i == 0);              /* without a limit at once */
        if (i == 0) {
            continue;
        }
        run_for(600 * US);
        tell(told[1]);                          /* the first one waits no longer for this */
        CHECK(!preempt && per_cpu(runqueue, 0).curr == &teller->vcpu);
        told[0]->latest = told[1]->latest = 0;
        if (i == 1) {
            run_for(1 * MS);
            CHECK_EQ(told[0]->latest, 1 * MS);
            CHECK(told[1]->latest < 1 * MS && told[1]->ran == told[0]->ran);
        } else {
            reschedule(false);                  /* the teller blocks: they run at once */
            run_for(100 * US);
            CHECK_EQ(told[0]->latest, 600 * US);
            CHECK_EQ(told[1]->latest, 20 * US);
        }
    }
}

/* An interrupt does not wait for it. */
TEST(a_teller_is_interrupted)
{
    struct guest *told, *io;

    reset();
    (void)add(256, NEVER, 0, false);
    told = add(256, 20 * US, 1000 * MS, false);
    io = add(256, 20 * US, 1000 * MS, false);
    run_for(50 * MS);
    tell(told);
    io->wakes = clock_ns;
    io->latest = 0;
    wake_due();
    CHECK(preempt);
    run_for(1 * MS);
    CHECK(io->latest <= 20 * US);
}

/* Two that sleep little cannot make a switch for each of their naps. */
TEST(the_rate_limit_limits)
{
    unsigned int often;

    for (s_time_t limit = 0; limit <= 5 * MS; limit += 5 * MS) {
        reset();
        sched_ratelimit = limit;
        (void)add(256, 200 * US, 20 * US, false);
        (void)add(256, 200 * US, 20 * US, false);
        (void)add(256, NEVER, 0, false);
        run_for(2000 * MS);
        if (limit == 0) {
            often = switches;
        }
    }
    CHECK(switches < often);
}

TEST(caps_hold_alone_and_in_company)
{
    struct guest *a, *b;

    reset();
    a = add(256, NEVER, 0, false);
    sched_cap_set(&a->dom, 30);
    run_for(10000 * MS);
    CHECK(near(a->ran, 10000 * MS, 300, 2));
    b = add(256, NEVER, 0, false);
    a->ran = 0;
    run_for(10000 * MS);
    CHECK(near(a->ran, 10000 * MS, 300, 3));
    CHECK(near(b->ran, 10000 * MS, 700, 3));
    sched_cap_set(&a->dom, 80);                 /* more than its share: no matter */
    a->ran = 0;
    run_for(10000 * MS);
    CHECK(near(a->ran, 10000 * MS, 500, 5));
    sched_cap_set(&a->dom, 1);
    a->ran = 0;
    run_for(10000 * MS);
    CHECK(near(a->ran, 10000 * MS, 10, 1));
    sched_cap_set(&a->dom, 0);
    a->ran = 0;
    run_for(10000 * MS);
    CHECK(near(a->ran, 10000 * MS, 500, 5));
    (void)sched_unit.domain_relinquish(&a->dom);
    CHECK_EQ(a->dom.sched.timer.expires, NEVER);
}

/* A capped sleeper saves up one period's part at most. */
TEST(caps_are_not_saved_up)
{
    struct guest *a;

    reset();
    a = add(256, 500 * MS, 1000 * MS, false);
    sched_cap_set(&a->dom, 50);
    run_for(2000 * MS);
    CHECK(a->ran <= 510 * MS);
}

TEST(parameters)
{
    struct xen_domctl_scheduler_op op = { .cmd = XEN_DOMCTL_SCHEDOP_putinfo };
    struct guest *a;

    reset();
    a = add(256, NEVER, 0, false);
    op.u.credit2.weight = 0;
    op.u.credit2.cap = 40;
    CHECK_EQ(sched_fair.adjust(&a->dom, &op), 0);
    op.u.credit2.weight = 1000;
    op.u.credit2.cap = (uint16_t)~0;
    CHECK_EQ(sched_fair.adjust(&a->dom, &op), 0);
    op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    CHECK_EQ(sched_fair.adjust(&a->dom, &op), 0);
    CHECK(op.u.credit2.weight == 1000 && op.u.credit2.cap == 40);
    CHECK_EQ(a->vcpu.sched.weight, 1000);
    op.cmd = 77;
    CHECK_EQ(sched_fair.adjust(&a->dom, &op), -EINVAL);
}

TEST_MAIN
