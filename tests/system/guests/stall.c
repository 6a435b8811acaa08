/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes its CPU stand still inside the hypervisor, for the scenario watchdog (assertion builds). */
#include "guest.h"

#include <xylem/counters.h>
#include <xylem/debug.h>

const char test_name[] = "stall";

void test_main(void)
{
    (void)HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_STALL, 0);
    guest_failure("the CPU goes on");
}
