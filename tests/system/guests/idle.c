/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper, not a test: a guest that is up and does nothing, for create and destroy cycles.
 * With "poweroff", "reboot" or "crash" on its command line it does that at once.
 */
#include "guest.h"

const char test_name[] = "idle";

static void shut_down(unsigned int reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    (void)sched_op(SCHEDOP_shutdown, &shutdown);
}

void test_main(void)
{
    if (guest_option("poweroff")) {
        shut_down(SHUTDOWN_poweroff);
    } else if (guest_option("reboot")) {
        shut_down(SHUTDOWN_reboot);
    } else if (guest_option("crash")) {
        shut_down(SHUTDOWN_crash);
    }
    for (;;) {
        (void)sched_op(SCHEDOP_block, NULL);
    }
}
