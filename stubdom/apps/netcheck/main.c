/* SPDX-License-Identifier: MIT */
/* The tests' netcheck as a stub domain: an ordinary program, here with its own card. */
#include <stdio.h>

#include <stub/net.h>

int netcheck_main(int argc, char **argv);

int main(int argc, char **argv)
{
    if (net_start(60) != 0) {
        return 1;
    }
    printf("netcheck: at %s\n", net_address());
    if (netcheck_main(argc, argv) != 0) {
        return 1;
    }
    printf("netcheck: passed\n");
    return 0;
}
