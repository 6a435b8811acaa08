/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys. */
#include <xen/domain.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/softirq.h>

struct keyhandler {
    void (*fn)(char key);
    const char *desc;
};

/* Indexed by the key; filled in during boot, constant afterwards. */
static struct keyhandler handlers[128];

/* A key that came by interrupt and is still to be handled; 0: none. */
static char deferred_key;

void register_keyhandler(char key, void (*fn)(char key), const char *desc)
{
    struct keyhandler *h = &handlers[(unsigned char)key & 127];

    BUG_ON((unsigned char)key > 127 || h->fn != NULL);
    h->fn = fn;
    h->desc = desc;
}

void handle_keypress(char key)
{
    unsigned int i = (unsigned char)key;

    if (i < ARRAY_SIZE(handlers) && handlers[i].fn != NULL) {
        handlers[i].fn(key);
    } else if (is_print(key)) {
        printk("'%c' pressed: no such key; 'h' lists them\n", key);
    }
}

void keyhandler_defer(char key)
{
    WRITE_ONCE(deferred_key, key);
    softirq_raise(SOFTIRQ_KEY);
}

static void run_deferred(void)
{
    char key = xchg(&deferred_key, 0);

    if (key != 0) {
        handle_keypress(key);
    }
}

static void show_help(char key)
{
    printk("'%c' pressed: the debug keys are:\n", key);
    for (unsigned int i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (handlers[i].fn != NULL) {
            printk("  %c  %s\n", (char)i, handlers[i].desc);
        }
    }
}

static void restart(char key)
{
    printk("'%c' pressed: the machine restarts\n", key);
    machine_restart();
}

void __init keyhandler_init(void)
{
    softirq_open(SOFTIRQ_KEY, run_deferred);
    register_keyhandler('R', restart, "restart the machine at once, without asking the domains");
    register_keyhandler('h', show_help, "show this list");
    debug_keys_init();
}
