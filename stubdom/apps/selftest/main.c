/* SPDX-License-Identifier: MIT */
/* What the tests let a stub domain do: its first argument says which. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <stub/mm.h>
#include <stub/thread.h>

#include "selftest.h"

#define BLOCK (64 * 1024)

/* A null pointer, two calls deep: the backtrace has to name them. */
static __attribute__((noipa)) int read_nothing(const volatile int *p)
{
    return *p + 1;
}

static int fault(void)
{
    return read_nothing(NULL) - 1;
}

static __attribute__((noinline)) int recurse(volatile char *above)
{
    volatile char here[1024];

    here[0] = above[0];
    return above[0] != '\0' ? recurse(here) + here[0] : 0;
}

static void overflow_thread(void *arg)
{
    char start = 'x';

    (void)arg;
    printf("selftest: recursion %d\n", recurse(&start));
}

static int overflow(void)
{
    if (thread_create("deep", overflow_thread, NULL, 16384) == NULL) {
        return 1;
    }
    sleep(1000);
    return 0;
}

/* So does the first thread's, which the image brings along. */
static int overflow_main(void)
{
    char start = 'x';

    printf("selftest: recursion %d\n", recurse(&start));
    return 0;
}

/* As a library's function, which does not look how much stack is left. */
static __attribute__((noinline, no_split_stack)) int recurse_blindly(volatile char *above)
{
    volatile char here[1024];

    here[0] = above[0];
    return above[0] != '\0' ? recurse_blindly(here) + here[0] : 0;
}

/* The frame of an exception does not fit there either: the hypervisor ends the domain. */
static int overflow_guard(void)
{
    extern char boot_stack_guard[];
    char start = 'x';

    printf("selftest: the guard page is at %#lx\n", (unsigned long)boot_stack_guard);
    printf("selftest: recursion %d\n", recurse_blindly(&start));
    return 0;
}

static const char constant[8] = "fixed";
static char code[16] PAGE_ALIGNED = "\xc3";      /* ret */

/* What the protection of memory has to stop. */
static int write_text(void)
{
    *(volatile char *)(uintptr_t)write_text = 0x5a;
    return 0;
}

static int write_constant(void)
{
    *(volatile char *)(uintptr_t)constant = 'x';
    return constant[0] != 'f';
}

static int run_data(void)
{
    ((void (*)(void))(uintptr_t)code)();
    return 0;
}

/* Take all there is, twice: what was freed can be had again, all of it. */
static int exhaust(void)
{
    size_t got[2] = { 0, 0 };

    for (int round = 0; round < 2; round++) {
        void **first = NULL, **block;

        errno = 0;
        while ((block = malloc(BLOCK)) != NULL) {
            memset(block, 0x5a, BLOCK);
            *block = first;
            first = block;
            got[round]++;
        }
        if (errno != ENOMEM) {
            return 1;
        }
        while (first != NULL) {
            block = *first;
            free(first);
            first = block;
        }
    }
    printf("selftest: malloc gave %zu and %zu blocks of 64 KiB\n", got[0], got[1]);
    return got[0] == got[1] && got[0] > 0 ? 0 : 1;
}

static int counter;

static void count_thread(void *arg)
{
    struct mutex *mutex = arg;

    for (int i = 0; i < 100; i++) {
        int seen;

        mutex_lock(mutex);
        seen = counter;
        thread_yield();
        counter = seen + 1;
        mutex_unlock(mutex);
    }
}

/* Threads come and go; no page is lost with them. */
static int threads(void)
{
    static struct mutex mutex = MUTEX_INIT(mutex);
    size_t before = pages_free(), after;

    for (int i = 0; i < 20; i++) {
        if (thread_create("count", count_thread, &mutex, 16384) == NULL) {
            return 1;
        }
    }
    for (int i = 0; i < 1000 && counter < 2000; i++) {
        usleep(1000);
    }
    usleep(10000);
    after = pages_free();               /* printf's own buffer comes out of the heap */
    printf("selftest: counted to %d, %zu pages free before, %zu after\n", counter, before, after);
    return counter == 2000 && after == before ? 0 : 1;
}

/* The ramdisk's file, through stdio. */
static int files(void)
{
    char line[64] = "";
    FILE *file = fopen("/etc/motd", "r");

    if (file == NULL || fgets(line, sizeof(line), file) == NULL || fclose(file) != 0) {
        perror("/etc/motd");
        return 1;
    }
    printf("selftest: the file says %s", line);
    return fopen("/etc/none", "r") == NULL && errno == ENOENT ? 0 : 1;
}

static int clocks(void)
{
    struct timespec from, to;
    long ms;

    clock_gettime(CLOCK_MONOTONIC, &from);
    usleep(50000);
    clock_gettime(CLOCK_MONOTONIC, &to);
    ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    printf("selftest: it is %ld, slept %s\n", (long)time(NULL), ms >= 50 ? "long enough" : "less");
    return ms >= 50 && time(NULL) > 1700000000 ? 0 : 1;
}

/* A line from the console. */
static int typed(void)
{
    char line[80] = "";

    printf("selftest: type something\n");
    if (fgets(line, sizeof(line), stdin) == NULL) {
        return 1;
    }
    line[strcspn(line, "\n")] = '\0';
    printf("selftest: '%s' was typed, HOME is %s\n", line, getenv("HOME"));
    return 0;
}

static int stay(void)
{
    printf("selftest: staying\n");
    while (sleep(1000) == 0) {
    }
    return 1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } tests[] = {
        { "fault", fault }, { "overflow", overflow }, { "exhaust", exhaust },
        { "threads", threads }, { "files", files }, { "clocks", clocks }, { "stay", stay },
        { "disk", disk_copy }, { "removed", disk_removed }, { "barrier", disk_barrier },
        { "restart", disk_restart }, { "overflow-main", overflow_main },
        { "overflow-guard", overflow_guard },
        { "write-text", write_text }, { "write-constant", write_constant },
        { "run-data", run_data }, { "typed", typed }, { "wait", threads_wait },
        { "compute", threads_compute }, { "speak", threads_speak },
        { "maps", maps }, { "records", disk_records }, { "records-loose", disk_records_loose },
        { "records-alone", disk_records_alone }, { "records-early", disk_records_early },
        { "barrier-dies", disk_barrier_dies },
    };

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]) && argc > 1; i++) {
        if (strcmp(argv[1], tests[i].name) == 0) {
            int rc = tests[i].run();

            printf("selftest: %s %s\n", argv[1], rc == 0 ? "passed" : "FAILED");
            return rc;
        }
    }
    printf("selftest: say what to do\n");
    return 1;
}
