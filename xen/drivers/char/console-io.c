/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercall console_io (18): the console of dom0. */
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/xsm.h>

#include "console-private.h"

#define CHUNK 128

/* News to be sent at the next safe point: a message may be printed with any lock held. */
static bool input_news, ring_news;

static void note_input(void)
{
    WRITE_ONCE(input_news, true);
    softirq_raise(SOFTIRQ_CONSOLE);
}

static void note_lines(void)
{
    WRITE_ONCE(ring_news, true);
    softirq_raise(SOFTIRQ_CONSOLE);
}

static void send_news(void)
{
    if (xchg(&input_news, false)) {
        send_global_virq(VIRQ_CONSOLE);
    }
    if (xchg(&ring_news, false)) {
        send_global_virq(VIRQ_CON_RING);
    }
}

void __init console_hooks_init(void)
{
    softirq_open(SOFTIRQ_CONSOLE, send_news);
    console_input_hook = note_input;
    console_ring_hook = note_lines;
}

static long console_write(unsigned long buffer, unsigned int count)
{
    char chunk[CHUNK];

    while (count != 0) {
        unsigned int n = min(count, (unsigned int)CHUNK);

        if (guest_read(chunk, buffer, n) != 0) {
            return -EFAULT;
        }
        if (is_hardware_domain(currd)) {
            console_write_dom0(chunk, n);
        } else {
            console_write_guest(&currd->console_line, currd->domain_id, chunk, n);
        }
        buffer += n;
        count -= n;
        if (count != 0 && hypercall_preempt_check()) {
            hypercall_set_arg(1, count);
            hypercall_set_arg(2, buffer);
            return -ERESTART;
        }
    }
    return 0;
}

/* Input belongs to the hardware domain; others that may use the console read nothing. */
static long console_read(unsigned long buffer, unsigned int count)
{
    char chunk[CHUNK];
    size_t n;

    if (!is_hardware_domain(currd)) {
        return 0;
    }
    n = console_read_dom0(chunk, min(count, (unsigned int)CHUNK));
    return guest_write(buffer, chunk, n) != 0 ? -EFAULT : (long)n;
}

/*
 * do_console_io - CONSOLEIO_write: 0; CONSOLEIO_read: how many characters were stored.
 * Errors: -EPERM not a domain with console rights; -EINVAL negative count; -EFAULT; -ENOSYS.
 * Spec: public/xen.h, CONSOLEIO_*.
 */
long do_console_io(int cmd, int count, unsigned long buffer)
{
    int rc = may_use_console(currd);

    if (rc != 0) {
        return rc;
    }
    if (count < 0) {
        return -EINVAL;
    }
    switch (cmd) {
    case CONSOLEIO_write:
        return console_write(buffer, (unsigned int)count);
    case CONSOLEIO_read:
        return console_read(buffer, (unsigned int)count);
    default:
        return -ENOSYS;
    }
}
