/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels in both ABIs: binding, sending, closing, and guests that lie in shared memory. */
#include <asm/mm.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/irq.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>
#include <xen/unit.h>
#include <xen/xsm.h>

#include "harness.h"

#include "../../../xen/common/event/private.h"

#include <pthread.h>
#include <unistd.h>

#define NR_DOMS 2
#define NR_VCPUS 2

extern const struct unit evtchn_unit;

static __thread struct cpu_info info;
static struct domain *dom[NR_DOMS];
static struct vcpu_info vinfo[NR_DOMS][NR_VCPUS];
static unsigned int wakes, polls, unbound_pirqs;
static unsigned long fail_at;           /* guest_write() to this address fails */
static uint8_t *ram;                    /* frames 0-255, shared by map_frame_shared() */
static int pages_held;

struct domain *hardware_domain;
struct frame *frame_table;
uint64_t max_mfn = 256;
unsigned long *frame_granules;
unsigned int nr_irqs = 32;

struct cpu_info *get_cpu_info(void) { return &info; }
void *kmalloc(size_t n) { return malloc(n); }
static int fail_alloc = -1;             /* so many succeed, the next one fails; -1: none does */
static bool alloc_fails(void) { return fail_alloc >= 0 && fail_alloc-- == 0; }
void *kzalloc(size_t n) { return alloc_fails() ? NULL : calloc(1, n); }
void *kzalloc_array_(size_t s, size_t n) { return alloc_fails() ? NULL : calloc(n, s); }
void kfree(void *p) { free(p); }
static unsigned int told_ports, told_unlocked;   /* lines of a dump that name a port */
static unsigned int told_at_once, told_most;     /* of those without a look for softirqs */
static bool told;                       /* the last one woke for a message of another domain's */
void vcpu_unblock(struct vcpu *v)
{
    (void)v;
    wakes++;
    told = current->sched.tells;
}
void arch_send_event_check(unsigned int cpu) { (void)cpu; }
void sched_wake_pollers(struct domain *d, unsigned int port) { (void)d; (void)port; polls++; }
int pirq_guest_bind(struct vcpu *v, unsigned int pirq, bool share)
{
    (void)v; (void)share;
    return pirq == 9 ? -EBUSY : 0;
}
void pirq_guest_unbind(struct domain *d, unsigned int pirq)
{
    (void)d; (void)pirq;
    unbound_pirqs++;
}
void pirq_set_affinity(struct vcpu *v, unsigned int pirq) { (void)v; (void)pirq; }
bool rangeset_contains(struct rangeset *r, uint64_t a, uint64_t b)
{
    (void)r; (void)b;
    return a < 16;
}
int may_bind_evtchn_for(const struct domain *s, const struct domain *t)
{
    return s == t || s->is_privileged ? 0 : -EPERM;
}
int may_control_domain(const struct domain *s, const struct domain *t)
{
    (void)t;
    return s->is_privileged ? 0 : -EPERM;
}
int may_handle_global_virq(const struct domain *s, unsigned int virq)
{
    (void)virq;
    return s->is_privileged ? 0 : -EPERM;
}
void domain_put(struct domain *d) { d->refs--; }
struct domain *domain_get(domid_t id)
{
    struct domain *d = id == DOMID_SELF ? info.curr_vcpu->domain : id < NR_DOMS ? dom[id] : NULL;

    if (d != NULL) {
        d->refs++;
    }
    return d;
}
struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}
int guest_read(void *dst, unsigned long va, size_t n) { memcpy(dst, (void *)va, n); return 0; }
int guest_write(unsigned long va, const void *src, size_t n)
{
    if (va == fail_at) {
        return -EFAULT;
    }
    memcpy((void *)va, src, n);
    return 0;
}
int frame_get_and_type(mfn_t m, struct domain *d, enum frame_type t)
{
    (void)d; (void)t;
    if (mfn_x(m) == 13) {
        return -EBUSY;          /* a page table, say */
    }
    pages_held++;
    return 0;
}
void frame_put_and_type(struct frame *f) { (void)f; pages_held--; }
void *map_frame_shared(mfn_t m)
{
    return alloc_fails() ? NULL : ram + (mfn_x(m) << PAGE_SHIFT);
}
void unmap_frame_shared(void *p) { (void)p; }
mfn_t hv_virt_to_mfn(const void *p)
{
    return _mfn((uint64_t)((const uint8_t *)p - ram) >> PAGE_SHIFT);
}

void printk(const char *fmt, ...)
{
    if (strncmp(fmt, " %4u", 4) == 0) {
        told_ports++;
        told_at_once++;
        told_most = told_at_once > told_most ? told_at_once : told_most;
        told_unlocked += !spin_is_locked(&dom[0]->evtchn.lock);
    }
}

void process_pending_softirqs(void)
{
    EXPECT(!spin_is_locked(&dom[0]->evtchn.lock));
    told_at_once = 0;
}

static void run(unsigned int d, unsigned int v) { info.curr_vcpu = dom[d]->vcpu[v]; }

static struct domain *new_domain(unsigned int id)
{
    struct domain *d = calloc(1, sizeof(*d));

    d->domain_id = (domid_t)id;
    d->max_vcpus = NR_VCPUS;
    d->refs = 1;
    d->is_privileged = id == 0;
    d->vcpu = calloc(NR_VCPUS, sizeof(*d->vcpu));
    d->shared_info = calloc(1, sizeof(*d->shared_info));
    d->evtchn.max_port = 5000;
    for (unsigned int i = 0; i < NR_VCPUS; i++) {
        d->vcpu[i] = calloc(1, sizeof(struct vcpu));
        d->vcpu[i]->vcpu_id = i;
        d->vcpu[i]->domain = d;
        d->vcpu[i]->vcpu_info = &vinfo[id][i];
    }
    evtchn_unit.domain_create(d);
    return d;
}

static void setup(void)
{
    memset(vinfo, 0, sizeof(vinfo));
    free(ram);
    ram = aligned_alloc(PAGE_SIZE, 256 * PAGE_SIZE);
    memset(ram, 0, 256 * PAGE_SIZE);
    if (frame_table == NULL) {
        frame_table = calloc(256, sizeof(*frame_table));
        frame_granules = calloc(1, 8);
        *frame_granules = 1;
    }
    for (unsigned int i = 0; i < NR_DOMS; i++) {
        dom[i] = new_domain(i);
    }
    hardware_domain = dom[0];
    run(0, 0);
    wakes = polls = unbound_pirqs = 0;
    pages_held = 0;
    fail_at = 0;
}

/* Both domains die; nothing may be left. */
static bool teardown(void)
{
    bool ok = true;

    for (unsigned int i = 0; i < NR_DOMS; i++) {
        ok &= evtchn_unit.check(dom[i]);
    }
    for (unsigned int i = 0; i < NR_DOMS; i++) {
        dom[i]->dying = DOMDYING_DYING;
        while (evtchn_unit.domain_relinquish(dom[i]) == -ERESTART) {
        }
        ok &= evtchn_unit.check(dom[1 - i]);
    }
    for (unsigned int i = 0; i < NR_DOMS; i++) {
        ok &= dom[i]->refs == 1;
        evtchn_unit.domain_destroy(dom[i]);
        for (unsigned int j = 0; j < NR_VCPUS; j++) {
            free(dom[i]->vcpu[j]);
        }
        free(dom[i]->vcpu);
        free(dom[i]->shared_info);
        free(dom[i]);
    }
    return ok && pages_held == 0;
}

static long op(int cmd, void *arg) { return do_event_channel_op(cmd, (unsigned long)arg); }

static unsigned int unbound(unsigned int d, unsigned int remote)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = (domid_t)remote };

    run(d, 0);
    return op(EVTCHNOP_alloc_unbound, &a) == 0 ? a.port : 0;
}

static long bind(unsigned int d, unsigned int remote, unsigned int port, unsigned int *local)
{
    struct evtchn_bind_interdomain b = { .remote_dom = (domid_t)remote, .remote_port = port };
    long rc;

    run(d, 0);
    rc = op(EVTCHNOP_bind_interdomain, &b);
    *local = b.local_port;
    return rc;
}

static long send(unsigned int d, unsigned int port)
{
    struct evtchn_send s = { port };

    run(d, 0);
    return op(EVTCHNOP_send, &s);
}

static long close_port(unsigned int d, unsigned int port)
{
    struct evtchn_close c = { port };

    run(d, 0);
    return op(EVTCHNOP_close, &c);
}

static uint32_t state(unsigned int d, unsigned int port)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    run(d, 0);
    return op(EVTCHNOP_status, &s) == 0 ? s.status : ~0u;
}

static bool pending(unsigned int d, unsigned int port)
{
    return test_bit(port, dom[d]->shared_info->evtchn_pending);
}

TEST(a_pair_carries_events_both_ways)
{
    unsigned int a, b;

    setup();
    a = unbound(0, 1);
    CHECK(a != 0);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    CHECK(pending(1, b));                       /* the binder is told once */
    CHECK_EQ(send(1, b), 0);
    CHECK(pending(0, a));
    CHECK_EQ(vinfo[0][0].evtchn_upcall_pending, 1);
    CHECK(vinfo[0][0].evtchn_pending_sel != 0);
    wakes = 0;
    CHECK_EQ(send(1, b), 0);
    CHECK_EQ(wakes, 0);                         /* pending already */
    CHECK_EQ(close_port(1, b), 0);
    CHECK_EQ(state(0, a), EVTCHNSTAT_unbound);  /* waits for domain 1 again */
    CHECK_EQ(bind(1, 0, a, &b), 0);
    CHECK(teardown());
}

TEST(a_masked_event_stays_quiet_until_unmasked)
{
    struct evtchn_unmask u;
    unsigned int a, b;

    setup();
    a = unbound(0, 1);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    set_bit(a, dom[0]->shared_info->evtchn_mask);
    CHECK_EQ(send(1, b), 0);
    CHECK_EQ(vinfo[0][0].evtchn_upcall_pending, 0);
    u.port = a;
    run(0, 0);
    CHECK_EQ(op(EVTCHNOP_unmask, &u), 0);
    CHECK_EQ(vinfo[0][0].evtchn_upcall_pending, 1);
    CHECK(teardown());
}

TEST(wrong_binders_and_ports_are_refused)
{
    unsigned int a, b;
    struct evtchn_alloc_unbound other = { .dom = 0, .remote_dom = 1 };
    struct evtchn_bind_vcpu bv = { .port = 1, .vcpu = 99 };

    setup();
    a = unbound(0, 0);                          /* for domain 0 itself */
    CHECK_EQ(bind(1, 0, a, &b), -EINVAL);
    CHECK_EQ(bind(1, 0, 4000, &b), -EINVAL);
    CHECK_EQ(bind(1, 77, a, &b), -ESRCH);
    CHECK_EQ(send(0, 0), -EINVAL);
    CHECK_EQ(send(0, ~0u), -EINVAL);
    CHECK_EQ(send(0, 30), -EINVAL);             /* a port with a struct, but free */
    CHECK_EQ(send(0, a), 0);                    /* unbound: lost, no error */
    CHECK_EQ(close_port(0, 30), -EINVAL);
    run(1, 0);
    CHECK_EQ(op(EVTCHNOP_alloc_unbound, &other), -EPERM);
    CHECK_EQ(op(EVTCHNOP_bind_vcpu, &bv), -ENOENT);
    CHECK_EQ(op(999, &bv), -ENOSYS);
    CHECK(teardown());
}

/* The toolstack may give a new domain ports before it gives it vcpus; nobody can send there yet. */
TEST(a_domain_without_vcpus_is_not_bound_to)
{
    struct evtchn_alloc_unbound there = { .dom = 1, .remote_dom = DOMID_SELF };
    struct vcpu *v;
    unsigned int a;

    setup();
    v = dom[1]->vcpu[0];
    dom[1]->vcpu[0] = NULL;
    run(0, 0);
    CHECK_EQ(op(EVTCHNOP_alloc_unbound, &there), 0);
    CHECK_EQ(bind(0, 1, there.port, &a), -EINVAL);
    dom[1]->vcpu[0] = v;
    CHECK_EQ(bind(0, 1, there.port, &a), 0);
    CHECK_EQ(send(0, a), 0);
    CHECK(pending(1, there.port));
    CHECK(teardown());
}

TEST(a_loop_to_itself_closes_both_ends)
{
    unsigned int a, b;

    setup();
    a = unbound(0, 0);
    CHECK_EQ(bind(0, 0, a, &b), 0);
    CHECK_EQ(send(0, b), 0);
    CHECK(pending(0, a));
    CHECK_EQ(close_port(0, a), 0);
    CHECK_EQ(state(0, a), EVTCHNSTAT_closed);
    CHECK_EQ(state(0, b), EVTCHNSTAT_unbound);
    CHECK(teardown());
}

/* The scheduler lets who tells another domain something go on; nobody else who wakes a vcpu. */
TEST(messages_to_other_domains_are_told_apart)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 1 };
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 1 };
    unsigned int a, b, own, loop;

    setup();
    a = unbound(0, 1);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    own = unbound(0, 0);
    CHECK_EQ(bind(0, 0, own, &loop), 0);
    run(0, 0);
    CHECK_EQ(op(EVTCHNOP_bind_ipi, &ipi), 0);
    CHECK_EQ(op(EVTCHNOP_bind_virq, &virq), 0);
    for (unsigned int i = 0; i < 4; i++) {
        memset(vinfo, 0, sizeof(vinfo));
        clear_bit(own, dom[0]->shared_info->evtchn_pending);
        wakes = 0;
        if (i == 3) {
            send_guest_vcpu_virq(dom[0]->vcpu[1], VIRQ_TIMER);
        } else {
            CHECK_EQ(i == 0 ? send(1, b) : send(0, i == 1 ? ipi.port : loop), 0);
        }
        CHECK_EQ(wakes, 1);
        CHECK_EQ(told, i == 0);
        CHECK(!current->sched.tells);
    }
    CHECK(teardown());
}

TEST(virqs_bind_once_and_where_allowed)
{
    struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = 1 };

    setup();
    CHECK_EQ(op(EVTCHNOP_bind_virq, &b), 0);
    CHECK_EQ(op(EVTCHNOP_bind_virq, &b), -EEXIST);
    send_guest_vcpu_virq(dom[0]->vcpu[1], VIRQ_TIMER);
    CHECK_EQ(vinfo[0][1].evtchn_upcall_pending, 1);
    CHECK_EQ(close_port(0, b.port), 0);
    CHECK_EQ(op(EVTCHNOP_bind_virq, &b), 0);
    b.vcpu = 7;
    CHECK_EQ(op(EVTCHNOP_bind_virq, &b), -ENOENT);
    b = (struct evtchn_bind_virq){ .virq = 24 };
    CHECK_EQ(op(EVTCHNOP_bind_virq, &b), -EINVAL);
    b = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC, .vcpu = 1 };
    CHECK_EQ(op(EVTCHNOP_bind_virq, &b), -EINVAL);
    run(1, 0);
    b.vcpu = 0;
    CHECK_EQ(op(EVTCHNOP_bind_virq, &b), -EPERM);
    CHECK(teardown());
}

TEST(pirqs_are_bound_by_right_and_released)
{
    struct evtchn_bind_pirq b = { .pirq = 4 };

    setup();
    CHECK_EQ(op(EVTCHNOP_bind_pirq, &b), 0);
    send_guest_pirq(dom[0], 4);
    CHECK(pending(0, b.port));
    CHECK_EQ(op(EVTCHNOP_bind_pirq, &b), -EEXIST);
    b.pirq = 9;                                 /* the irq code refuses */
    CHECK_EQ(op(EVTCHNOP_bind_pirq, &b), -EBUSY);
    b.pirq = 20;
    CHECK_EQ(op(EVTCHNOP_bind_pirq, &b), -EPERM);
    b.pirq = 32;
    CHECK_EQ(op(EVTCHNOP_bind_pirq, &b), -EINVAL);
    CHECK(teardown());
    CHECK_EQ(unbound_pirqs, 1);
}

TEST(a_port_the_guest_never_hears_of_is_closed)
{
    struct evtchn_bind_ipi b = { .vcpu = 0 };

    setup();
    fail_at = (unsigned long)&b;
    CHECK_EQ(op(EVTCHNOP_bind_ipi, &b), -EFAULT);
    fail_at = 0;
    CHECK_EQ(state(0, 1), EVTCHNSTAT_closed);
    CHECK(teardown());
}

TEST(ports_run_out_at_the_limit)
{
    unsigned int n = 0;

    setup();
    dom[0]->evtchn.max_port = 40;
    while (unbound(0, 1) != 0) {
        n++;
    }
    CHECK_EQ(n, 40);
    CHECK(teardown());
}

/* --- FIFO ----------------------------------------------------------------------------------- */

#define CONTROL(v) ((struct evtchn_fifo_control_block *)(ram + (20 + (v)) * PAGE_SIZE))
#define WORD(port) (((event_word_t *)(ram + 30 * PAGE_SIZE))[port])

static bool go_fifo(unsigned int d)
{
    for (unsigned int v = 0; v < NR_VCPUS; v++) {
        struct evtchn_init_control c = { .control_gfn = 20 + v, .offset = 0, .vcpu = v };

        run(d, 0);
        if (op(EVTCHNOP_init_control, &c) != 0 || c.link_bits != EVTCHN_FIFO_LINK_BITS) {
            return false;
        }
    }
    struct evtchn_expand_array a = { .array_gfn = 30 };
    return op(EVTCHNOP_expand_array, &a) == 0;
}

/* The guest's side: take the first event of queue @q, as Linux does; 0 if it is empty. */
static unsigned int consume(unsigned int v, unsigned int q, uint32_t *head)
{
    unsigned int port = *head != 0 ? *head : CONTROL(v)->head[q];
    event_word_t old;

    if (port == 0) {
        return 0;
    }
    old = WORD(port);
    WORD(port) = old & ~((1u << EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK |
                         (1u << EVTCHN_FIFO_PENDING));
    *head = old & EVTCHN_FIFO_LINK_MASK;
    if (*head == 0) {
        clear_bit(q, &CONTROL(v)->ready);
        CONTROL(v)->head[q] = 0;
    }
    return port;
}

TEST(fifo_queues_keep_the_order)
{
    unsigned int a[5], b[5];
    uint32_t head = 0;

    setup();
    CHECK(go_fifo(0));
    for (int i = 0; i < 5; i++) {
        a[i] = unbound(0, 1);
        CHECK_EQ(bind(1, 0, a[i], &b[i]), 0);
    }
    for (int i = 4; i >= 0; i--) {
        CHECK_EQ(send(1, b[i]), 0);
    }
    CHECK(CONTROL(0)->ready & (1u << EVTCHN_FIFO_PRIORITY_DEFAULT));
    for (int i = 4; i >= 0; i--) {
        CHECK_EQ(consume(0, EVTCHN_FIFO_PRIORITY_DEFAULT, &head), a[i]);
    }
    CHECK_EQ(head, 0);
    CHECK(teardown());
}

TEST(fifo_priorities_have_queues_of_their_own)
{
    struct evtchn_set_priority p;
    unsigned int a, b;
    uint32_t head = 0;

    setup();
    CHECK(go_fifo(0));
    a = unbound(0, 1);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    p = (struct evtchn_set_priority){ .port = a, .priority = 3 };
    run(0, 0);
    CHECK_EQ(op(EVTCHNOP_set_priority, &p), 0);
    p.priority = 16;
    CHECK_EQ(op(EVTCHNOP_set_priority, &p), -EINVAL);
    CHECK_EQ(send(1, b), 0);
    CHECK_EQ(CONTROL(0)->ready, 1u << 3);
    CHECK_EQ(consume(0, 3, &head), a);
    CHECK(teardown());
}

/* The beginning of what fifo.c keeps for a vcpu. */
struct queues {
    void *control;
    struct { spinlock_t lock; uint32_t tail; } queue[EVTCHN_FIFO_MAX_QUEUES];
};

static void *sends(void *port)
{
    (void)send(1, *(unsigned int *)port);
    return NULL;
}

static void *unmasks(void *port)
{
    struct evtchn_unmask u = { *(unsigned int *)port };

    run(0, 0);
    (void)op(EVTCHNOP_unmask, &u);
    return NULL;
}

/*
 * Linux binds a port to another vcpu, masked meanwhile, as an event for the old one is on its way:
 * sender and unmask link it at once.  It ends its queue then, so that others come behind it.
 */
TEST(a_port_bound_anew_under_way_loses_no_events)
{
    struct evtchn_bind_vcpu to = { .vcpu = 1 };
    unsigned int a[2], b[2], q = EVTCHN_FIFO_PRIORITY_DEFAULT, seen = 0;
    struct queues *queues;
    pthread_t sender, unmasker;
    uint32_t head = 0;

    setup();
    CHECK(go_fifo(0));
    for (int i = 0; i < 2; i++) {
        a[i] = unbound(0, 1);
        CHECK_EQ(bind(1, 0, a[i], &b[i]), 0);
        to.port = a[i];
        run(0, 0);
        CHECK_EQ(op(EVTCHNOP_bind_vcpu, &to), 0);
    }
    queues = (struct queues *)dom[0]->vcpu[1]->evtchn.fifo;
    spin_lock(&queues->queue[q].lock);          /* another port is being linked there */
    CHECK_EQ(pthread_create(&sender, NULL, sends, &b[0]), 0);
    usleep(20000);
    to = (struct evtchn_bind_vcpu){ .port = a[0], .vcpu = 0 };
    run(0, 0);
    CHECK_EQ(op(EVTCHNOP_bind_vcpu, &to), 0);
    CHECK_EQ(pthread_create(&unmasker, NULL, unmasks, &a[0]), 0);
    usleep(20000);
    spin_unlock(&queues->queue[q].lock);
    CHECK(pthread_join(sender, NULL) == 0 && pthread_join(unmasker, NULL) == 0);
    CHECK_EQ(send(1, b[1]), 0);
    for (unsigned int v = 0; v < 2; v++) {
        head = 0;
        for (unsigned int port; (port = consume(v, q, &head)) != 0;) {
            seen |= port == a[0] ? 1 : port == a[1] ? 2 : 4;
        }
    }
    CHECK_EQ(seen, 3);
    CHECK(teardown());
}

TEST(events_pending_before_the_switch_are_not_lost)
{
    unsigned int a, b;

    setup();
    a = unbound(0, 1);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    CHECK_EQ(send(1, b), 0);
    CHECK(go_fifo(0));
    CHECK(WORD(a) & (1u << EVTCHN_FIFO_PENDING));
    CHECK(CONTROL(0)->ready != 0);
    CHECK(teardown());
}

TEST(a_guest_that_scribbles_over_its_words_hurts_itself_only)
{
    unsigned int a[8], b[8], seed = 3;

    setup();
    CHECK(go_fifo(0));
    for (int i = 0; i < 8; i++) {
        a[i] = unbound(0, 1);
        CHECK_EQ(bind(1, 0, a[i], &b[i]), 0);
    }
    for (int i = 0; i < 20000; i++) {
        WORD((unsigned int)rand_r(&seed) % 1024) = (event_word_t)rand_r(&seed) * 2654435761u;
        CONTROL(0)->head[(unsigned int)rand_r(&seed) % 16] = (uint32_t)rand_r(&seed);
        CONTROL(0)->ready = (uint32_t)rand_r(&seed);
        CHECK_EQ(send(1, b[(unsigned int)rand_r(&seed) % 8]), 0);
    }
    CHECK(teardown());
}

TEST(bad_fifo_pages_are_refused_and_let_go)
{
    struct evtchn_init_control c = { .control_gfn = 20, .offset = PAGE_SIZE - 8, .vcpu = 0 };
    struct evtchn_expand_array a = { .array_gfn = 30 };

    setup();
    CHECK_EQ(op(EVTCHNOP_expand_array, &a), -EOPNOTSUPP);
    CHECK_EQ(op(EVTCHNOP_init_control, &c), -EINVAL);
    c.offset = 4;
    CHECK_EQ(op(EVTCHNOP_init_control, &c), -EINVAL);
    c.offset = 0;
    c.control_gfn = 13;
    CHECK_EQ(op(EVTCHNOP_init_control, &c), -EINVAL);
    c.control_gfn = 1UL << 50;
    CHECK_EQ(op(EVTCHNOP_init_control, &c), -EINVAL);
    c.vcpu = 9;
    CHECK_EQ(op(EVTCHNOP_init_control, &c), -ENOENT);
    CHECK_EQ(pages_held, 0);
    c = (struct evtchn_init_control){ .control_gfn = 20 };
    CHECK_EQ(op(EVTCHNOP_init_control, &c), 0);
    CHECK_EQ(op(EVTCHNOP_init_control, &c), -EINVAL);   /* once */
    CHECK_EQ(pages_held, 1);
    CHECK(teardown());
}

/* Whichever allocation fails, nothing breaks then and nothing is left at the end. */
TEST(each_allocation_may_fail)
{
    unsigned int port, failed = 0;

    for (int n = 0;; n++) {
        bool fired;

        setup();
        fail_alloc = n;
        for (unsigned int i = 0; i < 300; i++) {
            if (bind(1, 0, unbound(0, 1), &port) == 0) {
                (void)send(1, port);
            }
        }
        (void)go_fifo(0);
        (void)go_fifo(1);
        fired = fail_alloc < 0;
        fail_alloc = -1;
        CHECK(teardown());
        if (!fired) {
            break;
        }
        failed++;
    }
    CHECK(failed >= 20);
}

/* "A createdomain that runs out of memory loses a page": a table of buckets without one. */
TEST(a_domain_that_gets_no_ports_keeps_nothing)
{
    struct domain *d = calloc(1, sizeof(*d));

    for (int n = 0; n < 2; n++) {
        fail_alloc = n;
        CHECK_EQ(evtchn_unit.domain_create(d), -ENOMEM);
        CHECK(d->evtchn.group[0] == NULL);
    }
    fail_alloc = -1;
    free(d);
}

TEST(reset_gives_everything_back)
{
    struct evtchn_reset r = { DOMID_SELF };
    unsigned int a, b;

    setup();
    a = unbound(0, 1);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    CHECK(go_fifo(0));
    run(0, 0);
    CHECK_EQ(op(EVTCHNOP_reset, &r), 0);
    CHECK_EQ(pages_held, 0);
    CHECK_EQ(state(1, b), EVTCHNSTAT_unbound);
    CHECK_EQ(state(0, a), EVTCHNSTAT_closed);
    CHECK(teardown());
}

static void *sets_priority(void *port)
{
    struct evtchn_set_priority p = { .port = *(unsigned int *)port, .priority = 3 };

    run(0, 0);
    (void)op(EVTCHNOP_set_priority, &p);
    return NULL;
}

/* One vcpu goes back to the 2-level ABI and opens the port whose priority another one sets. */
TEST(a_reset_while_a_priority_is_set)
{
    struct evtchn_reset r = { .dom = DOMID_SELF };
    struct evtchn *ch;
    unsigned int a;
    pthread_t setter;

    setup();
    CHECK(go_fifo(0));
    a = unbound(0, 1);
    CHECK_EQ(close_port(0, a), 0);
    ch = port_to_evtchn(dom[0], a);
    spin_lock(&ch->lock);                       /* so that the other one comes to a stop there */
    CHECK_EQ(pthread_create(&setter, NULL, sets_priority, &a), 0);
    usleep(20000);
    run(0, 1);
    CHECK_EQ(op(EVTCHNOP_reset, &r), 0);
    CHECK_EQ(unbound(0, 1), a);
    spin_unlock(&ch->lock);
    CHECK_EQ(pthread_join(setter, NULL), 0);
    CHECK(teardown());
}

TEST(a_vcpu_without_queues_is_not_looked_at)
{
    struct evtchn_init_control c = { .control_gfn = 21, .offset = 0, .vcpu = 1 };
    struct evtchn_expand_array a = { .array_gfn = 30 };
    struct evtchn_bind_ipi ipi = { .vcpu = 1 };

    setup();
    CHECK_EQ(op(EVTCHNOP_init_control, &c), 0);
    CHECK_EQ(op(EVTCHNOP_expand_array, &a), 0);
    CHECK_EQ(op(EVTCHNOP_bind_ipi, &ipi), 0);
    CHECK_EQ(send(0, ipi.port), 0);             /* vcpu 0, "where it was last", has none */
    CHECK(CONTROL(1)->ready & (1u << EVTCHN_FIFO_PRIORITY_DEFAULT));
    CHECK(teardown());
}

TEST(a_reset_left_half_way_hides_no_port_from_death)
{
    struct evtchn_reset r = { DOMID_SELF };
    unsigned int a, b;

    setup();
    for (int i = 0; i < 1000; i++) {
        CHECK(unbound(0, 1) != 0);
    }
    CHECK_EQ(op(EVTCHNOP_reset, &r), -ERESTART);
    a = unbound(0, 1);                          /* opened behind the reset's back */
    CHECK_EQ(a, 1);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    dom[0]->dying = DOMDYING_DYING;
    while (evtchn_unit.domain_relinquish(dom[0]) == -ERESTART) {
    }
    CHECK_EQ(state(0, a), EVTCHNSTAT_closed);
    CHECK_EQ(state(1, b), EVTCHNSTAT_unbound);
    CHECK(teardown());
}

TEST(a_reset_ends_only_without_open_ports)
{
    struct evtchn_reset r = { DOMID_SELF };
    unsigned int open = 0;
    long rc;

    setup();
    CHECK(go_fifo(0));
    for (int i = 0; i < 1000; i++) {
        CHECK(unbound(0, 1) != 0);
    }
    for (int i = 0; i < 4; i++) {               /* another vcpu is quick */
        CHECK_EQ(op(EVTCHNOP_reset, &r), -ERESTART);
        for (int j = 0; j < 100; j++) {
            CHECK(unbound(0, 1) != 0);
        }
    }
    while ((rc = op(EVTCHNOP_reset, &r)) == -ERESTART) {
    }
    CHECK_EQ(rc, 0);
    for (unsigned int port = 1; port < 1100; port++) {
        open += state(0, port) == EVTCHNSTAT_unbound;
    }
    CHECK_EQ(open, 0);
    CHECK_EQ(pages_held, 0);
    CHECK(teardown());
}

/*
 * A debug key looks at a domain that runs, closes its ports and resets its channels meanwhile: the
 * event lock keeps the port it looks at, its peer and the queues' pages where they are.
 */
TEST(who_looks_on_holds_the_lock)
{
    unsigned int a, b;
    uint16_t taken;

    setup();
    a = unbound(0, 1);
    CHECK_EQ(bind(1, 0, a, &b), 0);
    told_ports = told_unlocked = 0;
    evtchn_unit.dump(dom[0]);
    CHECK_EQ(told_ports, 1);
    CHECK_EQ(told_unlocked, 0);
    taken = dom[0]->evtchn.lock.next;
    CHECK(evtchn_unit.check(dom[0]));
    CHECK(dom[0]->evtchn.lock.next != taken);
    CHECK(!spin_is_locked(&dom[0]->evtchn.lock));
    CHECK(teardown());
}

/* "A guest with 100,000 ports, and the key e: that CPU ran no timers for some minutes." */
TEST(a_dump_of_many_ports_lets_softirqs_run)
{
    setup();
    CHECK(go_fifo(0));
    for (int i = 0; i < 100; i++) {
        CHECK(unbound(0, 1) != 0);
    }
    told_ports = told_at_once = told_most = 0;
    evtchn_unit.dump(dom[0]);
    CHECK(told_ports >= 100);
    CHECK(told_most <= 16);
    CHECK(teardown());
}

TEST(random_life)
{
    unsigned int seed = 11;

    setup();
    for (int i = 0; i < 50000; i++) {
        unsigned int d = (unsigned int)rand_r(&seed) % 2;
        unsigned int port = (unsigned int)rand_r(&seed) % 70, x;

        switch (rand_r(&seed) % 4) {
        case 0:
            dom[d]->evtchn.max_port = 60;
            (void)unbound(d, (unsigned int)rand_r(&seed) % 2);
            break;
        case 1:
            (void)bind(d, (unsigned int)rand_r(&seed) % 2, port, &x);
            break;
        case 2:
            (void)send(d, port);
            break;
        default:
            (void)close_port(d, port);
        }
        if (i % 500 == 0) {
            CHECK(evtchn_unit.check(dom[0]) && evtchn_unit.check(dom[1]));
        }
    }
    CHECK(teardown());
}

TEST_MAIN
