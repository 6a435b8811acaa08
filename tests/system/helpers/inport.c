/* SPDX-License-Identifier: GPL-2.0-only */
/* inport PORT...: what each port (hexadecimal) reads, a byte in hexadecimal, on one line. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        unsigned long port = strtoul(argv[i], NULL, 16);

        if (port > 0xffff || ioperm(port, 1, 1) != 0) {
            perror(argv[i]);
            return 1;
        }
        printf("%02x%c", inb((unsigned short)port), i + 1 < argc ? ' ' : '\n');
    }
    return 0;
}
