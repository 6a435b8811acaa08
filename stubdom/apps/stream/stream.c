/* SPDX-License-Identifier: MIT */
/*
 * Bytes over TCP, as cheap as can be: `serve PORT` takes a connection and reads it to its end,
 * `send HOST PORT BYTES` connects and writes.  The same source in Linux and in a stub domain.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 65536
#define TRIES 600

int work_stream(int argc, char **argv);
int stream_connect(const char *host, const char *port);
int stream_accept(const char *port);

static char chunk[CHUNK];

static int fail(const char *what)
{
    perror(what);
    return 1;
}

/* The first connection to @port; less than 0 if there is none. */
int stream_accept(const char *port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, peer;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 1) < 0) {
        return -1;
    }
    peer = accept(fd, NULL, NULL);
    close(fd);
    return peer;
}

static int stream_serve(const char *port)
{
    unsigned long bytes = 0;
    int peer = stream_accept(port);
    ssize_t n;

    if (peer < 0) {
        return fail("stream: serve");
    }
    while ((n = read(peer, chunk, sizeof(chunk))) > 0) {
        bytes += (unsigned long)n;
    }
    if (n < 0) {
        return fail("stream: read");
    }
    printf("stream: %lu bytes came\n", bytes);
    return close(peer);
}

/* The other side may not be there yet. */
int stream_connect(const char *host, const char *port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

    if (inet_pton(AF_INET, host, &addr.sin_addr) != 1) {
        return -1;
    }
    for (int i = 0; i < TRIES; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
            return fd;
        }
        close(fd);
        usleep(500000);
    }
    return -1;
}

static int stream_send(const char *host, const char *port, unsigned long bytes)
{
    int fd = stream_connect(host, port);

    if (fd < 0) {
        return fail("stream: connect");
    }
    while (bytes > 0) {
        ssize_t n = write(fd, chunk, bytes < CHUNK ? bytes : CHUNK);

        if (n <= 0) {
            return fail("stream: write");
        }
        bytes -= (unsigned long)n;
    }
    printf("stream: sent\n");
    return close(fd);
}

int work_stream(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[0], "serve") == 0) {
        return stream_serve(argv[1]);
    }
    if (argc == 4 && strcmp(argv[0], "send") == 0) {
        return stream_send(argv[1], argv[2], strtoul(argv[3], NULL, 10));
    }
    fprintf(stderr, "stream: serve PORT | send HOST PORT BYTES\n");
    return 2;
}
