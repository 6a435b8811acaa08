/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's seam for unit tests: a clock that jumps to deadlines, stacks by malloc. */
#include "fake-idle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <stub/thread.h>
#include <stub/trap.h>

uint64_t fake_now = 1000;
unsigned int fake_stacks;
void (*fake_event)(void);

uint64_t time_now(void)
{
    return fake_now;
}

void events_handle(void)
{
    if (fake_event != NULL) {
        void (*event)(void) = fake_event;

        fake_event = NULL;
        event();
    }
}

void idle_until(uint64_t deadline)
{
    if (fake_event != NULL) {
        events_handle();
    } else if (deadline == FOREVER) {
        fprintf(stderr, "all threads wait for ever\n");
        abort();
    } else if (fake_now < deadline) {
        fake_now = deadline;
    }
}

void *stack_alloc(size_t size)
{
    fake_stacks++;
    return aligned_alloc(PAGE_SIZE, size);
}

void stack_free(void *stack, size_t size)
{
    (void)size;
    fake_stacks--;
    free(stack);
}

void stub_panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    abort();
}
