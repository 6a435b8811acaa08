/* SPDX-License-Identifier: MIT */
/* Arguments and environment from the domain's command line. */
#ifndef STUB_NEWLIB_ARGS_H
#define STUB_NEWLIB_ARGS_H

#include <stddef.h>

#define MAX_ARGS 32
#define MAX_ENV  32

struct arguments {
    char text[1024];
    char *argv[MAX_ARGS + 1], *envp[MAX_ENV + 1];   /* into text; NULL behind the last */
    int argc;
};

/*
 * arguments_parse - split @line (at most @size bytes, up to a NUL) at blanks.  argv[0] is "stub";
 * words NAME=VALUE with a NAME of letters, digits and _ become environment, unless a word "--"
 * stands before them; '...' and "..." keep blanks.  What does not fit is left out.
 */
void arguments_parse(struct arguments *args, const char *line, size_t size);

#endif
