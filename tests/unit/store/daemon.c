/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon in a process of its own: see daemon.h. */
#include "daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-xen.h"
#include "server.h"

char daemon_socket[64];
pid_t daemon_pid;
static char folder[64];         /* of the journal */
static volatile sig_atomic_t stop;

void server_log(const char *fmt, ...)
{
    (void)fmt;
}

static void on_term(int sig)
{
    (void)sig;
    stop = 1;
}

/* Runs until SIGTERM; its exit status tells whether the store was whole at the end. */
static void serve(int ready)
{
    struct sigaction sa = { .sa_handler = on_term };
    struct server s;
    sigset_t block;
    bool good;

    sigaction(SIGTERM, &sa, NULL);
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    sigprocmask(SIG_BLOCK, &block, NULL);
    fake_reset();
    for (unsigned int i = 0; i < FAKE_DOMAINS; i++) {
        fake_domain[i].page = calloc(1, sizeof(struct xenstore_domain_interface));
        fake_domain[i].alive = true;
    }
    if (server_open(&s, &store_default_limits, 3) != 0 || journal_open(&s, folder) != 0 ||
        xen_open(&s) != 0 || server_listen(&s, daemon_socket) != 0 || write(ready, "", 1) != 1) {
        exit(2);
    }
    while (!stop) {
        server_step(&s, -1);
    }
    good = store_check(s.st);
    server_close(&s);
    fake_reset();
    exit(good ? 0 : 1);
}

void daemon_start(void)
{
    int fds[2];
    char c;

    if (pipe(fds) != 0 || (daemon_pid = fork()) < 0) {
        abort();
    }
    if (daemon_pid == 0) {
        close(fds[0]);
        serve(fds[1]);
    }
    close(fds[1]);
    if (read(fds[0], &c, 1) != 1) {
        abort();
    }
    close(fds[0]);
}

void daemon_begin(void)
{
    snprintf(daemon_socket, sizeof(daemon_socket), "/tmp/xylem-test-store-%d/socket",
             (int)getpid());
    snprintf(folder, sizeof(folder), "/tmp/xylem-test-store-%d/journal", (int)getpid());
    *strrchr(daemon_socket, '/') = '\0';
    mkdir(daemon_socket, 0700);
    daemon_socket[strlen(daemon_socket)] = '/';
    daemon_start();
}

bool daemon_end(void)
{
    int status = -1;
    char command[100];

    kill(daemon_pid, SIGTERM);
    waitpid(daemon_pid, &status, 0);
    *strrchr(daemon_socket, '/') = '\0';
    snprintf(command, sizeof(command), "rm -r '%s'", daemon_socket);
    return system(command) == 0 && status == 0;
}
