/* SPDX-License-Identifier: MIT */
/* Timers: one sorted list. */
#include <stub/time.h>

static struct list timers = LIST_INIT(timers);

void timer_init(struct timer *timer, void (*fn)(struct timer *timer))
{
    list_init(&timer->link);
    timer->deadline = 0;
    timer->fn = fn;
}

void timer_set(struct timer *timer, uint64_t deadline)
{
    struct list *place;

    list_remove(&timer->link);
    timer->deadline = deadline;
    for (place = timers.next; place != &timers; place = place->next) {
        if (list_entry(place, struct timer, link)->deadline > deadline) {
            break;
        }
    }
    list_insert(place, &timer->link);
}

void timer_cancel(struct timer *timer)
{
    list_remove(&timer->link);
}

uint64_t timers_next(void)
{
    return list_empty(&timers) ? FOREVER : list_entry(timers.next, struct timer, link)->deadline;
}

void timers_run(uint64_t now)
{
    while (timers_next() <= now && !list_empty(&timers)) {
        struct timer *timer = list_entry(timers.next, struct timer, link);

        list_remove(&timer->link);
        timer->fn(timer);
    }
}
