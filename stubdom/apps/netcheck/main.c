/* SPDX-License-Identifier: MIT */
/* The tests' netcheck as a stub domain: an ordinary program, here with its own card; and names. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include <stub/net.h>

int netcheck_main(int argc, char **argv);

/* `resolve NAME`: print the address of a name; names that are not there are an error. */
static int resolve(const char *name)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found = NULL;
    char text[INET_ADDRSTRLEN];
    int rc = getaddrinfo(name, "80", &hints, &found);

    if (rc != 0) {
        printf("netcheck: %s: error %d\n", name, rc);
        return 1;
    }
    printf("netcheck: %s is %s\n", name,
           inet_ntop(AF_INET, &((struct sockaddr_in *)found->ai_addr)->sin_addr, text,
                     sizeof(text)));
    freeaddrinfo(found);
    return 0;
}

int main(int argc, char **argv)
{
    if (net_start(60) != 0) {
        return 1;
    }
    printf("netcheck: at %s\n", net_address());
    if ((argc == 3 && strcmp(argv[1], "resolve") == 0 ? resolve(argv[2])
         : netcheck_main(argc, argv)) != 0) {
        return 1;
    }
    printf("netcheck: passed\n");
    return 0;
}
