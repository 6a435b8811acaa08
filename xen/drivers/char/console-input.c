/* SPDX-License-Identifier: GPL-2.0-only */
/* Console input: to Xylem's keys or to dom0; three times the switch key moves it. */
#include <xen/atomic.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>

#include "console-private.h"

#define INPUT_RING      256
#define SWITCH_COUNT    3

void (*console_input_hook)(void);

/* Lock: console lock.  Invariant CI1: put - get <= INPUT_RING. */
static char input_ring[INPUT_RING];
static uint32_t input_put, input_get;
static bool input_to_dom0;
static unsigned int switch_seen;

static char switch_key = 'a' & 0x1f;
static bool stay_with_xylem;    /* conswitch=ax: input stays here at the end of boot */

/* KEY[x]: control and that letter, three times; x: do not give input to dom0 at boot. */
static int __init parse_conswitch(const char *value)
{
    char key = to_lower(value[0]);

    if (key < 'a' || key > 'z' || (value[1] != '\0' && strcmp(value + 1, "x") != 0)) {
        return -EINVAL;
    }
    switch_key = key & 0x1f;
    stay_with_xylem = value[1] == 'x';
    return 0;
}
PARAM_CUSTOM("conswitch", parse_conswitch);

static void tell_focus(void)
{
    printk("*** Serial input to %s (type 'CTRL-%c' three times to switch input)\n",
           input_to_dom0 ? "DOM0" : "Xylem", switch_key | 0x60);
}

void __init console_input_end_boot(void)
{
    input_to_dom0 = !stay_with_xylem;
    tell_focus();
}

static void queue_for_dom0(char c)
{
    unsigned long flags = console_lock();

    if (input_put - input_get < INPUT_RING) {
        input_ring[input_put++ % INPUT_RING] = c;
    }
    console_unlock(flags);
    if (console_input_hook != NULL) {
        console_input_hook();
    }
}

void console_rx(char c)
{
    if (c == switch_key) {
        if (++switch_seen == SWITCH_COUNT) {
            switch_seen = 0;
            input_to_dom0 = !input_to_dom0;
            tell_focus();
        }
        return;
    }
    /* Switch keys that did not add up are input like any other.  Another port may bring some. */
    for (unsigned int n = xchg(&switch_seen, 0u); n != 0; n--) {
        if (input_to_dom0) {
            queue_for_dom0(switch_key);
        }
    }
    if (input_to_dom0) {
        queue_for_dom0(c);
    } else {
        keyhandler_defer(c);
    }
}

size_t console_read_dom0(char *buf, size_t size)
{
    unsigned long flags = console_lock();
    size_t n = 0;

    while (n < size && input_get != input_put) {
        buf[n++] = input_ring[input_get++ % INPUT_RING];
    }
    console_unlock(flags);
    return n;
}
