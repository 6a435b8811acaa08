/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper, not a test: a guest that was given the machine's second serial port (ports 2f8 to 2ff,
 * interrupt 3) has its interrupt delivered.  It binds the interrupt, lets the port raise it three
 * times by its empty transmitter, and says so; an interrupt that it was not given is refused.
 * ABI: docs/abi/physdev.md, map_pirq; public/event_channel.h, bind_pirq.
 */
#include "guest.h"

#define SECOND   1000000000UL
#define BASE     0x2f8
#define IRQ      3
#define NOT_OURS 5

/* Registers of a 16550. */
enum { THR = 0, IER = 1, IIR = 2, MCR = 4 };
#define IER_EMPTY 2             /* the transmitter is empty, as it is while nothing is sent */
#define MCR_OUT2  8             /* lets the interrupt out */

const char test_name[] = "pirq";

static void out(unsigned int reg, uint8_t value)
{
    asm volatile("outb %0, %1" : : "a"(value), "d"((uint16_t)(BASE + reg)));
}

static uint8_t in(unsigned int reg)
{
    uint8_t value;

    asm volatile("inb %1, %0" : "=a"(value) : "d"((uint16_t)(BASE + reg)));
    return value;
}

static long device(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_physdev_op, cmd, arg);
}

/* Bits of the event's port; it stays masked, for it is waited for by polling. */
static bool test_and_clear(evtchn_port_t port)
{
    unsigned long bit = 1UL << port % 64, *word = &shared_info->evtchn_pending[port / 64];

    return __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit;
}

static bool arrives(evtchn_port_t port)
{
    struct sched_poll poll = { .nr_ports = 1, .timeout = guest_now() + 10 * SECOND };

    set_xen_guest_handle(poll.ports, &port);
    (void)sched_op(SCHEDOP_poll, &poll);
    return test_and_clear(port);
}

static void not_ours(void)
{
    struct evtchn_bind_pirq bind = { .pirq = NOT_OURS };
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI,
                                    .index = NOT_OURS, .pirq = NOT_OURS };
    long mapped = device(PHYSDEVOP_map_pirq, &map), bound = event_op(EVTCHNOP_bind_pirq, &bind);

    guest_printf("pirq: another's is %s\n", mapped < 0 && bound < 0 ? "refused" : "GIVEN");
}

void test_main(void)
{
    struct evtchn_bind_pirq bind = { .pirq = IRQ };
    struct physdev_eoi eoi = { .irq = IRQ };
    struct physdev_set_iopl iopl = { .iopl = 1 };
    unsigned int arrived = 0, early;
    long rc;

    EXPECT_EQ(device(PHYSDEVOP_set_iopl, &iopl), 0);
    out(IER, 0);
    rc = event_op(EVTCHNOP_bind_pirq, &bind);
    guest_printf("pirq: bound with %ld\n", rc);
    not_ours();
    out(MCR, MCR_OUT2);
    early = test_and_clear(bind.port);
    for (unsigned int i = 0; rc == 0 && i < 3; i++) {
        out(IER, IER_EMPTY);
        arrived += arrives(bind.port);
        (void)in(IIR);          /* which takes the request back */
        out(IER, 0);
        EXPECT_EQ(device(PHYSDEVOP_eoi, &eoi), 0);
    }
    guest_printf("pirq: %u arrived, %u before they were asked for\n", arrived, early);
    for (;;) {
        (void)sched_op(SCHEDOP_block, NULL);
    }
}
