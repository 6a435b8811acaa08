/* SPDX-License-Identifier: MIT */
/* Serves a page over HTTP with the domain's own figures: uptime, memory, packets, store path. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <stub/mm.h>
#include <stub/net.h>
#include <stub/store.h>
#include <stub/thread.h>

#define PORT 80

static time_t started;
static unsigned long served;

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

/* Read up to the empty line that ends a request; false if the other end went away before. */
static bool read_request(int fd, char *text, size_t size)
{
    size_t used = 0;

    while (used < size - 1) {
        ssize_t n = read(fd, text + used, size - 1 - used);

        if (n <= 0) {
            return false;
        }
        used += (size_t)n;
        text[used] = '\0';
        if (strstr(text, "\r\n\r\n") != NULL || strstr(text, "\n\n") != NULL) {
            return true;
        }
    }
    return true;
}

static void serve(int fd)
{
    char request[1024], body[1024], head[160];
    bool found;
    int n, length;

    if (!read_request(fd, request, sizeof(request))) {
        return;
    }
    found = strncmp(request, "GET / ", 6) == 0 || strncmp(request, "GET /index.html ", 16) == 0;
    length = found ? page_text(body, sizeof(body)) : snprintf(body, sizeof(body), "Not found\n");
    n = snprintf(head, sizeof(head),
                 "HTTP/1.0 %s\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Length: %d\r\n"
                 "Connection: close\r\n\r\n", found ? "200 OK" : "404 Not Found",
                 found ? "html" : "plain", length);
    send_all(fd, head, (size_t)n);
    send_all(fd, body, (size_t)length);
}

static int listener(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

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
    for (;;) {
        int client = accept(fd, NULL, NULL);

        if (client >= 0) {
            serve(client);
            close(client);
        }
    }
}
