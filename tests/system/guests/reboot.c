/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain 0 asks for a reboot, for the scenario dom0-reboot: the machine has to restart. */
#include "guest.h"

const char test_name[] = "reboot";

void test_main(void)
{
    struct sched_shutdown op = { .reason = SHUTDOWN_reboot };

    (void)sched_op(SCHEDOP_shutdown, &op);
    guest_failure("domain 0 goes on");
}
