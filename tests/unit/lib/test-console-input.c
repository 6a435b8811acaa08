/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/drivers/char/console-input.c: who gets what is typed. */
#include "harness.h"

#include <xen/console.h>
#include <xen/keyhandler.h>
#include <xen/printk.h>

#include "console-private.h"

static char keys[64];
static unsigned int told;

unsigned long console_lock(void)
{
    return 0;
}

void console_unlock(unsigned long flags)
{
    (void)flags;
}

void keyhandler_defer(char key)
{
    keys[strlen(keys)] = key;
}

void printk(const char *fmt, ...)
{
    (void)fmt;
}

static void tell(void)
{
    told++;
}

static void type(const char *s)
{
    while (*s != '\0') {
        console_rx(*s++);
    }
}

static const char *read_dom0(void)
{
    static char buf[512];

    buf[console_read_dom0(buf, sizeof(buf) - 1)] = '\0';
    return buf;
}

TEST(keys_first_then_dom0)
{
    console_input_hook = tell;
    type("hq");
    CHECK_STR(keys, "hq");
    CHECK_STR(read_dom0(), "");
    console_input_end_boot();
    type("ls\n");
    CHECK_STR(read_dom0(), "ls\n");
    CHECK_EQ(told, 3);
}

TEST(three_switch_keys_move_the_focus)
{
    memset(keys, 0, sizeof(keys));
    type("a\1\1\1h\1\1\1b");
    CHECK_STR(read_dom0(), "ab");
    CHECK_STR(keys, "h");
    type("x\1y\1\1z");
    CHECK_STR(read_dom0(), "x\1y\1\1z");
}

TEST(a_full_ring_keeps_the_oldest)
{
    for (unsigned int i = 0; i < 1000; i++) {
        type("k");
    }
    CHECK_EQ(strlen(read_dom0()), 256);
    type("fine");
    CHECK_STR(read_dom0(), "fine");
}

/* The other port's CPU brings a character while this one gives dom0 a lone switch key. */
static void other_port(void)
{
    console_input_hook = ++told < 1000 ? tell : NULL;
    console_rx('b');
}

TEST(two_ports_at_once_bring_a_switch_key_once)
{
    told = 0;
    type("\1");
    console_input_hook = other_port;
    type("a");
    CHECK_STR(read_dom0(), "\1ba");
}

TEST_MAIN
