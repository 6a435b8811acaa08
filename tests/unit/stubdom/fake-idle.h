/* SPDX-License-Identifier: GPL-2.0-only */
/* What a unit test steers of the fake clock and events. */
#ifndef XYLEM_TESTS_STUBDOM_FAKE_IDLE_H
#define XYLEM_TESTS_STUBDOM_FAKE_IDLE_H

#include <stdint.h>

extern uint64_t fake_now;               /* jumps when all threads wait */
extern unsigned int fake_stacks;        /* not freed yet */
extern void (*fake_event)(void);        /* runs once, at the scheduler's next look */

#endif
