/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VNC viewer's few words (RFB 3.8, RFC 6143) to the server at 127.0.0.1:
 *
 *   rfbclient PORT pixel X Y RRGGBB   waits until that place of the screen has that colour
 *   rfbclient PORT key KEYSYM         presses and releases a key
 *   rfbclient PORT click X Y          moves the pointer there, presses its first button
 *
 * Whatever happens, it ends after five minutes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_S 300
#define PAUSE_US 500000

static void die(const char *what)
{
    fprintf(stderr, "rfbclient: %s: %s\n", what, errno != 0 ? strerror(errno) : "unexpected");
    exit(1);
}

static void get(int fd, void *data, size_t size)
{
    for (char *at = data; size > 0; ) {
        ssize_t n = read(fd, at, size);

        if (n <= 0) {
            die("read");
        }
        at += n;
        size -= (size_t)n;
    }
}

static void put(int fd, const void *data, size_t size)
{
    if (write(fd, data, size) != (ssize_t)size) {
        die("write");
    }
}

static void skip(int fd, size_t size)
{
    char buf[4096];

    while (size > 0) {
        size_t n = size < sizeof(buf) ? size : sizeof(buf);

        get(fd, buf, n);
        size -= n;
    }
}

static uint16_t be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)be16(at) << 16 | be16(at + 2);
}

/* A session without a password, in four bytes a pixel: blue, green, red, nothing. */
static int start(int port, unsigned int *width, unsigned int *height)
{
    static const uint8_t format[20] = {
        0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0,
    };
    static const uint8_t raw_only[8] = { 2, 0, 0, 1, 0, 0, 0, 0 };
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uint8_t text[24], types[256];

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        die("connect");
    }
    get(fd, text, 12);
    if (memcmp(text, "RFB 003.", 8) != 0) {
        die("version");
    }
    put(fd, "RFB 003.008\n", 12);
    get(fd, types, 1);
    get(fd, types + 1, types[0]);
    if (memchr(types + 1, 1, types[0]) == NULL) {
        die("it wants a password");
    }
    put(fd, "\1", 1);
    get(fd, text, 4);
    if (be32(text) != 0) {
        die("security");
    }
    put(fd, "\1", 1);                   /* shared */
    get(fd, text, 24);
    *width = be16(text);
    *height = be16(text + 2);
    skip(fd, be32(text + 20));
    put(fd, format, sizeof(format));
    put(fd, raw_only, sizeof(raw_only));
    return fd;
}

/* The colour of one place; other messages and other places that come in between are passed over. */
static uint32_t colour_at(int fd, unsigned int x, unsigned int y)
{
    uint8_t ask[10] = {
        3, 0, (uint8_t)(x >> 8), (uint8_t)x, (uint8_t)(y >> 8), (uint8_t)y, 0, 1, 0, 1,
    };
    uint8_t head[12];

    put(fd, ask, sizeof(ask));
    for (;;) {
        get(fd, head, 1);
        if (head[0] == 3) {             /* cut text */
            get(fd, head, 7);
            skip(fd, be32(head + 3));
            continue;
        }
        if (head[0] != 0) {
            errno = 0;
            die("message");
        }
        get(fd, head, 3);
        for (unsigned int nr = be16(head + 1); nr > 0; nr--) {
            unsigned int left, top, columns, rows;
            uint8_t pixel[4];
            size_t before;

            get(fd, head, 12);
            left = be16(head), top = be16(head + 2), columns = be16(head + 4);
            rows = be16(head + 6);
            if (x < left || y < top || x >= left + columns || y >= top + rows) {
                skip(fd, 4ul * columns * rows);
                continue;
            }
            before = (size_t)(y - top) * columns + (x - left);
            skip(fd, 4 * before);
            get(fd, pixel, 4);
            return (uint32_t)(pixel[2] << 16 | pixel[1] << 8 | pixel[0]);
        }
    }
}

/* A new session each time: the screen's size may have changed. */
static void wait_pixel(int port, unsigned int x, unsigned int y, uint32_t want)
{
    for (;;) {
        unsigned int width, height;
        int fd = start(port, &width, &height);
        uint32_t is = x < width && y < height ? colour_at(fd, x, y) : ~0u;

        close(fd);
        if (is == want) {
            return;
        }
        fprintf(stderr, "rfbclient: %ux%u, at %u,%u: %06x\n", width, height, x, y, is);
        usleep(PAUSE_US);
    }
}

static void press_key(int fd, uint32_t symbol)
{
    uint8_t event[8] = {
        4, 1, 0, 0, (uint8_t)(symbol >> 24), (uint8_t)(symbol >> 16), (uint8_t)(symbol >> 8),
        (uint8_t)symbol,
    };

    put(fd, event, sizeof(event));
    event[1] = 0;
    put(fd, event, sizeof(event));
}

static void click(int fd, unsigned int x, unsigned int y)
{
    uint8_t event[6] = { 5, 0, (uint8_t)(x >> 8), (uint8_t)x, (uint8_t)(y >> 8), (uint8_t)y };

    for (int button = 0; button < 3; button++) {
        event[1] = button == 1;
        put(fd, event, sizeof(event));
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 3 ? argv[2] : "";
    int port = argc > 1 ? atoi(argv[1]) : 0, fd;
    unsigned int width, height;

    alarm(LIMIT_S);
    if (strcmp(what, "pixel") == 0 && argc == 6) {
        wait_pixel(port, (unsigned int)atoi(argv[3]), (unsigned int)atoi(argv[4]),
                   (uint32_t)strtoul(argv[5], NULL, 16));
        return 0;
    }
    if (!(strcmp(what, "key") == 0 && argc == 4) && !(strcmp(what, "click") == 0 && argc == 5)) {
        fprintf(stderr, "usage: rfbclient PORT pixel X Y RRGGBB | key KEYSYM | click X Y\n");
        return 2;
    }
    fd = start(port, &width, &height);
    if (strcmp(what, "key") == 0) {
        press_key(fd, (uint32_t)strtoul(argv[3], NULL, 0));
    } else {
        click(fd, (unsigned int)atoi(argv[3]), (unsigned int)atoi(argv[4]));
    }
    colour_at(fd, 0, 0);                /* it has taken all that came before */
    return 0;
}
