/* SPDX-License-Identifier: MIT */
/* For tests/bench: what the start costs, and the other end of `work stream`. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <stub/mm.h>
#include <stub/net.h>
#include <stub/time.h>

int work_stream(int argc, char **argv);

/* Without words it ends at once.  "serve PORT then send HOST PORT BYTES" does that, and stays. */
int main(int argc, char **argv)
{
    uint64_t used = time_used();

    printf("stream: main after %llu\n", (unsigned long long)used);
    if (argc == 1) {
        return 0;
    }
    if (net_start(60) != 0) {
        return 1;
    }
    printf("stream: card after %llu\n", (unsigned long long)time_used());
    printf("stream: at %s\n", net_address());
    for (int i = 1; i < argc; i++) {
        int nr = 0;

        while (i + nr < argc && strcmp(argv[i + nr], "then") != 0) {
            nr++;
        }
        if (work_stream(nr, argv + i) != 0) {
            return 1;
        }
        i += nr;
    }
    printf("stream: done, %zu of %zu pages free\n", pages_free(), pages_total());
    for (;;) {
        sleep(1000);
    }
}
