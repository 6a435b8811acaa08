/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a test of a whole program, which links its main.c: `-include harness/main-name.h` among the
 * flags gives main() another name; the test says `#undef main` before TEST_MAIN.
 */
#ifndef XYLEM_TESTS_UNIT_MAIN_NAME_H
#define XYLEM_TESTS_UNIT_MAIN_NAME_H

int program_main(int argc, char **argv);
#define main program_main

#endif
