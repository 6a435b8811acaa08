/* SPDX-License-Identifier: MIT */
/* Event channels by the 2-level ABI; handlers are called from the scheduler. */
#include <stub/domain.h>
#include <stub/evtchn.h>
#include <stub/event.h>
#include <stub/thread.h>
#include <stub/trap.h>

static struct {
    event_handler_t handler;
    void *arg;
} ports[MAX_EVENT_PORTS];

extern char event_stub[], failsafe_stub[];

static struct vcpu_info *vcpu(void)
{
    return &shared_info->vcpu_info[0];
}

static void callback_register(unsigned int type, const char *stub)
{
    long rc = callback_op(CALLBACKOP_register, type, (unsigned long)stub, 0);

    if (rc != 0) {
        stub_panic("callback %u is refused: %ld", type, rc);
    }
}

void events_init(void)
{
    vcpu()->evtchn_upcall_mask = 1;
    callback_register(CALLBACKTYPE_event, event_stub);
    callback_register(CALLBACKTYPE_failsafe, failsafe_stub);
}

static void event_run(unsigned int port)
{
    (void)evtchn_take(port);
    if (port < MAX_EVENT_PORTS && ports[port].handler != NULL) {
        ports[port].handler(ports[port].arg);
    } else {
        evtchn_set_mask(port, true);
    }
}

void events_handle(void)
{
    while (READ_ONCE(vcpu()->evtchn_upcall_pending) != 0) {
        uint64_t words;

        WRITE_ONCE(vcpu()->evtchn_upcall_pending, 0);
        words = __atomic_exchange_n(&vcpu()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        while (words != 0) {
            unsigned int word = (unsigned int)__builtin_ctzl(words);
            uint64_t bits = READ_ONCE(shared_info->evtchn_pending[word]) &
                            ~READ_ONCE(shared_info->evtchn_mask[word]);

            words &= words - 1;
            for (; bits != 0; bits &= bits - 1) {
                event_run(word * EVTCHN_WORD_BITS + (unsigned int)__builtin_ctzl(bits));
            }
        }
    }
}

int event_listen(evtchn_port_t port, event_handler_t handler, void *arg)
{
    if (port >= MAX_EVENT_PORTS) {
        return -XEN_ERANGE;
    }
    if (ports[port].handler != NULL) {
        return -XEN_EBUSY;
    }
    ports[port].handler = handler;
    ports[port].arg = arg;
    return (int)evtchn_unmask(port);    /* also if it is pending already */
}

void event_ignore(evtchn_port_t port)
{
    if (port < MAX_EVENT_PORTS) {
        evtchn_set_mask(port, true);
        ports[port].handler = NULL;
    }
}

void event_close(evtchn_port_t port)
{
    event_ignore(port);
    (void)evtchn_close(port);
}

/* A port that we just got: listen to it, or give it back. */
static int listen_or_close(evtchn_port_t port, event_handler_t handler, void *arg)
{
    int rc = event_listen(port, handler, arg);

    if (rc != 0) {
        event_close(port);
        return rc;
    }
    return (int)port;
}

int event_alloc(domid_t remote, event_handler_t handler, void *arg)
{
    evtchn_port_t port;
    long rc = evtchn_alloc(DOMID_SELF, remote, &port);

    return rc != 0 ? (int)rc : listen_or_close(port, handler, arg);
}

int event_bind_virq(unsigned int virq, event_handler_t handler, void *arg)
{
    evtchn_port_t port;
    long rc = evtchn_bind_virq(virq, 0, &port);

    return rc != 0 ? (int)rc : listen_or_close(port, handler, arg);
}

void event_send(evtchn_port_t port)
{
    (void)evtchn_send(port);
}
