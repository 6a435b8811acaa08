/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/lib/cmdline.c: each kind of parameter, with good and bad values, and what is reported. */
#include "harness.h"

#include <xen/cmdline.h>
#include <xen/lib.h>

static bool flag = true;
static unsigned int number;
static uint64_t size;
static char text[8];
static char custom[16];
static char reports[1024];

static int parse_custom(const char *value)
{
    if (strcmp(value, "bad") == 0) {
        return -EINVAL;
    }
    str_copy(custom, value, sizeof(custom));
    return 0;
}

static const struct param table[] = {
    { "flag", PARAM_KIND_BOOL, sizeof(flag), &flag, NULL },
    { "number", PARAM_KIND_UINT, sizeof(number), &number, NULL },
    { "size", PARAM_KIND_SIZE, sizeof(size), &size, NULL },
    { "text", PARAM_KIND_STRING, sizeof(text), text, NULL },
    { "custom", PARAM_KIND_CUSTOM, 0, NULL, parse_custom },
    { "no-real-mode", PARAM_KIND_IGNORE, 0, NULL, NULL },
};

static void report(const char *line)
{
    str_append(reports, line, sizeof(reports));
    str_append(reports, "\n", sizeof(reports));
}

static void parse(const char *line)
{
    reports[0] = '\0';
    cmdline_parse_with(line, table, ARRAY_SIZE(table), report);
}

TEST(booleans)
{
    static const struct { const char *line; bool value; } cases[] = {
        { "flag", true }, { "no-flag", false }, { "flag=no", false }, { "flag=off", false },
        { "flag=0", false }, { "flag=False", false }, { "flag=yes", true }, { "flag=on", true },
        { "flag=1", true }, { "flag=enable", true }, { "no-flag=no", true },
        { "flag no-flag", false },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        flag = !cases[i].value;
        parse(cases[i].line);
        CHECK_EQ(flag, cases[i].value);
        CHECK_STR(reports, "");
    }
    parse("flag=maybe");
    CHECK_STR(reports, "command line: parameter \"flag=maybe\" ignored: that is no value for it\n");
}

TEST(numbers_and_sizes)
{
    parse("number=12 size=4M");
    CHECK_EQ(number, 12);
    CHECK_EQ(size, 4 << 20);
    CHECK_STR(reports, "");
    parse("number=0x10 size=16");
    CHECK_EQ(number, 16);
    CHECK_EQ(size, 16 << 10);
    parse("number=4294967296 number=7x number= number size=1Q size=99999999T");
    CHECK_EQ(number, 16);
    CHECK_EQ(size, 16 << 10);
    CHECK(strstr(reports, "\"number=4294967296\"") != NULL);
    CHECK(strstr(reports, "\"number=7x\"") != NULL);
    CHECK(strstr(reports, "\"number=\"") != NULL);
    CHECK(strstr(reports, "\"number\"") != NULL);
    CHECK(strstr(reports, "\"size=1Q\"") != NULL);
    CHECK(strstr(reports, "\"size=99999999T\"") != NULL);
}

TEST(strings_and_custom)
{
    parse("  text=abc\tcustom=a=b,c  no-real-mode ");
    CHECK_STR(text, "abc");
    CHECK_STR(custom, "a=b,c");
    CHECK_STR(reports, "");
    parse("custom");
    CHECK_STR(custom, "");
    parse("no-custom");
    CHECK_STR(custom, "no");
    parse("text=toolongtext custom=bad");
    CHECK(strstr(reports, "\"text=toolongtext\"") != NULL);
    CHECK(strstr(reports, "\"custom=bad\"") != NULL);
}

TEST(unknown_words)
{
    parse("flagg=1 zebra quux=2 no-number");
    CHECK_STR(reports,
              "command line: unknown parameter \"flagg=1\" ignored: is \"flag\" meant?\n"
              "command line: unknown parameter \"zebra\" ignored\n"
              "command line: unknown parameter \"quux=2\" ignored\n"
              "command line: unknown parameter \"no-number\" ignored: is \"number\" meant?\n");
}

TEST(separator_and_monster_words)
{
    char line[700];

    memset(line, 'a', 600);
    str_copy(line + 600, " number=3 -- number=4", 100);
    parse(line);
    CHECK_EQ(number, 3);
    CHECK_STR(reports, "command line: a word of more than 255 letters ignored\n");
}

TEST(items)
{
    const char *pos = "com1,,verylong,";
    char item[5];

    CHECK(cmdline_next_item(&pos, item, sizeof(item)));
    CHECK_STR(item, "com1");
    CHECK(cmdline_next_item(&pos, item, sizeof(item)));
    CHECK_STR(item, "");
    CHECK(cmdline_next_item(&pos, item, sizeof(item)));
    CHECK_STR(item, "very");
    CHECK(cmdline_next_item(&pos, item, sizeof(item)));
    CHECK_STR(item, "");
    CHECK(!cmdline_next_item(&pos, item, sizeof(item)));
}

TEST_MAIN
