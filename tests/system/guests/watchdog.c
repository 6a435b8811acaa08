/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does SCHEDOP_watchdog hand out, poke and take back its two watchdogs as Xen does?
 *
 * What happens when one runs out is asked by the scenario micro-shutdown-codes.
 */
#include "guest.h"

const char test_name[] = "watchdog";

static long watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog op = { .id = id, .timeout = timeout };

    return sched_op(SCHEDOP_watchdog, &op);
}

void test_main(void)
{
    EXPECT_EQ(watchdog(0, 0), -E_INVAL);
    EXPECT_EQ(watchdog(3, 1), -E_INVAL);
    EXPECT_EQ(watchdog(1, 1), -E_INVAL);
    EXPECT_EQ(watchdog(0, 100), 1);
    EXPECT_EQ(watchdog(0, 100), 2);
    EXPECT_EQ(watchdog(0, 100), -E_NOSPC);
    EXPECT_EQ(watchdog(1, 0), 0);
    EXPECT_EQ(watchdog(1, 0), -E_INVAL);
    EXPECT_EQ(watchdog(2, 0), 0);
    EXPECT_EQ(watchdog(0, 1000), 1);
    EXPECT_EQ(watchdog(1, 2000), 0);
    EXPECT_EQ(watchdog(1, 0), 0);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_sched_op, SCHEDOP_watchdog, 0xffff800000000000UL),
              -E_FAULT);
}
