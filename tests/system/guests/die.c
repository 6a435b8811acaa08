/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes an assertion build of the hypervisor do what it must never do, which its command line
 * names: the scenario looks at how it ends.
 */
#include "guest.h"

#include <xylem/counters.h>
#include <xylem/debug.h>

const char test_name[] = "die";

void test_main(void)
{
    static const char *const ways[] = { "bug", "stack", "text", "data" };

    for (unsigned long i = 0; i < ARRAY_SIZE(ways); i++) {
        if (guest_option(ways[i])) {
            guest_failure("%s: the hypervisor goes on: %ld", ways[i],
                          HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_DIE, XYLEM_DIE << 32 | i));
        }
    }
    guest_error("nothing was to be done");
}
