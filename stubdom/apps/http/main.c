/* SPDX-License-Identifier: MIT */
/* Serves a page over HTTP with the domain's own figures: uptime, memory, packets, store path. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <stub/mm.h>
#include <stub/net.h>
#include <stub/store.h>
#include <stub/thread.h>

#define PORT        80
#define MOST        8                   /* connections served at a time, each by its thread */
#define SILENCE     5                   /* seconds until one that stands still is closed */
#define MAX_REQUEST 16384

static time_t started;
static unsigned long served;
static struct semaphore places;

static int page_text(char *text, size_t size)
{
    struct net_figures net;
    struct timespec now;

    net_figures(&net);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return snprintf(text, size,
                    "<!DOCTYPE html><title>stub domain</title><h1>A stub domain</h1><pre>\n"
                    "uptime        %ld s\n"
                    "memory        %zu KiB, %zu KiB of it free\n"
                    "threads       %u\n"
                    "address       %s\n"
                    "packets in    %lu (%lu bytes, %lu dropped)\n"
                    "packets out   %lu (%lu bytes, %lu dropped)\n"
                    "pages served  %lu\n"
                    "store path    %s\n</pre>\n",
                    (long)(now.tv_sec - started), pages_total() * 4, pages_free() * 4,
                    thread_count(), net_address(), net.rx_packets, net.rx_bytes, net.rx_dropped,
                    net.tx_packets, net.tx_bytes, net.tx_dropped, ++served, store_home());
}

static void send_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);

        if (done <= 0) {
            return;
        }
        data += done;
        n -= (size_t)done;
    }
}

/* Wait until what the other end sends is whole; its first line, without an end, goes to @line. */
static bool read_request(int fd, char *line, size_t size)
{
    unsigned int ends = 0;              /* of lines, with nothing in between */
    size_t used = 0, total = 0;
    bool first = true;
    char piece[512];

    while (total < MAX_REQUEST) {
        ssize_t n = read(fd, piece, sizeof(piece));

        if (n <= 0) {
            return false;
        }
        for (ssize_t i = 0; i < n; i++) {
            first = first && piece[i] != '\r' && piece[i] != '\n';
            if (first && used < size - 1) {
                line[used++] = piece[i];
            }
            ends = piece[i] == '\n' ? ends + 1 : piece[i] == '\r' ? ends : 0;
            if (ends == 2) {
                line[used] = '\0';
                return true;
            }
        }
        total += (size_t)n;
    }
    return false;
}

static const char *status_of(const char *line)
{
    if (strncmp(line, "GET ", 4) != 0) {
        return "405 Method Not Allowed";
    }
    return strncmp(line, "GET / ", 6) == 0 || strncmp(line, "GET /index.html ", 16) == 0
           ? "200 OK" : "404 Not Found";
}

static void serve(int fd)
{
    char line[128], body[1024], head[160];
    const char *status;
    bool found;
    int n, length;

    if (!read_request(fd, line, sizeof(line))) {
        return;
    }
    status = status_of(line);
    found = status[0] == '2';
    length = found ? page_text(body, sizeof(body)) : snprintf(body, sizeof(body), "%s\n", status);
    n = snprintf(head, sizeof(head),
                 "HTTP/1.0 %s\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Length: %d\r\n"
                 "Connection: close\r\n\r\n", status, found ? "html" : "plain", length);
    send_all(fd, head, (size_t)n);
    send_all(fd, body, (size_t)length);
}

/* One connection.  One that says nothing, as browsers open them to have them, is not kept. */
static void connection(void *arg)
{
    struct timeval limit = { .tv_sec = SILENCE };
    int fd = (int)(intptr_t)arg;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0) {
        serve(fd);
    }
    close(fd);
    semaphore_up(&places);
}

/* For IPv4 and IPv6. */
static int listener(void)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
    int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 16) != 0) {
        fprintf(stderr, "http: port %d: %s\n", PORT, strerror(errno));
        exit(1);
    }
    return fd;
}

int main(void)
{
    struct timespec now;
    int fd;

    clock_gettime(CLOCK_MONOTONIC, &now);
    started = now.tv_sec;
    if (net_start(60) != 0) {
        return 1;
    }
    fd = listener();
    printf("http: serving at http://%s/\n", net_address());
    semaphore_init(&places, MOST);
    for (;;) {
        int client;

        (void)semaphore_down(&places, FOREVER);
        client = accept(fd, NULL, NULL);
        if (client < 0) {
            semaphore_up(&places);
        } else if (thread_create("http", connection, (void *)(intptr_t)client, 16384) == NULL) {
            connection((void *)(intptr_t)client);
        }
    }
}
