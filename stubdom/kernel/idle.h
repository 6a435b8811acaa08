/* SPDX-License-Identifier: MIT */
/* idle.c's part of the start. */
#ifndef STUB_IDLE_H
#define STUB_IDLE_H

/* idle_init - take over the timer.  Context: after events_init(). */
void idle_init(void);

#endif
