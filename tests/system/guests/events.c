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

static bool test_and_clear_pending(evtchn_port_t port)
{
    xen_ulong_t bit = 1UL << (port % 64);
    bool was = (shared_info->evtchn_pending[port / 64] & bit) != 0;

    __atomic_and_fetch(&shared_info->evtchn_pending[port / 64], ~bit, __ATOMIC_SEQ_CST);
    __atomic_and_fetch(&shared_info->vcpu_info[0].evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    return was;
}

static void mask(evtchn_port_t port, bool on)
{
    xen_ulong_t bit = 1UL << (port % 64);

    if (on) {
        __atomic_or_fetch(&shared_info->evtchn_mask[port / 64], bit, __ATOMIC_SEQ_CST);
    } else {
        __atomic_and_fetch(&shared_info->evtchn_mask[port / 64], ~bit, __ATOMIC_SEQ_CST);
    }
}

static long send(evtchn_port_t port)
{
    struct evtchn_send op = { .port = port };

    return event_op(EVTCHNOP_send, &op);
}

static long close_port(evtchn_port_t port)
{
    struct evtchn_close op = { .port = port };

    return event_op(EVTCHNOP_close, &op);
}

static long status(evtchn_port_t port, struct evtchn_status *out)
{
    *out = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
    return event_op(EVTCHNOP_status, out);
}

static evtchn_port_t alloc(void)
{
    struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

    EXPECT_EQ(event_op(EVTCHNOP_alloc_unbound, &op), 0);
    return op.port;
}

static void enable_upcalls(bool on)
{
    shared_info->vcpu_info[0].evtchn_upcall_mask = !on;
}

static void absurd_ports(void)
{
    static const evtchn_port_t ports[] = { 0, 4095, 4096, 131071, 131072, 0x80000000U, ~0U };
    struct evtchn_unmask unmask;
    struct evtchn_bind_vcpu bind;
    struct evtchn_status st;

    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        unmask.port = ports[i];
        bind.port = ports[i];
        bind.vcpu = 0;
        EXPECT_EQ(send(ports[i]), -E_INVAL);
        EXPECT_EQ(close_port(ports[i]), -E_INVAL);
        EXPECT_EQ(event_op(EVTCHNOP_bind_vcpu, &bind), -E_INVAL);
        if (ports[i] > 4095) {
            EXPECT_EQ(event_op(EVTCHNOP_unmask, &unmask), -E_INVAL);
            EXPECT_EQ(status(ports[i], &st), -E_INVAL);
        }
    }
}

static void self_loop(void)
{
    evtchn_port_t peer = alloc();
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF, .remote_port = peer };
    struct evtchn_status st;

    EXPECT_EQ(status(peer, &st), 0);
    EXPECT_EQ(st.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(send(peer), 0);                       /* to nobody: accepted, goes nowhere */
    EXPECT_EQ(event_op(EVTCHNOP_bind_interdomain, &bind), 0);
    EXPECT(test_and_clear_pending(bind.local_port));    /* set once for the binder */
    EXPECT_EQ(status(peer, &st), 0);
    EXPECT_EQ(st.status, EVTCHNSTAT_interdomain);
    EXPECT_EQ(st.u.interdomain.port, bind.local_port);
    EXPECT_EQ(event_op(EVTCHNOP_bind_interdomain, &bind), -E_INVAL);
    EXPECT_EQ(send(bind.local_port), 0);
    EXPECT(test_and_clear_pending(peer));
    EXPECT(!test_and_clear_pending(bind.local_port));
    EXPECT_EQ(send(peer), 0);
    EXPECT(test_and_clear_pending(bind.local_port));
    EXPECT_EQ(close_port(peer), 0);
    EXPECT_EQ(status(bind.local_port, &st), 0);
    EXPECT_EQ(st.status, EVTCHNSTAT_unbound);
    EXPECT_EQ(close_port(bind.local_port), 0);
    EXPECT_EQ(close_port(bind.local_port), -E_INVAL);
}

static void upcall_rules(void)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };

    EXPECT_EQ(event_op(EVTCHNOP_bind_ipi, &ipi), 0);
    trap_hook = count_upcall;
    upcalls = 0;
    enable_upcalls(true);
    mask(ipi.port, false);
    EXPECT_EQ(send(ipi.port), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT(test_and_clear_pending(ipi.port));
    mask(ipi.port, true);
    EXPECT_EQ(send(ipi.port), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT(test_and_clear_pending(ipi.port));
    mask(ipi.port, false);
    enable_upcalls(false);
    EXPECT_EQ(send(ipi.port), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_pending, 1);
    enable_upcalls(true);
    EXPECT_EQ(xen_version(XENVER_version, NULL), 4 << 16 | 17);     /* any return delivers */
    EXPECT_EQ(upcalls, 2);
    EXPECT(test_and_clear_pending(ipi.port));
    enable_upcalls(false);
    trap_hook = NULL;
    EXPECT_EQ(close_port(ipi.port), 0);
    ipi.vcpu = 5;
    EXPECT_EQ(event_op(EVTCHNOP_bind_ipi, &ipi), -E_NOENT);
}

static void unmask_call(void)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_unmask unmask;

    EXPECT_EQ(event_op(EVTCHNOP_bind_ipi, &ipi), 0);
    unmask.port = ipi.port;
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    mask(ipi.port, true);
    EXPECT_EQ(send(ipi.port), 0);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_pending, 0);
    EXPECT_EQ(event_op(EVTCHNOP_unmask, &unmask), 0);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_pending, 1);
    EXPECT((shared_info->evtchn_mask[ipi.port / 64] & 1UL << (ipi.port % 64)) == 0);
    EXPECT(test_and_clear_pending(ipi.port));
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    EXPECT_EQ(close_port(ipi.port), 0);
}

static void virqs_and_time(void)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct vcpu_set_singleshot_timer timer;
    uint64_t start, last = guest_now();
    evtchn_port_t port;
    struct sched_poll poll = { .nr_ports = 1 };

    for (unsigned int i = 0; i < 10000; i++) {
        uint64_t t = guest_now();

        if (t < last) {
            guest_failure("time went back by %lu ns", last - t);
            break;
        }
        last = t;
    }
    (void)HYPERCALL_3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL);
    EXPECT_EQ(event_op(EVTCHNOP_bind_virq, &virq), 0);
    port = virq.port;
    EXPECT_EQ(event_op(EVTCHNOP_bind_virq, &virq), -E_EXIST);
    (void)test_and_clear_pending(port);
    mask(port, true);
    set_xen_guest_handle(poll.ports, &port);
    start = guest_now();
    timer = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = start + 20000000 };
    EXPECT_EQ(HYPERCALL_3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &timer), 0);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), 0);
    EXPECT(guest_now() >= timer.timeout_abs_ns);
    EXPECT(guest_now() < start + 10000000000UL);
    EXPECT(test_and_clear_pending(port));
    timer.timeout_abs_ns = 1;                       /* long past: fires at once */
    EXPECT_EQ(HYPERCALL_3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &timer), 0);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), 0);
    EXPECT(test_and_clear_pending(port));
    /* Poll gives up at its own time; block wakes up by the timer. */
    poll.timeout = guest_now() + 10000000;
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), 0);
    EXPECT(guest_now() >= poll.timeout);
    EXPECT(!test_and_clear_pending(port));
    trap_hook = count_upcall;
    upcalls = 0;
    mask(port, false);
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    timer.timeout_abs_ns = guest_now() + 10000000;
    EXPECT_EQ(HYPERCALL_3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &timer), 0);
    EXPECT_EQ(sched_op(SCHEDOP_block, NULL), 0);
    EXPECT_EQ(upcalls, 1);
    EXPECT(guest_now() >= timer.timeout_abs_ns);
    EXPECT_EQ(shared_info->vcpu_info[0].evtchn_upcall_mask, 0);     /* block clears the mask */
    enable_upcalls(false);
    trap_hook = NULL;
    EXPECT_EQ(close_port(port), 0);
}

static void refused_bindings(void)
{
    struct evtchn_bind_virq virq = { .virq = 24, .vcpu = 0 };
    struct evtchn_alloc_unbound unbound = { .dom = 1234, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain bind = { .remote_dom = 1234, .remote_port = 1 };
    struct sched_poll poll = { .nr_ports = 129 };

    EXPECT_EQ(event_op(EVTCHNOP_bind_virq, &virq), -E_INVAL);
    virq.virq = ~0U;
    EXPECT_EQ(event_op(EVTCHNOP_bind_virq, &virq), -E_INVAL);
    virq.virq = VIRQ_TIMER;
    virq.vcpu = 7;
    EXPECT_EQ(event_op(EVTCHNOP_bind_virq, &virq), -E_NOENT);
    EXPECT_EQ(event_op(EVTCHNOP_alloc_unbound, &unbound), -E_SRCH);
    EXPECT_EQ(event_op(EVTCHNOP_bind_interdomain, &bind), -E_SRCH);
    bind.remote_dom = DOMID_SELF;
    bind.remote_port = 3333;
    EXPECT_EQ(event_op(EVTCHNOP_bind_interdomain, &bind), -E_INVAL);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), -E_INVAL);
}

/* As many ports as the 2-level ABI has, then no more; then all of them away again. */
static void exhaustion(void)
{
    struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    unsigned int count = 0;
    evtchn_port_t last = 0;
    long rc;

    while ((rc = event_op(EVTCHNOP_alloc_unbound, &op)) == 0 && count <= 4096) {
        last = op.port;
        count++;
    }
    EXPECT_EQ(rc, -E_NOSPC);
    /* dom0 has what the 2-level ABI has; a domU what its configuration says, 1,023 by default. */
    EXPECT_EQ(last, guest_is_dom0() ? 4095 : 1023);
    EXPECT(count > last - 96 && count <= last);
    for (evtchn_port_t port = 4095; count > 0 && port > 0; port--) {
        count -= close_port(port) == 0;
    }
    EXPECT_EQ(count, 0);
}

/* A domU has two ports from its birth; what comes there from dom0 must not wake us. */
static void quiet(void)
{
    if (!guest_is_dom0()) {
        mask(start_info->console.domU.evtchn, true);
        mask(start_info->store_evtchn, true);
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
