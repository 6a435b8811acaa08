/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do vcpu_op, the timers and the scheduler's calls do what they say, with two vcpus?
 *
 * The second one is set up with wrong contexts, each of which must be refused, then with a right
 * one; it runs, is stopped and runs on; it gets an IPI; its runstate and its time are shown where
 * it was asked for.  Periodic, one-shot and old timers; poll; each call with hostile arguments.
 * ABI: docs/abi/sched.md; expected values are those of Xen 4.17.
 */
#include "guest.h"

const char test_name[] = "vcpus";

#define PATIENCE 5000000000UL       /* ns for what needs another vcpu or a timer */

static char stack[4 * PAGE_SIZE] PAGE_ALIGNED, data[PAGE_SIZE] PAGE_ALIGNED;
static volatile unsigned long rounds;
static struct vcpu_guest_context context;
static struct vcpu_runstate_info shown __attribute__((aligned(64)));
static struct vcpu_time_info shown_time __attribute__((aligned(64)));

static void yield(void)
{
    (void)sched_op(SCHEDOP_yield, NULL);
}

/* What the second vcpu does; its stack is its own. */
static void __attribute__((noreturn)) second(void)
{
    for (;;) {
        rounds++;
        yield();
    }
}

static void right_context(void)
{
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel;
    context.user_regs.rip = (unsigned long)second;
    context.user_regs.rsp = (unsigned long)stack + sizeof(stack) - 8;
    context.user_regs.rflags = 0x1000;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = (unsigned long)stack + sizeof(stack);
    context.ctrlreg[3] = mfn_of((void *)start_info->pt_base) * PAGE_SIZE;
}

static void refused(const char *what)
{
    long rc = vcpu_op(VCPUOP_initialise, 1, &context);

    if (rc != -E_INVAL) {
        guest_failure("a context with %s: %ld", what, rc);
    }
    right_context();
}

static void wrong_contexts(void)
{
    unsigned long nowhere = 0x0001000000000000UL;

    EXPECT_EQ(vcpu_op(VCPUOP_up, 1, NULL), -E_INVAL);       /* before it has one */
    EXPECT_EQ(vcpu_op(VCPUOP_initialise, 1, (void *)0xffff830000000000UL), -E_FAULT);
    right_context();
    context.ctrlreg[3] = mfn_of(data) * PAGE_SIZE;
    refused("a root that is no table");
    context.ctrlreg[3] = 0xfffffffff000UL;
    refused("a root beyond the machine");
    context.gdt_ents = 7169;
    refused("too large a GDT");
    context.gdt_ents = 512;
    context.gdt_frames[0] = mfn_of(data);
    refused("a GDT that is mapped writable");
    context.user_regs.rip = nowhere;
    refused("an instruction pointer that is not canonical");
    context.event_callback_eip = nowhere;
    refused("a callback that is not canonical");
    context.fs_base = nowhere;
    refused("a segment base that is not canonical");
    context.trap_ctxt[3].address = nowhere;
    refused("a trap handler that is not canonical");
    context.ldt_ents = 8193;
    refused("too large an LDT");
    EXPECT_EQ(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_up, 1, NULL), -E_INVAL);       /* still */
}

static bool goes_on(void)
{
    unsigned long before = rounds;
    uint64_t end = guest_now() + PATIENCE;

    while (rounds == before && guest_now() < end) {
        yield();
    }
    return rounds != before;
}

static void life(void)
{
    unsigned long before;

    right_context();
    EXPECT_EQ(vcpu_op(VCPUOP_initialise, 1, &context), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_initialise, 1, &context), -E_EXIST);
    EXPECT_EQ(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    EXPECT_EQ(rounds, 0);
    EXPECT_EQ(vcpu_op(VCPUOP_up, 1, NULL), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_up, 1, NULL), 0);              /* already */
    EXPECT(goes_on());
    EXPECT_EQ(vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    EXPECT_EQ(vcpu_op(VCPUOP_down, 1, NULL), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    for (unsigned int i = 0; i < 100; i++) {                /* until it has stopped for certain */
        yield();
    }
    before = rounds;
    for (unsigned int i = 0; i < 100; i++) {
        yield();
    }
    EXPECT_EQ(rounds, before);
    EXPECT_EQ(vcpu_op(VCPUOP_up, 1, NULL), 0);
    EXPECT(goes_on());
}

static void absent_vcpus(void)
{
    static const unsigned char commands[] = {
        VCPUOP_initialise, VCPUOP_up, VCPUOP_down, VCPUOP_is_up, VCPUOP_get_runstate_info,
        VCPUOP_register_runstate_memory_area, VCPUOP_set_periodic_timer,
        VCPUOP_stop_periodic_timer, VCPUOP_register_vcpu_info, VCPUOP_send_nmi,
        VCPUOP_get_physid, VCPUOP_register_vcpu_time_memory_area,
    };

    for (unsigned int i = 0; i < sizeof(commands); i++) {
        EXPECT_EQ(vcpu_op(commands[i], 2, data), -E_NOENT);
        EXPECT_EQ(vcpu_op(commands[i], 8192, data), -E_NOENT);
        EXPECT_EQ(vcpu_op(commands[i], ~0U, data), -E_NOENT);
    }
}

/* Shows the second vcpu's runstate in SHOWN from now on, and the first one's time. */
static void areas(void)
{
    struct vcpu_register_runstate_memory_area area = { .addr.v = &shown };
    struct vcpu_register_time_memory_area time = { .addr.v = &shown_time };
    struct vcpu_runstate_info info;
    struct vcpu_get_physid id;
    unsigned long total = 0;

    EXPECT_EQ(vcpu_op(VCPUOP_register_runstate_memory_area, 1, &area), 0);
    EXPECT(goes_on() && goes_on());
    EXPECT_EQ(vcpu_op(VCPUOP_get_runstate_info, 1, &info), 0);
    EXPECT(info.state <= RUNSTATE_offline);
    for (unsigned int i = 0; i < 4; i++) {
        total += info.time[i];
    }
    EXPECT(total > 0 && info.time[RUNSTATE_running] > 0);
    EXPECT(shown.time[RUNSTATE_running] > 0);
    EXPECT_EQ(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &time), 0);
    EXPECT(shown_time.tsc_to_system_mul != 0 && (shown_time.version & 1) == 0);
    EXPECT_EQ(vcpu_op(VCPUOP_get_physid, 0, &id), guest_is_dom0() ? 0 : -E_INVAL);
    area.addr.v = NULL;
    time.addr.v = NULL;
    EXPECT_EQ(vcpu_op(VCPUOP_register_runstate_memory_area, 1, &area), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &time), 0);
}

static void areas_refused(void)
{
    void *hypervisor = (void *)0xffff830000000000UL;
    struct vcpu_register_runstate_memory_area area = { .addr.v = hypervisor };
    struct vcpu_register_time_memory_area time = { .addr.v = hypervisor };

    EXPECT_EQ(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), -E_FAULT);
    EXPECT_EQ(vcpu_op(VCPUOP_register_runstate_memory_area, 0, hypervisor), -E_FAULT);
    EXPECT_EQ(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &time), -E_FAULT);
    EXPECT_EQ(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, hypervisor), -E_FAULT);
    EXPECT_EQ(vcpu_op(VCPUOP_get_runstate_info, 0, hypervisor), -E_FAULT);
    EXPECT_EQ(vcpu_op(VCPUOP_register_vcpu_info, 0, hypervisor), -E_FAULT);
    EXPECT_EQ(vcpu_op(VCPUOP_set_periodic_timer, 0, hypervisor), -E_FAULT);
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, hypervisor), -E_FAULT);
}

/* Within the patience, by poll, which also ends at a time that is over. */
static bool comes(evtchn_port_t port)
{
    uint64_t end = guest_now() + PATIENCE;
    struct sched_poll poll = { .nr_ports = 1, .timeout = end };

    set_xen_guest_handle(poll.ports, &port);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), 0);
    return evtchn_take(port);
}

static evtchn_port_t timer_port(void)
{
    evtchn_port_t port;

    EXPECT_EQ(evtchn_bind_virq(VIRQ_TIMER, 0, &port), 0);
    return port;
}

static void timers(void)
{
    evtchn_port_t port = timer_port();
    struct vcpu_set_periodic_timer periodic = { .period_ns = 2000000 };
    struct vcpu_set_singleshot_timer single = { .flags = VCPU_SSHOTTMR_future,
                                                .timeout_abs_ns = 1 };

    EXPECT_EQ(vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic), 0);
    EXPECT(comes(port) && comes(port) && comes(port));
    EXPECT_EQ(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    (void)evtchn_take(port);
    periodic.period_ns = 100;
    EXPECT_EQ(vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic), -E_INVAL);
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, &single), 0);     /* the flag is not heeded */
    EXPECT(comes(port));
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 1, &single), -E_INVAL);  /* another's */
    EXPECT_EQ(vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL), -E_INVAL);
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, &single), 0);
    EXPECT(comes(port));                                    /* past: at once */
    EXPECT_EQ(set_timer_op(guest_now() + 3000000), 0);
    EXPECT(comes(port));
    EXPECT_EQ(set_timer_op(~0UL), 0);                       /* far off */
    EXPECT_EQ(set_timer_op(0), 0);
}

/* From the first vcpu to the second, which masks events: the bit is enough. */
static void ipis(void)
{
    unsigned long mask = 3;
    evtchn_port_t port;

    EXPECT_EQ(evtchn_bind_ipi(1, &port), 0);
    EXPECT_EQ(evtchn_send(port), 0);
    EXPECT(evtchn_take(port));
    EXPECT_EQ(evtchn_bind_ipi(2, &port), -E_NOENT);
    EXPECT_EQ(mmuext_op(MMUEXT_TLB_FLUSH_MULTI, 0, (unsigned long)&mask), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_INVLPG_MULTI, (unsigned long)data, (unsigned long)&mask), 0);
    EXPECT_EQ(update_va_mapping(data, mfn_of(data) * PAGE_SIZE | PTE_RWP,
                                UVMF_INVLPG | UVMF_ALL), 0);
    EXPECT_EQ(update_va_mapping(data, mfn_of(data) * PAGE_SIZE | PTE_RWP,
                                UVMF_TLB_FLUSH | (unsigned long)&mask), 0);
    EXPECT(update_va_mapping(data, mfn_of(data) * PAGE_SIZE | PTE_RWP,
                             UVMF_TLB_FLUSH | 0xffff830000000000UL) <= 0);
    EXPECT(goes_on());
}

static void scheduling(void)
{
    evtchn_port_t ports[1] = { 4000 };
    struct sched_poll poll = { .nr_ports = 129 };
    struct sched_remote_shutdown remote = { .domain_id = 1234, .reason = SHUTDOWN_crash };

    set_xen_guest_handle(poll.ports, ports);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), -E_INVAL);
    poll.nr_ports = 1;
    set_xen_guest_handle(poll.ports, (evtchn_port_t *)0xffff830000000000UL);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), -E_FAULT);
    ports[0] = ~0U;
    set_xen_guest_handle(poll.ports, ports);
    EXPECT_EQ(sched_op(SCHEDOP_poll, &poll), -E_INVAL);
    EXPECT_EQ(sched_op(SCHEDOP_yield, NULL), 0);
    EXPECT_EQ(sched_op(SCHEDOP_shutdown, (void *)0x10000), -E_FAULT);
    EXPECT_EQ(sched_op(SCHEDOP_shutdown_code, (void *)0x10000), -E_FAULT);
    EXPECT_EQ(sched_op(SCHEDOP_remote_shutdown, (void *)0x10000), -E_FAULT);
    EXPECT_EQ(sched_op(SCHEDOP_remote_shutdown, &remote), -E_SRCH);
}

void test_main(void)
{
    long there = vcpu_op(VCPUOP_is_up, 1, NULL);

    if (there == -E_NOENT) {
        guest_skip("it needs two vcpus");
        return;
    }
    wrong_contexts();
    life();
    absent_vcpus();
    areas();
    areas_refused();
    timers();
    ipis();
    scheduling();
    EXPECT_EQ(vcpu_op(VCPUOP_down, 1, NULL), 0);
}
