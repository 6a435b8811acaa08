/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the stub kernel's threads, timers and locks, by the very switch it uses. */
#include "harness.h"

#include "fake-idle.h"

#include <stub/thread.h>

static char trace[64];

static void note(char c)
{
    size_t n = strlen(trace);

    trace[n] = c;
    trace[n + 1] = '\0';
}

static void begin(void)
{
    static bool begun;

    if (!begun) {
        threads_init();
        begun = true;
    }
    trace[0] = '\0';
}

/* Let all others run until they have ended; every stack but this one is freed then. */
static void settle(void)
{
    for (int i = 0; i < 1000 && thread_count() > 1; i++) {
        thread_sleep(10);
    }
    thread_yield();
    CHECK_EQ(thread_count(), 1);
    CHECK_EQ(fake_stacks, 0);
}

static void letters(void *arg)
{
    for (int i = 0; i < 3; i++) {
        note(*(char *)arg);
        thread_yield();
    }
}

TEST(threads_take_turns)
{
    begin();
    CHECK(thread_create("a", letters, "a", 65536) != NULL);
    CHECK(thread_create("b", letters, "b", 65536) != NULL);
    settle();
    CHECK_STR(trace, "ababab");
}

static void sleeper(void *arg)
{
    thread_sleep((uint64_t)(*(char *)arg - '0') * 100);
    note(*(char *)arg);
}

TEST(sleepers_wake_in_order_of_time)
{
    begin();
    CHECK(thread_create("3", sleeper, "3", 65536) != NULL);
    CHECK(thread_create("1", sleeper, "1", 65536) != NULL);
    CHECK(thread_create("2", sleeper, "2", 65536) != NULL);
    settle();
    CHECK_STR(trace, "123");
}

static struct wait_queue queue = WAIT_QUEUE_INIT(queue);

static void waiter(void *arg)
{
    (void)arg;
    note(wait_on(&queue, time_now() + 1000) == 0 ? 'w' : 't');
}

TEST(a_wait_ends_by_waking_or_by_time)
{
    begin();
    CHECK(thread_create("x", waiter, NULL, 65536) != NULL);
    CHECK(thread_create("y", waiter, NULL, 65536) != NULL);
    thread_sleep(10);
    CHECK(wake_one(&queue));
    settle();
    CHECK_STR(trace, "wt");
    CHECK(list_empty(&queue.threads));
}

static void wake_queue(void)
{
    wake_all(&queue);
}

TEST(an_event_wakes_when_all_wait)
{
    begin();
    fake_event = wake_queue;
    CHECK_EQ(wait_on(&queue, FOREVER), 0);
}

static struct mutex mutex = MUTEX_INIT(mutex);

static void locker(void *arg)
{
    mutex_lock(&mutex);
    mutex_lock(&mutex);
    note(*(char *)arg);
    thread_sleep(50);
    note(*(char *)arg);
    mutex_unlock(&mutex);
    mutex_unlock(&mutex);
}

TEST(a_mutex_keeps_others_out)
{
    begin();
    CHECK(thread_create("a", locker, "a", 65536) != NULL);
    CHECK(thread_create("b", locker, "b", 65536) != NULL);
    settle();
    CHECK_STR(trace, "aabb");
    CHECK(mutex.owner == NULL);
    CHECK_EQ(mutex.depth, 0);
}

/* Holds the mutex while it waits, and takes it again at once. */
static void greedy(void *arg)
{
    for (int i = 0; i < 3; i++) {
        mutex_lock(&mutex);
        note(*(char *)arg);
        thread_sleep(50);
        mutex_unlock(&mutex);
    }
}

TEST(a_mutex_goes_to_those_who_wait_in_their_order)
{
    begin();
    CHECK(thread_create("a", greedy, "a", 65536) != NULL);
    CHECK(thread_create("b", greedy, "b", 65536) != NULL);
    CHECK(thread_create("c", greedy, "c", 65536) != NULL);
    settle();
    CHECK_STR(trace, "abcabcabc");
    CHECK(mutex.owner == NULL);
    CHECK_EQ(mutex.depth, 0);
}

static void only_once(void *arg)
{
    mutex_lock(&mutex);
    CHECK(mutex.owner == thread_self());
    CHECK_EQ(mutex.depth, 1);
    note(*(char *)arg);
    mutex_unlock(&mutex);
}

/* Between its being given and its owner's running, nobody else has it. */
TEST(a_mutex_that_is_given_is_taken)
{
    begin();
    mutex_lock(&mutex);
    mutex_lock(&mutex);
    CHECK(thread_create("a", only_once, "a", 65536) != NULL);
    thread_yield();
    mutex_unlock(&mutex);
    CHECK(mutex.owner == thread_self());
    mutex_unlock(&mutex);
    CHECK(!mutex_trylock(&mutex));
    mutex_lock(&mutex);
    CHECK_STR(trace, "a");
    CHECK_EQ(mutex.depth, 1);
    mutex_unlock(&mutex);
    settle();
    CHECK(mutex.owner == NULL);
}

static struct semaphore semaphore;

static void downer(void *arg)
{
    (void)arg;
    if (semaphore_down(&semaphore, FOREVER) == 0) {
        note('d');
    }
}

TEST(a_semaphore_counts)
{
    begin();
    semaphore_init(&semaphore, 1);
    for (int i = 0; i < 3; i++) {
        CHECK(thread_create("d", downer, NULL, 65536) != NULL);
    }
    thread_sleep(10);
    CHECK_STR(trace, "d");
    semaphore_up(&semaphore);
    semaphore_up(&semaphore);
    settle();
    CHECK_STR(trace, "ddd");
    CHECK_EQ(semaphore_down(&semaphore, time_now() + 5), -XEN_ETIME);
    CHECK_EQ(semaphore.count, 0);
}

static struct condition condition;

static void consumer(void *arg)
{
    (void)arg;
    mutex_lock(&mutex);
    if (condition_wait(&condition, &mutex, FOREVER) == 0 && mutex.owner == thread_self()) {
        note('c');
    }
    mutex_unlock(&mutex);
}

static void deep_consumer(void *arg)
{
    (void)arg;
    mutex_lock(&mutex);
    mutex_lock(&mutex);
    if (condition_wait(&condition, &mutex, FOREVER) == 0 && mutex.depth == 2) {
        note('d');
    }
    mutex_unlock(&mutex);
    mutex_unlock(&mutex);
}

/* Woken while another holds the mutex, with others before it. */
TEST(a_condition_waits_its_turn_for_the_mutex)
{
    begin();
    condition_init(&condition);
    CHECK(thread_create("d", deep_consumer, NULL, 65536) != NULL);
    thread_yield();
    mutex_lock(&mutex);
    CHECK(thread_create("a", only_once, "a", 65536) != NULL);
    thread_yield();
    condition_signal(&condition);
    thread_yield();
    CHECK_STR(trace, "");
    mutex_unlock(&mutex);
    settle();
    CHECK_STR(trace, "ad");
    CHECK(mutex.owner == NULL);
}

TEST(a_condition_gives_the_mutex_back)
{
    begin();
    condition_init(&condition);
    CHECK(thread_create("c", consumer, NULL, 65536) != NULL);
    CHECK(thread_create("c", consumer, NULL, 65536) != NULL);
    thread_sleep(10);
    CHECK(mutex.owner == NULL);
    condition_signal(&condition);
    thread_sleep(10);
    CHECK_STR(trace, "c");
    condition_broadcast(&condition);
    settle();
    CHECK_STR(trace, "cc");
}

/* The control words of the floating-point unit belong to a thread. */
static void rounder(void *arg)
{
    unsigned int mxcsr = 0x1f80 | 3u << 13;

    (void)arg;
    asm volatile("ldmxcsr %0" : : "m"(mxcsr));
    thread_yield();
    asm volatile("stmxcsr %0" : "=m"(mxcsr));
    note((mxcsr & 3u << 13) == 3u << 13 ? 'k' : 'l');
}

TEST(rounding_modes_are_of_a_thread)
{
    unsigned int before, after;

    begin();
    asm volatile("stmxcsr %0" : "=m"(before));
    CHECK(thread_create("r", rounder, NULL, 65536) != NULL);
    thread_yield();
    asm volatile("stmxcsr %0" : "=m"(after));
    CHECK_EQ(before & 0x6000, after & 0x6000);
    settle();
    CHECK_STR(trace, "k");
}

/* So is the bound of its stack, wherever it waits. */
static void bounded(void *arg)
{
    for (int i = 0; i < 3; i++) {
        uintptr_t bound = stack_bound[ARRAY_SIZE(stack_bound) - 1];

        note(bound == (uintptr_t)thread_self()->stack + STACK_RESERVE ? *(char *)arg : '!');
        thread_yield();
    }
}

TEST(the_bound_is_of_the_running_threads_stack)
{
    begin();
    stack_bound[ARRAY_SIZE(stack_bound) - 1] = 4711;
    CHECK(thread_create("a", bounded, "a", 65536) != NULL);
    CHECK(thread_create("b", bounded, "b", 65536) != NULL);
    settle();
    CHECK_STR(trace, "ababab");
    CHECK_EQ(stack_bound[ARRAY_SIZE(stack_bound) - 1], 4711);
    CHECK_EQ(sizeof(stack_bound), STACK_BOUND_AT + sizeof(uintptr_t));
}

static void again(struct timer *timer)
{
    note('t');
    if (strlen(trace) < 3) {
        timer_set(timer, fake_now + 5);
    }
}

TEST(a_timer_may_set_itself_again)
{
    struct timer timer;

    begin();
    timer_init(&timer, again);
    timer_set(&timer, fake_now + 5);
    thread_sleep(100);
    CHECK_STR(trace, "ttt");
    timer_set(&timer, fake_now + 5);
    timer_cancel(&timer);
    CHECK(timers_next() == FOREVER);
}

TEST_MAIN
