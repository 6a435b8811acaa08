/* SPDX-License-Identifier: MIT */
/* tests/system/helpers/netcheck.c as it is, but for its name and its alarm clock. */
#include <unistd.h>

int netcheck_main(int argc, char **argv);

#define main netcheck_main
#define alarm(seconds) ((void)(seconds))        /* the scenario has a time limit of its own */
#include "../../../tests/system/helpers/netcheck.c"
