/* SPDX-License-Identifier: GPL-2.0-only */
/* Dispatch tables, restart arguments, multicall bounds; the hypercall page; patches. */
#include "../harness.h"

#include <asm/alternative.h>
#include <asm/counters.h>
#include <asm/entry.h>
#include <asm/pv.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>

#include "fake.h"

extern long multicall_rc;
extern unsigned long multicall_stop;

TEST(tables)
{
    CHECK_EQ(hypercall_table[4](0, 0, 0, 0, 0), -ENOSYS);
    CHECK_EQ(hypercall_table[62](0, 0, 0, 0, 0), -ENOSYS);
    CHECK_EQ(hypercall_table[17](0, 0, 0, 0, 0), 0);
    CHECK_EQ(multicall_table[13](0, 0, 0, 0, 0), -EINVAL);
    CHECK_EQ(multicall_table[23](0, 0, 0, 0, 0), -EINVAL);
    for (unsigned int i = 0; i < NR_HYPERCALLS_ABI; i++) {
        CHECK(hypercall_table[i] != NULL && multicall_table[i] != NULL);
    }
}

TEST(arguments_of_a_restart)
{
    struct multicall_entry e = { 0 };

    fake_reset();
    for (unsigned int i = 0; i < 5; i++) {
        hypercall_set_arg(i, 10 + i);
    }
    CHECK(guest_regs()->rdi == 10 && guest_regs()->rsi == 11 && guest_regs()->rdx == 12);
    CHECK(guest_regs()->r10 == 13 && guest_regs()->r8 == 14);
    current->arch.multicall = (unsigned long)&e;
    hypercall_set_arg(1, 77);
    CHECK(e.args[1] == 77 && guest_regs()->rsi == 11);
}

TEST(multicall_bounds)
{
    struct multicall_entry list[4];

    fake_reset();
    CHECK_EQ(do_multicall((unsigned long)list, 0), 0);
    CHECK_EQ(do_multicall(HV_VIRT_START, 4), -EFAULT);
    CHECK_EQ(do_multicall(0x00007fffffffff00UL, 16), -EFAULT);
    CHECK_EQ(do_multicall(HV_VIRT_START - 64, 2), -EFAULT);
    CHECK_EQ(do_multicall((unsigned long)list, ~0u), -EINVAL);
}

TEST(multicall_restarts_where_it_stopped)
{
    struct multicall_entry list[4];

    fake_reset();
    multicall_rc = -ERESTART;
    multicall_stop = (unsigned long)&list[2];
    CHECK_EQ(do_multicall((unsigned long)list, 4), -ERESTART);
    CHECK(guest_regs()->rdi == (unsigned long)&list[2] && guest_regs()->rsi == 2);
    CHECK_EQ(current->arch.multicall, 0);
    CHECK_EQ(current->arch.counters[COUNTER_MULTICALL], 2);
    multicall_rc = 0;
    multicall_stop = 0;
    CHECK_EQ(do_multicall((unsigned long)list, 4), 0);
    CHECK_EQ(current->arch.counters[COUNTER_MULTICALL], 6);
}

TEST(hypercall_page)
{
    uint8_t page[4096];

    pv_fill_hypercall_page(page);
    /* push %rcx; push %r11; mov $17, %eax; syscall; pop %r11; pop %rcx; ret */
    CHECK_EQ(memcmp(page + 17 * 32, "\x51\x41\x53\xb8\x11\0\0\0\x0f\x05\x41\x5b\x59\xc3", 14), 0);
    CHECK_EQ(memcmp(page + 23 * 32, "\x51\x41\x53\x50\xb8\x17\0\0\0\x0f\x05", 11), 0);
    CHECK_EQ(memcmp(page + 127 * 32, "\x51\x41\x53\xb8\x7f\0\0\0\x0f\x05", 10), 0);
    CHECK_EQ(page[17 * 32 + 14], 0xcc);
}


TEST(patches)
{
    struct alt_patch stac_patch = { .site = 0x1000, .kind = ALT_BYTES, .len = 3, .data = 0xcb010f };
    struct alt_patch forward = { .site = 0x1000, .kind = ALT_JMP, .len = 5, .data = 0x1020 };
    struct alt_patch back = { .site = 0x1000, .kind = ALT_JMP, .len = 5, .data = 0x0f00 };
    uint8_t out[8];

    CHECK_EQ(alternative_encode(&stac_patch, out), 3);
    CHECK_EQ(memcmp(out, "\x0f\x01\xcb", 3), 0);
    CHECK_EQ(alternative_encode(&forward, out), 5);
    CHECK_EQ(memcmp(out, "\xe9\x1b\0\0\0", 5), 0);
    CHECK_EQ(alternative_encode(&back, out), 5);
    CHECK_EQ(memcmp(out, "\xe9\xfb\xfe\xff\xff", 5), 0);
}

TEST_MAIN
