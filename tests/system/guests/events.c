/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do event channels deliver, and is misuse refused?
 *
 * Self loops, virtual IRQs, IPIs, masks and upcalls, poll, block with a timer; closed, foreign
 * and absurd ports; double binding; time that goes forward.
 * ABI: docs/abi, "Event channels"; expected values are those of Xen 4.17.
 */
#include "guest.h"

const char test_name[] = "events";

static unsigned long upcalls;

static bool count_upcall(struct regs *regs)
{
    if (regs->vector != TRAP_EVENT) {
        return false;
    }
    upcalls++;
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    return true;
}

/* The selector too, so that the next event makes an upcall pending. */
static bool take(evtchn_port_t port)
{
    bool was = evtchn_take(port);

    __atomic_and_fetch(&shared_info->vcpu_info[0].evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    return was;
}

static long status(evtchn_port_t port, struct evtchn_status *out)
{
    *out = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
    return event_op(EVTCHNOP_status, out);
}

static evtchn_port_t alloc(void)
{
    evtchn_port_t port;

    EXPECT_EQ(evtchn_alloc(DOMID_SELF, DOMID_SELF, &port), 0);
    return port;
}

static void enable_upcalls(bool on)
{
    shared_info->vcpu_info[0].evtchn_upcall_mask = !on;
}

static void absurd_ports(void)
{
    static const evtchn_port_t ports[] = { 0, 4095, 4096, 131071, 131072, 0x80000000U, ~0U };
    struct evtchn_bind_vcpu bind;
    struct evtchn_status st;

    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        bind.port = ports[i];
        bind.vcpu = 0;
        EXPECT_EQ(evtchn_send(ports[i]), -E_INVAL);
        EXPECT_EQ(evtchn_close(ports[i]), -E_INVAL);
        EXPECT_EQ(event_op(EVTCHNOP_bind_vcpu, &bind), -E_INVAL);
        if (ports[i] > 4095) {
            EXPECT_EQ(evtchn_unmask(ports[i]), -E_INVAL);
            EXPECT_EQ(status(ports[i], &st), -E_INVAL);
        }
    }
}

static void self_loop(void)
{
    evtchn_port_t peer = alloc(), local, none;
    struct evtchn_status st;

    EXPECT_EQ(status(peer, &st), 0);
    EXPECT_EQ(st.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(evtchn_send(peer), 0);                /* to nobody: accepted, goes nowhere */
    EXPECT_EQ(evtchn_bind(DOMID_SELF, peer, &local), 0);
    EXPECT(take(local));                            /* set once for the binder */
    EXPECT_EQ(status(peer, &st), 0);
    EXPECT_EQ(st.status, EVTCHNSTAT_interdomain);
    EXPECT_EQ(st.u.interdomain.port, local);
    EXPECT_EQ(evtchn_bind(DOMID_SELF, peer, &none), -E_INVAL);
    EXPECT_EQ(evtchn_send(local), 0);
    EXPECT(take(peer));
    EXPECT(!take(local));
    EXPECT_EQ(evtchn_send(peer), 0);
    EXPECT(take(local));
    EXPECT_EQ(evtchn_close(peer), 0);
    EXPECT_EQ(status(local, &st), 0);
    EXPECT_EQ(st.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(evtchn_close(local), 0);
    EXPECT_EQ(evtchn_close(local), -E_INVAL);
}

static void upcall_rules(void)
{
    evtchn_port_t port;

    EXPECT_EQ(evtchn_bind_ipi(0, &port), 0);
    trap_hook = count_upcall;
    upcalls = 0;
    enable_upcalls(true);
    evtchn_set_mask(port, false);
    EXPECT_EQ(evtchn_send(port), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT(take(port));
    evtchn_set_mask(port, true);
    EXPECT_EQ(evtchn_send(port), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT(take(port));
    evtchn_set_mask(port, false);
    enable_upcalls(false);
    EXPECT_EQ(evtchn_send(port), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_pending, 1);
    enable_upcalls(true);
    EXPECT_EQ(xen_version(XENVER_version, NULL), 4 << 16 | 17);     /* any return delivers */
    EXPECT_EQ(upcalls, 2);
    EXPECT(take(port));
    enable_upcalls(false);
    trap_hook = NULL;
    EXPECT_EQ(evtchn_close(port), 0);
    EXPECT_EQ(evtchn_bind_ipi(5, &port), -E_NOENT);
}

static void unmask_call(void)
{
    evtchn_port_t port;

    EXPECT_EQ(evtchn_bind_ipi(0, &port), 0);
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    evtchn_set_mask(port, true);
    EXPECT_EQ(evtchn_send(port), 0);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_pending, 0);
    EXPECT_EQ(evtchn_unmask(port), 0);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_pending, 1);
    EXPECT((shared_info->evtchn_mask[port / 64] & 1UL << (port % 64)) == 0);
    EXPECT(take(port));
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    EXPECT_EQ(evtchn_close(port), 0);
}

static void virqs_and_time(void)
{
    struct vcpu_set_singleshot_timer timer;
    uint64_t start, last = guest_now();
    evtchn_port_t port, none;
    struct sched_poll poll = { .nr_ports = 1 };

    for (unsigned int i = 0; i < 10000; i++) {
        uint64_t t = guest_now();

        if (t < last) {
            guest_failure("time went back by %lu ns", last - t);
            break;
        }
        last = t;
    }
    (void)vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    EXPECT_EQ(evtchn_bind_virq(VIRQ_TIMER, 0, &port), 0);
    EXPECT_EQ(evtchn_bind_virq(VIRQ_TIMER, 0, &none), -E_EXIST);
    (void)take(port);
    evtchn_set_mask(port, true);
    set_xen_guest_handle(poll.ports, &port);
    start = guest_now();
    timer = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = start + 20000000 };
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer), 0);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), 0);
    EXPECT(guest_now() >= timer.timeout_abs_ns);
    EXPECT(guest_now() < start + 10000000000UL);
    EXPECT(take(port));
    timer.timeout_abs_ns = 1;                       /* long past: fires at once */
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer), 0);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), 0);
    EXPECT(take(port));
    /* Poll gives up at its own time; block wakes up by the timer. */
    poll.timeout = guest_now() + 10000000;
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), 0);
    EXPECT(guest_now() >= poll.timeout);
    EXPECT(!take(port));
    trap_hook = count_upcall;
    upcalls = 0;
    evtchn_set_mask(port, false);
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    timer.timeout_abs_ns = guest_now() + 10000000;
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer), 0);
    EXPECT_EQ(sched_op(SCHEDOP_block, NULL), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT(guest_now() >= timer.timeout_abs_ns);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_mask, 0);     /* block clears the mask */
    enable_upcalls(false);
    trap_hook = NULL;
    EXPECT_EQ(evtchn_close(port), 0);
}

static void refused_bindings(void)
{
    struct sched_poll poll = { .nr_ports = 129 };
    evtchn_port_t none;

    EXPECT_EQ(evtchn_bind_virq(24, 0, &none), -E_INVAL);
    EXPECT_EQ(evtchn_bind_virq(~0U, 0, &none), -E_INVAL);
    EXPECT_EQ(evtchn_bind_virq(VIRQ_TIMER, 7, &none), -E_NOENT);
    EXPECT_EQ(evtchn_alloc(1234, DOMID_SELF, &none), -E_SRCH);
    EXPECT_EQ(evtchn_bind(1234, 1, &none), -E_SRCH);
    EXPECT_EQ(evtchn_bind(DOMID_SELF, 3333, &none), -E_INVAL);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), -E_INVAL);
}

/* As many ports as the 2-level ABI has, then no more; then all of them away again. */
static void exhaustion(void)
{
    unsigned int count = 0;
    evtchn_port_t port, last = 0;
    long rc;

    while ((rc = evtchn_alloc(DOMID_SELF, DOMID_SELF, &port)) == 0 && count <= 4096) {
        last = port;
        count++;
    }
    EXPECT_EQ(rc, -E_NOSPC);
    /* dom0 has what the 2-level ABI has; a domU what its configuration says, 1,023 by default. */
    EXPECT_EQ(last, guest_is_dom0() ? 4095 : 1023);
    EXPECT(count > last - 96 && count <= last);
    for (port = 4095; count > 0 && port > 0; port--) {
        count -= evtchn_close(port) == 0;
    }
    EXPECT_EQ(count, 0);
}

/* A domU has two ports from its birth; what comes there from dom0 must not wake us. */
static void quiet(void)
{
    if (!guest_is_dom0()) {
        evtchn_set_mask(start_info->console.domU.evtchn, true);
        evtchn_set_mask(start_info->store_evtchn, true);
        shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    }
}

void test_main(void)
{
    quiet();
    absurd_ports();
    self_loop();
    upcall_rules();
    unmask_call();
    virqs_and_time();
    refused_bindings();
    exhaustion();
}
