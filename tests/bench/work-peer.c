/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels from user space, and the row of a round trip between two domains. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "work.h"

/* /dev/xen/evtchn, as <xen/evtchn.h> of the kernel's user headers has it. */
struct bind_unbound { unsigned int remote_domain; };
struct bind_interdomain { unsigned int remote_domain, remote_port; };
struct notify { unsigned int port; };
#define BIND_INTERDOMAIN  _IOC(_IOC_NONE, 'E', 1, sizeof(struct bind_interdomain))
#define BIND_UNBOUND_PORT _IOC(_IOC_NONE, 'E', 2, sizeof(struct bind_unbound))
#define NOTIFY            _IOC(_IOC_NONE, 'E', 4, sizeof(struct notify))

/* A guest of this size has given away fewer ports than this before its first program runs. */
#define PORTS_TRIED 64
#define PEER_ROUNDS 1000

int evtchn_open(void)
{
    return open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
}

int evtchn_offer(int fd, unsigned int domid)
{
    struct bind_unbound unbound = { domid };

    return ioctl(fd, BIND_UNBOUND_PORT, &unbound);
}

int evtchn_bind(int fd, unsigned int domid, unsigned int port)
{
    struct bind_interdomain inter = { domid, port };

    return ioctl(fd, BIND_INTERDOMAIN, &inter);
}

void evtchn_notify(int fd, unsigned int port)
{
    struct notify n = { port };

    if (ioctl(fd, NOTIFY, &n) != 0) {
        die("event notify");
    }
}

void evtchn_await(int fd)
{
    unsigned int port;

    if (read(fd, &port, sizeof(port)) != sizeof(port) ||
        write(fd, &port, sizeof(port)) != sizeof(port)) {
        die("event read");
    }
}

static int peer_fd;
static unsigned int peer_port;

void peer_serve(void)
{
    int port;

    peer_fd = evtchn_open();
    port = peer_fd < 0 ? -1 : evtchn_offer(peer_fd, 0);
    if (port < 0) {
        die("no event channel for dom0");
    }
    /* Its end, which the guest's own end brings, is the only one. */
    for (;;) {
        evtchn_await(peer_fd);
        evtchn_notify(peer_fd, (unsigned int)port);
    }
}

static void do_round_trip(void)
{
    evtchn_notify(peer_fd, peer_port);
    evtchn_await(peer_fd);
}

void peer_rows(unsigned int domid)
{
    int port = -1;

    peer_fd = evtchn_open();
    /* Store and console are bound already, so the only port that can be bound is the one. */
    for (unsigned int theirs = 1; peer_fd >= 0 && port < 0 && theirs < PORTS_TRIED; theirs++) {
        port = evtchn_bind(peer_fd, domid, theirs);
    }
    if (port < 0) {
        die("the guest offers no event channel");
    }
    peer_port = (unsigned int)port;
    evtchn_await(peer_fd);                      /* a fresh binding is pending once */
    row("event channel between two domains", PEER_ROUNDS, do_round_trip);
    (void)close(peer_fd);
}
