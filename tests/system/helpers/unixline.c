/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unixline PATH LINE: sends a line to a Unix socket and prints the line that answers it.
 *
 * Whatever happens, it ends after five minutes.  (Not in netcheck, which stub domains build too:
 * they have no such sockets.)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RESEND_MS 500
#define TRIES     100
#define LIMIT_S   300

static void die(const char *what)
{
    fprintf(stderr, "unixline: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Whoever listens there may just be started again. */
static void unix_line(const char *path, const char *line)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    char c = 0;

    strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
    for (int i = 0; connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0; i++) {
        if (i == TRIES) {
            die(path);
        }
        usleep(RESEND_MS * 1000);
    }
    if (dprintf(fd, "%s\n", line) < 0) {
        die(path);
    }
    while (c != '\n') {
        if (read(fd, &c, 1) != 1) {
            die(path);
        }
        putchar(c);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "unixline: PATH LINE\n");
        return 2;
    }
    alarm(LIMIT_S);
    unix_line(argv[1], argv[2]);
    return 0;
}
