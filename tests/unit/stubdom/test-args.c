/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of how a stub's command line becomes arguments and environment. */
#include "harness.h"

#include <args.h>

static struct arguments args;

static void parse(const char *line)
{
    arguments_parse(&args, line, strlen(line) + 1);
}

TEST(words_are_arguments)
{
    parse("  one two   three ");
    CHECK_EQ(args.argc, 4);
    CHECK_STR(args.argv[0], "stub");
    CHECK_STR(args.argv[1], "one");
    CHECK_STR(args.argv[3], "three");
    CHECK(args.argv[4] == NULL);
    CHECK(args.envp[0] == NULL);
}

TEST(assignments_are_environment)
{
    parse("ip=10.0.0.2/24 -x=y 3a=b go -- c=d");
    CHECK_STR(args.envp[0], "ip=10.0.0.2/24");
    CHECK(args.envp[1] == NULL);
    CHECK_EQ(args.argc, 5);
    CHECK_STR(args.argv[1], "-x=y");
    CHECK_STR(args.argv[2], "3a=b");
    CHECK_STR(args.argv[4], "c=d");
}

TEST(quotes_keep_blanks)
{
    parse("'a b' c\"d e\"f x='1 2' ''");
    CHECK_STR(args.argv[1], "a b");
    CHECK_STR(args.argv[2], "cd ef");
    CHECK_STR(args.envp[0], "x=1 2");
    CHECK_STR(args.argv[3], "");
    CHECK_EQ(args.argc, 4);
}

TEST(an_open_quote_ends_with_the_line)
{
    parse("'a b");
    CHECK_STR(args.argv[1], "a b");
    CHECK_EQ(args.argc, 2);
}

TEST(what_does_not_fit_is_left_out)
{
    char line[4000];

    memset(line, 'a', sizeof(line));
    for (size_t i = 1; i < sizeof(line); i += 2) {
        line[i] = ' ';
    }
    arguments_parse(&args, line, sizeof(line));
    CHECK_EQ(args.argc, MAX_ARGS);
    CHECK(args.argv[MAX_ARGS] == NULL);
}

TEST_MAIN
