/* SPDX-License-Identifier: MIT */
/* What the tests ask of threads: waiting for one another, and what each has for itself. */
#include "selftest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stub/thread.h>

#define THREADS 4
#define ROUNDS  50
#define STACK   16384

static struct semaphore ended;

/* Run @fn in THREADS threads, each with its number, and wait for their end; false: no memory. */
static bool run_all(void (*fn)(void *number))
{
    semaphore_init(&ended, 0);
    for (intptr_t i = 0; i < THREADS; i++) {
        if (thread_create("test", fn, (void *)i, STACK) == NULL) {
            return false;
        }
    }
    for (int i = 0; i < THREADS; i++) {
        if (semaphore_down(&ended, time_now() + SECONDS(60)) != 0) {
            return false;
        }
    }
    return true;
}

/* A store with room for three; nobody takes anything out before it was full once. */
static struct {
    struct mutex mutex;
    struct condition filled, emptied;
    unsigned int count, most, put, taken;
} shop;

static void put_or_take(void *number)
{
    bool put = (intptr_t)number % 2 == 0;

    for (int i = 0; i < ROUNDS; i++) {
        mutex_lock(&shop.mutex);
        while (put ? shop.count == 3 : shop.count == 0 || shop.most < 3) {
            (void)condition_wait(put ? &shop.emptied : &shop.filled, &shop.mutex, FOREVER);
        }
        shop.count += put ? 1 : -1u;
        shop.put += put;
        shop.taken += !put;
        shop.most = shop.count > shop.most ? shop.count : shop.most;
        thread_yield();
        condition_signal(put ? &shop.filled : &shop.emptied);
        mutex_unlock(&shop.mutex);
    }
    semaphore_up(&ended);
}

/* Waits that nobody ends come to an end by time, with the mutex held again. */
static bool waits_end(void)
{
    uint64_t from = time_now();
    struct semaphore none;
    int rc;

    semaphore_init(&none, 0);
    mutex_lock(&shop.mutex);
    rc = condition_wait(&shop.filled, &shop.mutex, from + MILLIS(20));
    mutex_unlock(&shop.mutex);
    return rc == -XEN_ETIME && semaphore_down(&none, from + MILLIS(40)) == -XEN_ETIME &&
           time_now() - from >= MILLIS(40);
}

int threads_wait(void)
{
    mutex_init(&shop.mutex);
    condition_init(&shop.filled);
    condition_init(&shop.emptied);
    if (!run_all(put_or_take) || !waits_end()) {
        return 1;
    }
    printf("selftest: %u put, %u taken, at most %u\n", shop.put, shop.taken, shop.most);
    return shop.put == THREADS / 2 * ROUNDS && shop.taken == shop.put && shop.most == 3 &&
           shop.count == 0 ? 0 : 1;
}

/* A sum whose value depends on the rounding mode and on every step of it. */
static double series(unsigned int rounding, bool yield)
{
    uint32_t mxcsr = 0x1f80 | rounding << 13, before;
    long double other = 1;
    double sum = 0;

    asm volatile("stmxcsr %0" : "=m"(before));
    asm volatile("ldmxcsr %0" : : "m"(mxcsr) : "memory");
    for (int i = 1; i <= 1000; i++) {
        other = other / 3 + i;
        sum = sum / 7 + 1.0 / i + (double)other;
        if (yield) {
            thread_yield();
        }
    }
    asm volatile("ldmxcsr %0" : : "m"(before) : "memory");
    return sum;
}

static unsigned int wrong;

static void compute(void *number)
{
    unsigned int rounding = (unsigned int)(intptr_t)number;

    wrong += series(rounding, true) != series(rounding, false);
    semaphore_up(&ended);
}

int threads_compute(void)
{
    if (series(1, false) == series(2, false) || !run_all(compute)) {
        return 1;
    }
    printf("selftest: %u threads computed something else\n", wrong);
    return wrong == 0 ? 0 : 1;
}

/* errno, strtok's place, and lines that nobody else's text gets into. */
static void speak(void *number)
{
    char words[] = "a b c d e f g h i j", filler[120], *word;
    int n = (int)(intptr_t)number, seen = 0;

    memset(filler, 'a' + n, sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    for (word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        errno = n + 1;
        thread_yield();
        seen += errno == n + 1;
    }
    wrong += seen != 10;
    for (int i = 0; i < ROUNDS; i++) {
        void *block = malloc((size_t)(n * 1000 + i));

        printf("line %d %s %d\n", n, filler, i);
        thread_yield();
        free(block);
    }
    semaphore_up(&ended);
}

int threads_speak(void)
{
    wrong = 0;
    errno = 77;
    if (!run_all(speak) || errno != 77) {
        return 1;
    }
    usleep(10000);
    printf("selftest: %u threads have met another's errno or strtok\n", wrong);
    return wrong == 0 ? 0 : 1;
}
