/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ordinary Linux program asks of a hypervisor, row by row, between markers that the
 * plugin counts.
 *
 * `work FIRST PREFIX` uses the markers FIRST, FIRST+1, ...; `work store FIRST PREFIX` and
 * `work peer FIRST PREFIX DOMID` have rows of their own, and `work serve` in that domain is the
 * other side of the latter.  `work stream ...` sends or takes bytes over TCP, `work cpu DOMID`
 * prints for how many ns a domain has run.  `work data N MIB read FILE | write FILE |
 * send HOST PORT | take PORT` moves MIB twice, the second time between the markers N and N+1.
 * `work mark N` executes marker N and nothing else, `work around N PROGRAM...` runs a program
 * between the markers N and N+1.  A line "bench N PREFIX-NAME rounds R" says that the markers 2N
 * and 2N+1 enclose R rounds of the row called PREFIX and NAME.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

/* One marker and a RET for each number: eight bytes apiece. */
#define MARKERS 0x800
asm(".text\n.balign 8\nmarkers:\n"
    "n = 0\n.rept 2048\n nopl 0x58590000 + n(%rax)\n ret\n n = n + 1\n.endr\n");
extern const char markers[];

void mark(unsigned int n)
{
    const char *at = markers + n * 8;

    if (n < MARKERS) {
        asm volatile("call *%0" : : "r"(at) : "memory");
    }
}

#define SELF 0x7ff0

void die(const char *what)
{
    fprintf(stderr, "work: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void do_getppid(void)
{
    (void)syscall(SYS_getppid);
}

static void do_clock(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
}

static void reap(pid_t child)
{
    if (child < 0 || waitpid(child, NULL, 0) != child) {
        die("fork");
    }
}

static void do_fork(void)
{
    pid_t child = fork();

    if (child == 0) {
        _exit(0);
    }
    reap(child);
}

static void do_exec(void)
{
    pid_t child = fork();

    if (child == 0) {
        execl("/proc/self/exe", "work", "nothing", (char *)NULL);
        _exit(1);
    }
    reap(child);
}

static char *area;
static size_t area_at;
#define AREA (64UL << 20)

static void do_touch(void)
{
    area[area_at] = 1;
    area_at += 4096;
}

static char *map_area(void)
{
    char *p = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        die("mmap");
    }
    (void)madvise(p, AREA, MADV_NOHUGEPAGE);
    return p;
}

static void do_map64(void)
{
    char *p = map_area();

    for (size_t at = 0; at < AREA; at += 4096) {
        p[at] = 1;
    }
    (void)munmap(p, AREA);
}

static void do_mprotect(void)
{
    if (mprotect(area, 16 * 4096, PROT_READ) != 0 ||
        mprotect(area, 16 * 4096, PROT_READ | PROT_WRITE) != 0) {
        die("mprotect");
    }
    for (int i = 0; i < 16; i++) {
        area[i * 4096] = 2;
    }
}

static int to_child[2], from_child[2];
static pid_t partner;

static void start_pipes(void)
{
    char c;

    if (pipe(to_child) != 0 || pipe(from_child) != 0) {
        die("pipe");
    }
    partner = fork();
    if (partner == 0) {
        (void)close(to_child[1]);
        while (read(to_child[0], &c, 1) == 1 && write(from_child[1], &c, 1) == 1) {
        }
        _exit(0);
    }
    (void)close(to_child[0]);
}

static void do_pipe(void)
{
    char c = 0;

    if (write(to_child[1], &c, 1) != 1 || read(from_child[0], &c, 1) != 1) {
        die("pipe");
    }
}

static void stop_pipes(void)
{
    (void)close(to_child[1]);
    reap(partner);
}

static int evtchn = -1, evtchn_child = -1;
static unsigned int port_here, port_there;

/* port_here belongs to `evtchn`, its peer port_there to FD. */
static bool bind_loop(int fd)
{
    int port = evtchn_offer(evtchn, SELF);

    if (port < 0) {
        return false;
    }
    port_here = (unsigned int)port;
    port = evtchn_bind(fd, SELF, port_here);
    port_there = (unsigned int)port;
    return port >= 0;
}

static void do_event_self(void)
{
    evtchn_notify(evtchn, port_here);
    evtchn_await(evtchn);
}

static void start_events(void)
{
    evtchn_child = evtchn_open();
    if (evtchn_child < 0 || !bind_loop(evtchn_child)) {
        die("event ping-pong");
    }
    evtchn_await(evtchn_child);                        /* a fresh binding is pending once */
    partner = fork();
    if (partner == 0) {
        for (;;) {
            evtchn_await(evtchn_child);
            evtchn_notify(evtchn_child, port_there);
        }
    }
}

static void do_event_pingpong(void)
{
    evtchn_notify(evtchn, port_here);
    evtchn_await(evtchn);
}

static unsigned int next;
static const char *prefix = "";

void row(const char *name, unsigned int rounds, void (*one)(void))
{
    for (unsigned int i = 0; i < rounds / 8 + 1; i++) {
        one();
    }
    printf("bench %u %s%s rounds %u\n", next / 2, prefix, name, rounds);
    fflush(stdout);
    usleep(20000);
    mark(next);
    for (unsigned int i = 0; i < rounds; i++) {
        one();
    }
    mark(next + 1);
    next += 2;
}

static void rows(void)
{
    row("getppid", 20000, do_getppid);
    row("clock_gettime", 20000, do_clock);
    row("fork + exit", 100, do_fork);
    row("fork + exec", 100, do_exec);
    area = map_area();
    row("touch a fresh page", 4096, do_touch);
    (void)munmap(area, AREA);                   /* a small guest has no room for two */
    row("map, touch, unmap 64 MiB", 2, do_map64);
    area = map_area();
    row("mprotect pair, 16 pages", 500, do_mprotect);
    start_pipes();
    row("pipe round trip", 2000, do_pipe);
    stop_pipes();
    evtchn = evtchn_open();
    if (evtchn < 0 || !bind_loop(evtchn)) {
        fprintf(stderr, "work: no event rows: %s\n", strerror(errno));
        return;
    }
    evtchn_await(evtchn);
    row("event channel to itself", 2000, do_event_self);
    start_events();
    row("event channel ping-pong", 1000, do_event_pingpong);
    (void)kill(partner, 9);
    reap(partner);
}

/* A program from its start to its end, between markers N and N+1; gives its exit status. */
static int around(unsigned int n, char **argv)
{
    int status = 0;
    pid_t child;

    mark(n);
    child = vfork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        die(argv[0]);
    }
    mark(n + 1);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void start(const char *first, const char *name)
{
    next = (unsigned int)strtoul(first, NULL, 0);
    prefix = name;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "mark") == 0) {
        mark((unsigned int)strtoul(argv[2], NULL, 0));
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "nothing") == 0) {
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        peer_serve();
    }
    if (argc >= 4 && strcmp(argv[1], "around") == 0) {
        return around((unsigned int)strtoul(argv[2], NULL, 0), argv + 3);
    }
    if (argc >= 3 && strcmp(argv[1], "stream") == 0) {
        return work_stream(argc - 2, argv + 2);
    }
    if (argc >= 3 && strcmp(argv[1], "data") == 0) {
        return work_data(argc - 2, argv + 2);
    }
    if (argc == 3 && strcmp(argv[1], "cpu") == 0) {
        print_cpu_time((unsigned int)strtoul(argv[2], NULL, 0));
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "store") == 0) {
        start(argv[2], argv[3]);
        store_rows();
    } else if (argc == 5 && strcmp(argv[1], "peer") == 0) {
        start(argv[2], argv[3]);
        peer_rows((unsigned int)strtoul(argv[4], NULL, 0));
    } else if (argc == 3) {
        start(argv[1], argv[2]);
        rows();
    } else {
        fprintf(stderr, "usage: work FIRST PREFIX | store FIRST PREFIX | peer FIRST PREFIX DOMID "
                "| serve | stream ... | data ... | cpu DOMID | mark N | around N PROGRAM...\n");
        return 2;
    }
    return 0;
}
