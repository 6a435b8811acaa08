/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends bytes of a known sequence over TCP or UDP, or receives and compares them; reads pages.
 *
 *   netcheck tcp-serve PORT BYTES     waits for a connection, receives, compares
 *   netcheck tcp-send HOST PORT BYTES
 *   netcheck udp-echo PORT            answers each datagram with itself; an empty one ends it
 *   netcheck udp-send HOST PORT COUNT sends datagrams of many sizes, one by one, until each came
 *                                     back as it was sent
 *   netcheck pages HOST PORT COUNT    reads that many pages of the HTTP stub, each over a
 *                                     connection of its own; its count of them must not jump
 *
 * Whatever happens, it ends after five minutes; with `pages`, five minutes for a hundred.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK     65536
#define RESEND_MS 500
#define TRIES     100
#define LIMIT_S   300

static void die(const char *what)
{
    fprintf(stderr, "netcheck: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The byte at a place in the sequence. */
static uint8_t expect(uint64_t at)
{
    return (uint8_t)((at * 0x9e3779b97f4a7c15ull) >> 56);
}

/* For IPv4 and IPv6. */
static int bound(int type, const char *port)
{
    uint16_t number = htons((uint16_t)atoi(port));
    struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = number };
    int fd = socket(AF_INET6, type, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        die("bind");
    }
    return fd;
}

/* A connection, or -1. */
static int connect_once(int type, const char *host, const char *port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = v4.sin_port };
    int family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
    struct sockaddr *addr = family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t size = family == AF_INET6 ? sizeof(v6) : sizeof(v4);
    int fd;

    if (inet_pton(family, host, family == AF_INET6 ? (void *)&v6.sin6_addr : &v4.sin_addr) != 1) {
        die(host);
    }
    fd = socket(family, type, 0);
    if (fd >= 0 && connect(fd, addr, size) == 0) {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* The other side may not be there yet. */
static int connected(int type, const char *host, const char *port)
{
    for (int i = 0; i < TRIES; i++) {
        int fd = connect_once(type, host, port);

        if (fd >= 0) {
            return fd;
        }
        usleep(RESEND_MS * 1000);
    }
    die("connect");
    return -1;
}

static void tcp_serve(const char *port, uint64_t bytes)
{
    static uint8_t buf[CHUNK];
    int listener = bound(SOCK_STREAM, port), fd;
    uint64_t at = 0;
    ssize_t n;

    if (listen(listener, 1) < 0 || (fd = accept(listener, NULL, NULL)) < 0) {
        die("accept");
    }
    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        for (ssize_t i = 0; i < n; i++, at++) {
            if (buf[i] != expect(at)) {
                fprintf(stderr, "netcheck: byte %llu differs\n", (unsigned long long)at);
                exit(1);
            }
        }
    }
    if (n < 0 || at != bytes) {
        fprintf(stderr, "netcheck: %llu of %llu bytes came\n", (unsigned long long)at,
                (unsigned long long)bytes);
        exit(1);
    }
}

static void tcp_send(const char *host, const char *port, uint64_t bytes)
{
    static uint8_t buf[CHUNK];
    int fd = connected(SOCK_STREAM, host, port);

    for (uint64_t at = 0; at < bytes;) {
        size_t len = bytes - at < CHUNK ? (size_t)(bytes - at) : CHUNK, done = 0;

        for (size_t i = 0; i < len; i++) {
            buf[i] = expect(at + i);
        }
        while (done < len) {
            ssize_t n = write(fd, buf + done, len - done);

            if (n < 0) {
                die("write");
            }
            done += (size_t)n;
        }
        at += len;
    }
    close(fd);
}

static void udp_echo(const char *port)
{
    static uint8_t buf[CHUNK];
    int fd = bound(SOCK_DGRAM, port);

    for (;;) {
        struct sockaddr_in6 from;
        socklen_t size = sizeof(from);
        ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &size);

        if (n < 0) {
            die("recvfrom");
        }
        sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, size);
        if (n == 0) {
            return;
        }
    }
}

/* UDP may lose a datagram, but not change one. */
static void udp_one(int fd, const uint8_t *out, size_t len)
{
    static uint8_t in[CHUNK];
    struct pollfd poller = { fd, POLLIN, 0 };

    while (recv(fd, in, sizeof(in), MSG_DONTWAIT) >= 0) {
        /* copies of earlier ones that were sent twice */
    }
    for (int i = 0; i < TRIES; i++) {
        if (send(fd, out, len, 0) < 0 && errno != ECONNREFUSED) {
            die("send");
        }
        while (poll(&poller, 1, RESEND_MS) > 0) {
            ssize_t n = recv(fd, in, sizeof(in), 0);

            if (n == (ssize_t)len && memcmp(in, out, len) == 0) {
                return;
            }
            /* A late copy of an earlier one has another length; changed bytes are an error. */
            if (n == (ssize_t)len) {
                fprintf(stderr, "netcheck: a datagram of %zu bytes differs\n", len);
                exit(1);
            }
        }
    }
    fprintf(stderr, "netcheck: a datagram of %zu bytes does not come back\n", len);
    exit(1);
}

static void udp_send(const char *host, const char *port, unsigned int count)
{
    static const size_t sizes[] = { 1, 63, 511, 1471, 1472, 1473, 2947, 8191, 32768, 65507 };
    static uint8_t out[CHUNK];
    int fd = connected(SOCK_DGRAM, host, port);

    for (unsigned int i = 0; i < count; i++) {
        size_t len = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];

        for (size_t j = 0; j < len; j++) {
            out[j] = expect(i * 7919ull + j);
        }
        udp_one(fd, out, len);
    }
    udp_one(fd, out, 0);
}

/* Whole, with its head; a page that is longer is cut. */
static void read_page(const char *host, const char *port, char *page, size_t size)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    int fd = connect_once(SOCK_STREAM, host, port);
    size_t at = 0;
    ssize_t n;

    if (fd < 0) {
        die("connect");
    }
    if (write(fd, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1) {
        die("request");
    }
    while ((n = read(fd, page + at, size - 1 - at)) > 0) {
        at += (size_t)n;
    }
    if (n < 0) {
        die("page");
    }
    page[at] = '\0';
    close(fd);
}

static void pages(const char *host, const char *port, unsigned int count)
{
    static const char what[] = "pages served  ";
    unsigned long before = 0;
    char page[4096];

    for (unsigned int i = 0; i < count; i++) {
        const char *line;
        unsigned long served;

        read_page(host, port, page, sizeof(page));
        line = strstr(page, what);
        served = line != NULL ? strtoul(line + sizeof(what) - 1, NULL, 10) : 0;
        if (served == 0 || (i > 0 && served != before + 1)) {
            fprintf(stderr, "netcheck: page %u says %lu served, after %lu: %s\n", i, served,
                    before, page);
            exit(1);
        }
        before = served;
        if ((i + 1) % 100 == 0) {
            printf("netcheck: %u pages\n", i + 1);
            fflush(stdout);
            alarm(LIMIT_S);
        }
    }
}

int main(int argc, char **argv)
{
    alarm(LIMIT_S);
    if (argc == 4 && strcmp(argv[1], "tcp-serve") == 0) {
        tcp_serve(argv[2], strtoull(argv[3], NULL, 10));
    } else if (argc == 5 && strcmp(argv[1], "tcp-send") == 0) {
        tcp_send(argv[2], argv[3], strtoull(argv[4], NULL, 10));
    } else if (argc == 3 && strcmp(argv[1], "udp-echo") == 0) {
        udp_echo(argv[2]);
    } else if (argc == 5 && strcmp(argv[1], "udp-send") == 0) {
        udp_send(argv[2], argv[3], (unsigned int)atoi(argv[4]));
    } else if (argc == 5 && strcmp(argv[1], "pages") == 0) {
        pages(argv[2], argv[3], (unsigned int)atoi(argv[4]));
    } else {
        fprintf(stderr, "netcheck: see its source for the arguments\n");
        return 2;
    }
    return 0;
}
