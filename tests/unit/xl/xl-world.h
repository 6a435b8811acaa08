/* SPDX-License-Identifier: GPL-2.0-only */
/* xl itself, whose main() is called, on the fake host of the lifecycle tests. */
#ifndef TESTS_XL_WORLD_H
#define TESTS_XL_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "world.h"

/* Where xl_run() lets xl write; a test may name another place. */
extern char xl_out_path[80], xl_err_path[80];

/* xl_files - configurations, kernel and image, once for a test; xl_files_end - without them. */
void xl_files(void);
void xl_files_end(void);

/*
 * xl_begin - a host with one domain, "guest", that xl made; its number is in domid.
 * xl_end - all is destroyed; false if something is left.
 */
bool xl_begin(void);
bool xl_end(void);

/*
 * xl_run - xl's exit status.
 * @line  its words; CFG and OTHER stand for the configurations of "guest" and of a third domain,
 *        DISK for the image, DUMP for a file that xl_begin() removes.
 */
int xl_run(const char *line);

/* xl_printed - what is in a file, with '#' for each number and one blank for each gap. */
void xl_printed(const char *path, char *text, size_t size);

#endif
