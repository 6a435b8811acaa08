/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the FIFO event channels hold all the ports the ABI has, with their priorities, at one price?
 *
 * The guest brings 128 pages of event words, takes every port up to 131,071 and is refused the
 * next, sends on ports from first to last and finds them in their queues, by priority and in order.
 * Instructions of a send on the first and on the last port are between the markers 2N, 2N+1 of rows
 * 20 and 21, for tests/bench.  As domU it has fewer ports, and asks the same of those.
 * ABI: public/event_channel.h.
 */
#include "guest.h"

const char test_name[] = "fifo";

#define ALL_PORTS   131072u
#define PAGES       (ALL_PORTS / 1024)
#define ROUNDS      256

static event_word_t words[ALL_PORTS] PAGE_ALIGNED;
static struct evtchn_fifo_control_block control PAGE_ALIGNED;

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define LINK    EVTCHN_FIFO_LINK_MASK

static long set_priority(evtchn_port_t port, uint32_t priority)
{
    struct evtchn_set_priority op = { .port = port, .priority = priority };

    return event_op(EVTCHNOP_set_priority, &op);
}

static void set_up(void)
{
    struct evtchn_init_control init = { .control_gfn = mfn_of(&control) };

    EXPECT_EQ(event_op(EVTCHNOP_init_control, &init), 0);
    EXPECT_EQ(init.link_bits, 17);
    for (unsigned int i = 0; i < PAGES; i++) {
        struct evtchn_expand_array expand = {
            .array_gfn = mfn_of((const char *)words + i * PAGE_SIZE),
        };

        EXPECT_EQ(event_op(EVTCHNOP_expand_array, &expand), 0);
    }
}

/* Returns the last port there is. */
static evtchn_port_t take_all(void)
{
    evtchn_port_t port = 0, last = 0;
    long rc;

    while ((rc = evtchn_bind_ipi(0, &port)) == 0) {
        EXPECT(port > last && port < ALL_PORTS);
        last = port;
    }
    EXPECT_EQ(rc, -E_NOSPC);
    return last;
}

/* Is the queue of @priority exactly @ports, @nr of them?  It is emptied. */
static void expect_queue(unsigned int priority, const evtchn_port_t *ports, unsigned int nr)
{
    evtchn_port_t port = control.head[priority];

    for (unsigned int i = 0; i < nr; i++) {
        EXPECT_EQ(port, ports[i]);
        EXPECT((words[port] & (PENDING | LINKED)) == (PENDING | LINKED));
        port = words[port] & LINK;
        words[ports[i]] = 0;
    }
    EXPECT_EQ(port, 0);
    EXPECT(control.ready & (1u << priority));
    control.ready &= ~(1u << priority);
    control.head[priority] = 0;
}

static void queues(evtchn_port_t first, evtchn_port_t last)
{
    const evtchn_port_t urgent[] = { last, first + 1 }, usual[] = { first, last / 2, last - 1 };

    EXPECT_EQ(set_priority(last, 0), 0);
    EXPECT_EQ(set_priority(first + 1, 0), 0);
    EXPECT_EQ(set_priority(first, EVTCHN_FIFO_MAX_QUEUES), -E_INVAL);
    EXPECT_EQ(set_priority(ALL_PORTS, 0), -E_INVAL);
    for (unsigned int i = 0; i < 3; i++) {
        EXPECT_EQ(evtchn_send(usual[i]), 0);
        EXPECT_EQ(evtchn_send(urgent[i % 2]), 0);      /* the first one twice: queued once */
    }
    expect_queue(0, urgent, 2);
    expect_queue(EVTCHN_FIFO_PRIORITY_DEFAULT, usual, 3);
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
}

static void measure(evtchn_port_t first, evtchn_port_t last)
{
    words[first] = MASKED;
    words[last] = MASKED;
    guest_printf("bench 20 evtchn_send, FIFO, first port rounds %u\n", ROUNDS);
    MARKER(0028);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        words[first] = MASKED;
        (void)evtchn_send(first);
    }
    MARKER(0029);
    guest_printf("bench 21 evtchn_send, FIFO, port 131071 rounds %u\n", ROUNDS);
    MARKER(002a);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        words[last] = MASKED;
        (void)evtchn_send(last);
    }
    MARKER(002b);
    EXPECT(words[last] & PENDING);
}

void test_main(void)
{
    evtchn_port_t first, last;

    set_up();
    EXPECT_EQ(evtchn_bind_ipi(0, &first), 0);
    last = take_all();
    if (guest_is_dom0()) {
        EXPECT_EQ(last, ALL_PORTS - 1);
    }
    EXPECT_EQ(evtchn_send(ALL_PORTS), -E_INVAL);
    queues(first, last);
    measure(first, last);
}
