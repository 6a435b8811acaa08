/* SPDX-License-Identifier: MIT */
/* Event channels by the 2-level ABI; handlers are called from the scheduler. */
#include <stub/domain.h>
#include <stub/event.h>
#include <stub/hypercall.h>
#include <stub/thread.h>
#include <stub/trap.h>

#include <public/callback.h>
#include <public/vcpu.h>

#define WORD_BITS 64

static struct {
    event_handler_t handler;
    void *arg;
} ports[MAX_EVENT_PORTS];

extern char event_stub[], failsafe_stub[];

static struct vcpu_info *vcpu(void)
{
    return &shared_info->vcpu_info[0];
}

static void set_bit(volatile xen_ulong_t *words, unsigned int n)
{
    asm volatile("lock; btsq %1, %0" : "+m"(words[n / WORD_BITS])
                 : "r"((uint64_t)(n % WORD_BITS)) : "memory", "cc");
}

static void clear_bit(volatile xen_ulong_t *words, unsigned int n)
{
    asm volatile("lock; btrq %1, %0" : "+m"(words[n / WORD_BITS])
                 : "r"((uint64_t)(n % WORD_BITS)) : "memory", "cc");
}

static void callback_register(unsigned int type, const char *stub)
{
    struct callback_register callback = {
        .type = (uint16_t)type, .address = (unsigned long)stub,
    };
    long rc = HYPERCALL_2(__HYPERVISOR_callback_op, CALLBACKOP_register, &callback);

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
    clear_bit(shared_info->evtchn_pending, port);
    if (port < MAX_EVENT_PORTS && ports[port].handler != NULL) {
        ports[port].handler(ports[port].arg);
    } else {
        set_bit(shared_info->evtchn_mask, port);
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
                event_run(word * WORD_BITS + (unsigned int)__builtin_ctzl(bits));
            }
        }
    }
}

int event_listen(evtchn_port_t port, event_handler_t handler, void *arg)
{
    struct evtchn_unmask unmask = { .port = port };

    if (port >= MAX_EVENT_PORTS) {
        return -XEN_ERANGE;
    }
    if (ports[port].handler != NULL) {
        return -XEN_EBUSY;
    }
    ports[port].handler = handler;
    ports[port].arg = arg;
    return (int)event_op(EVTCHNOP_unmask, &unmask);     /* also if it is pending already */
}

void event_ignore(evtchn_port_t port)
{
    if (port < MAX_EVENT_PORTS) {
        set_bit(shared_info->evtchn_mask, port);
        ports[port].handler = NULL;
    }
}

void event_close(evtchn_port_t port)
{
    struct evtchn_close close = { .port = port };

    event_ignore(port);
    (void)event_op(EVTCHNOP_close, &close);
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
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = remote };
    long rc = event_op(EVTCHNOP_alloc_unbound, &alloc);

    return rc != 0 ? (int)rc : listen_or_close(alloc.port, handler, arg);
}

int event_bind_virq(unsigned int virq, event_handler_t handler, void *arg)
{
    struct evtchn_bind_virq bind = { .virq = virq, .vcpu = 0 };
    long rc = event_op(EVTCHNOP_bind_virq, &bind);

    return rc != 0 ? (int)rc : listen_or_close(bind.port, handler, arg);
}

void event_send(evtchn_port_t port)
{
    struct evtchn_send send = { .port = port };

    (void)event_op(EVTCHNOP_send, &send);
}
