/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the program `work` share; see work.c. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdbool.h>

/* Say WHAT failed, with errno's text, and end. */
__attribute__((noreturn)) void die(const char *what);

/* Execute marker N. */
void mark(unsigned int n);

/* ONE, ROUNDS times, between the next two markers; some rounds before them do not count. */
void row(const char *name, unsigned int rounds, void (*one)(void));

/* Rows of a client of xenstored, over its socket. */
void store_rows(void);

/*
 * An event channel between two domains.  peer_serve() offers one to dom0 and answers each event
 * until dom0 closes it; peer_rows(domid) finds it, measures round trips, closes it.
 */
void peer_serve(void);
void peer_rows(unsigned int domid);

/* Bytes over TCP: ARGV is what follows `stream`; exit status. */
int work_stream(int argc, char **argv);
/* A connection, for the caller to close; less than 0 if there is none. */
int stream_connect(const char *host, const char *port);
int stream_accept(const char *port);

/* Data between two markers: ARGV is what follows `data`; exit status, 2 for wrong arguments. */
int work_data(int argc, char **argv);

/* Print for how many ns a domain has run; from dom0. */
void print_cpu_time(unsigned int domid);

/* /dev/xen/evtchn.  A port number or -1; await() takes one event and unmasks its port. */
int evtchn_open(void);
int evtchn_offer(int fd, unsigned int domid);
int evtchn_bind(int fd, unsigned int domid, unsigned int port);
void evtchn_notify(int fd, unsigned int port);
void evtchn_await(int fd);

#endif
