/* SPDX-License-Identifier: GPL-2.0-only */
/* The console's devices: which there are, and how text reaches them and the ring. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/serial.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <xen/timer.h>

#include "conring.h"
#include "console-private.h"
#include "vga.h"

void (*console_ring_hook)(void);

static spinlock_t lock = SPINLOCK_INIT(LOCK_CONSOLE);
static bool lock_usable;        /* false: early boot, one CPU, or a panic in progress */
static bool devices_open;

static bool use_serial[SERIAL_NR_PORTS];
static bool use_vga;

static char opt_console[64] __initdata = "com1,vga";
PARAM_STRING("console", opt_console);
bool opt_sync_console;
PARAM_BOOL("sync_console", opt_sync_console);
static uint64_t opt_conring_size __initdata;
PARAM_SIZE("conring_size", opt_conring_size);

unsigned long console_lock(void)
{
    return lock_usable ? spin_lock_irqsave(&lock) : local_irq_save();
}

void console_unlock(unsigned long flags)
{
    if (lock_usable) {
        spin_unlock_irqrestore(&lock, flags);
    } else {
        local_irq_restore(flags);
    }
}

bool console_is_locked(void)
{
    return lock_usable && spin_is_locked(&lock);
}

void console_use_lock(void)
{
    lock_usable = true;
}

void console_devices_write(const char *text, size_t len)
{
    for (unsigned int i = 0; i < SERIAL_NR_PORTS; i++) {
        if (use_serial[i]) {
            serial_write(i, text, len);
        }
    }
    if (use_vga) {
        vga_write(text, len);
    }
}

void console_log_write(const char *text, size_t len)
{
    conring_put(text, len);
    if (devices_open) {
        console_devices_write(text, len);
    }
}

/* What was said before there was a device to say it on. */
static void __init replay_ring(void)
{
    uint32_t index = conring_oldest();
    char part[256];
    uint32_t n;

    while ((n = conring_peek(&index, part, sizeof(part))) != 0) {
        console_devices_write(part, n);
    }
}

void __init console_init_early(const struct boot_info *bi)
{
    const char *pos = opt_console;
    bool bad = false;
    char item[16];

    while (cmdline_next_item(&pos, item, sizeof(item))) {
        if (strncmp(item, "com", 3) == 0 && (item[3] == '1' || item[3] == '2') &&
            item[4] == '\0') {
            unsigned int nr = (unsigned int)(item[3] - '1');

            use_serial[nr] = serial_open(nr);
        } else if (strcmp(item, "vga") == 0) {
            use_vga = vga_open(bi);
        } else if (item[0] != '\0' && strcmp(item, "none") != 0) {
            bad = true;
        }
    }
    replay_ring();
    devices_open = true;
    if (bad) {
        pr_err("command line: console=%s: known are com1, com2, vga and none\n", opt_console);
    }
}

static void __init enlarge_ring(void)
{
    unsigned int order = 0;
    unsigned long flags;
    char *memory;

    if (opt_conring_size > MB(64)) {
        pr_warn("command line: conring_size: 64 MiB are the most\n");
        opt_conring_size = MB(64);
    }
    while ((PAGE_SIZE << order) < opt_conring_size) {
        order++;
    }
    if ((PAGE_SIZE << order) > conring_bytes()) {
        memory = hv_alloc(order);
        if (memory == NULL) {
            pr_warn("conring_size: no memory for %lu KiB\n", (PAGE_SIZE << order) >> 10);
            return;
        }
        flags = console_lock();
        conring_replace(memory, (uint32_t)(PAGE_SIZE << order));
        console_unlock(flags);
    }
    pr_info("Console ring of %u KiB\n", conring_bytes() >> 10);
}

/* Ports that no interrupt serves, or all of them under sync_console, are asked now and then. */
#define POLL_PERIOD MILLISECS(20)
static struct timer poll_timer;

static void poll_ports(void *data)
{
    (void)data;
    for (unsigned int i = 0; i < SERIAL_NR_PORTS; i++) {
        if (use_serial[i]) {
            serial_poll(i);
        }
    }
    timer_set(&poll_timer, NOW() + POLL_PERIOD);
}

static bool any_port_polled(void)
{
    for (unsigned int i = 0; i < SERIAL_NR_PORTS; i++) {
        if (use_serial[i] && !serial_has_interrupts(i)) {
            return true;
        }
    }
    return false;
}

void __init console_init_late(void)
{
    console_set_clock(get_s_time);
    console_hooks_init();
    enlarge_ring();
    for (unsigned int i = 0; i < SERIAL_NR_PORTS; i++) {
        if (use_serial[i] && !opt_sync_console) {
            serial_interrupts(i);
        }
    }
    if (any_port_polled()) {
        timer_init(&poll_timer, poll_ports, NULL, 0);
        timer_set(&poll_timer, NOW() + POLL_PERIOD);
    }
    if (opt_sync_console) {
        pr_warn("sync_console: each byte waits for the serial port: for debugging only\n");
    }
}

void __init console_end_boot(void)
{
    printk_tell_levels();
    console_input_end_boot();
    vga_end_boot();
}

void console_force(void)
{
    lock_usable = false;
    for (unsigned int i = 0; i < SERIAL_NR_PORTS; i++) {
        serial_force(i);
    }
}

void console_flush(void)
{
    for (unsigned int i = 0; i < SERIAL_NR_PORTS; i++) {
        serial_flush(i);
    }
}

uint32_t conring_read(uint32_t *index, char *buf, uint32_t size)
{
    unsigned long flags = console_lock();
    uint32_t n = conring_peek(index, buf, size);

    console_unlock(flags);
    return n;
}

uint32_t conring_start(void)
{
    unsigned long flags = console_lock();
    uint32_t at = conring_oldest();

    console_unlock(flags);
    return at;
}

void conring_clear(uint32_t upto)
{
    unsigned long flags = console_lock();

    conring_forget(upto);
    console_unlock(flags);
}

void console_write_dom0(const char *text, size_t len)
{
    unsigned long flags = console_lock();

    console_devices_write(text, len);
    console_unlock(flags);
}
