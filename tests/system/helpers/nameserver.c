/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers questions of DNS over UDP: `nameserver NAME ADDRESS` says that NAME has the IPv4 ADDRESS,
 * and that other names are not there.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_S 300
#define HEADER  12                      /* bytes before the question */

/* The name at @at as text, its end in *@end; false if it is not within @size bytes. */
static bool name_at(const uint8_t *at, size_t size, char *text, size_t *end)
{
    size_t i = 0, used = 0;

    while (i < size && at[i] != 0) {
        size_t len = at[i];

        if (len > 63 || i + 1 + len >= size || used + len + 1 > 255) {
            return false;
        }
        memcpy(text + used, at + i + 1, len);
        used += len;
        text[used++] = '.';
        i += len + 1;
    }
    text[used > 0 ? used - 1 : 0] = '\0';
    *end = i + 1;
    return i < size;
}

/* The question becomes the answer; how long that is, 0: none. */
static size_t reply(uint8_t *message, size_t size, const char *known, struct in_addr address)
{
    /* A pointer to the question's name, type A, class IN, a minute to live, four bytes. */
    static const uint8_t record[] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4 };
    char name[256];
    size_t end;

    if (size < HEADER + 5 || !name_at(message + HEADER, size - HEADER, name, &end) ||
        HEADER + end + 4 > size) {
        return 0;
    }
    end += HEADER + 4;
    message[2] = 0x84;                  /* an answer, with authority */
    message[3] = strcmp(name, known) == 0 ? 0 : 3;      /* no error, or no such name */
    memset(message + 6, 0, 6);
    if (message[3] != 0) {
        return end;
    }
    message[7] = 1;
    memcpy(message + end, record, sizeof(record));
    memcpy(message + end + sizeof(record), &address, 4);
    return end + sizeof(record) + 4;
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(53) }, from;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct in_addr address;
    uint8_t message[600];

    alarm(LIMIT_S);
    if (argc != 3 || inet_pton(AF_INET, argv[2], &address) != 1 ||
        bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0) {
        fprintf(stderr, "nameserver: NAME ADDRESS, and port 53 has to be free\n");
        return 1;
    }
    for (;;) {
        socklen_t length = sizeof(from);
        ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &length);
        size_t size = n > 0 ? reply(message, (size_t)n, argv[1], address) : 0;

        if (size > 0) {
            sendto(fd, message, size, 0, (struct sockaddr *)&from, length);
        }
    }
}
