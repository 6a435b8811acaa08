/* SPDX-License-Identifier: MIT */
/* The smallest program: one line from printf. */
#include <stdio.h>

int main(int argc, char **argv)
{
    printf("hello from a stub domain: %d arguments, pi is about %.5f\n", argc - 1, 3.14159265);
    for (int i = 1; i < argc; i++) {
        printf("  argument %d: %s\n", i, argv[i]);
    }
    return 0;
}
