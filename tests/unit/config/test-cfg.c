/* SPDX-License-Identifier: GPL-2.0-only */
/* The syntax of xl.cfg: what is read, and that each mistake is named with its place. */
#include "harness.h"
#include "xyl_cfg.h"

#include <errno.h>

static struct xyl_err err;

static struct xyl_cfg *parse(const char *text, int *rc)
{
    struct xyl_cfg *cfg = xyl_cfg_new();

    xyl_err_clear(&err);
    *rc = xyl_cfg_parse(cfg, "f", text, strlen(text), &err);
    return cfg;
}

/* Does @text fail with exactly @why? */
static void refuse(const char *text, const char *why)
{
    int rc;
    struct xyl_cfg *cfg = parse(text, &rc);

    xyl_cfg_free(cfg);
    CHECK_EQ(rc, -EINVAL);
    CHECK_STR(err.text, why);
}

static void text_is(const struct xyl_cfg *cfg, const char *name, const char *value)
{
    const struct xyl_cfg_setting *s = xyl_cfg_find(cfg, name);

    CHECK(s != NULL);
    CHECK(s->value.type == XYL_CFG_TEXT);
    CHECK_STR(s->value.text, value);
}

TEST(settings_comments_and_separators)
{
    int rc;
    struct xyl_cfg *cfg = parse("# first\nname = \"a b\" # tail\n\nmemory=0x80; vcpus = 2;;\n"
                                "extra = 'it # is'", &rc);

    CHECK_EQ(rc, 0);
    text_is(cfg, "name", "a b");
    text_is(cfg, "extra", "it # is");
    CHECK_STR(xyl_cfg_find(cfg, "memory")->value.text, "0x80");
    CHECK(xyl_cfg_find(cfg, "memory")->value.type == XYL_CFG_NUMBER);
    CHECK_EQ(xyl_cfg_find(cfg, "vcpus")->line, 4);
    CHECK_EQ(xyl_cfg_find(cfg, "vcpus")->column, 14);
    CHECK(xyl_cfg_find(cfg, "nothing") == NULL);
    xyl_cfg_free(cfg);
}

TEST(escapes)
{
    int rc;
    struct xyl_cfg *cfg = parse("a = \"\\n\\t\\\\\\\"\\x41\\102\\'\"\nb='\\'\"'", &rc);

    CHECK_EQ(rc, 0);
    text_is(cfg, "a", "\n\t\\\"AB'");
    text_is(cfg, "b", "'\"");
    xyl_cfg_free(cfg);
}

TEST(lists_over_lines_and_nested)
{
    int rc;
    struct xyl_cfg *cfg = parse("l = [ 'one', # c\n\n 2,\n [ 'x', ], ]\nafter = 1", &rc);
    const struct xyl_cfg_value *v;

    CHECK_EQ(rc, 0);
    v = &xyl_cfg_find(cfg, "l")->value;
    CHECK(v->type == XYL_CFG_LIST);
    CHECK_EQ(v->nr_items, 3);
    CHECK_STR(v->items[0].text, "one");
    CHECK_STR(v->items[1].text, "2");
    CHECK_EQ(v->items[2].nr_items, 1);
    CHECK_EQ(v->items[2].line, 4);
    CHECK_EQ(xyl_cfg_find(cfg, "after")->line, 5);
    xyl_cfg_free(cfg);
}

TEST(append_joins)
{
    int rc;
    struct xyl_cfg *cfg = parse("a = 'x'\na += 'y'\nl = ['1']\nl += ['2','3']\nl += '4'\nn += 'z'",
                                &rc);

    CHECK_EQ(rc, 0);
    text_is(cfg, "a", "xy");
    text_is(cfg, "n", "z");
    CHECK_EQ(xyl_cfg_find(cfg, "l")->value.nr_items, 4);
    CHECK_STR(xyl_cfg_find(cfg, "l")->value.items[3].text, "4");
    xyl_cfg_free(cfg);
    refuse("a = 'x'\na += [ 'y' ]", "f:2:1: a += : the setting of line 1 is of another type");
}

TEST(last_setting_counts)
{
    int rc;
    struct xyl_cfg *cfg = parse("a = 'x'\nb = 1\na = 'y'", &rc);

    CHECK_EQ(rc, 0);
    text_is(cfg, "a", "y");
    CHECK(xyl_cfg_at(cfg, 2) == NULL);
    xyl_cfg_free(cfg);
}

TEST(mistakes_are_named_with_their_place)
{
    refuse("name = guest",
           "f:1:8: expected a value: text needs quotes, as in name = \"guest\", found 'g'");
    refuse("\n name = \"guest\n", "f:2:15: expected the closing quote, found the end of the line");
    refuse("name 'x'", "f:1:6: expected '=', found '''");
    refuse("name + 'x'", "f:1:7: expected '=' behind '+', found ' '");
    refuse("a = 1 b = 2", "f:1:7: expected the end of the line or ';', found 'b'");
    refuse("a = 12q", "f:1:5: \"12q\" is not a number; quote it if it is text");
    refuse("a = 99999999999999999999",
           "f:1:5: \"99999999999999999999\" is not a number; quote it if it is text");
    refuse("a = [ 1, 2", "f:1:11: expected ',' or ']', found the end of the file");
    refuse("a = [ 1 2 ]", "f:1:9: expected ',' or ']', found '2'");
    refuse("a = ", "f:1:5: expected a value: \"text\", a number, or a list in [ ], "
           "found the end of the file");
    refuse("= 3", "f:1:1: expected the name of a setting, found '='");
    refuse("a = '\\q'", "f:1:7: expected one of abfnrtvx\\'\" or an octal number behind '\\', "
           "found 'q'");
    refuse("a = '\\0'", "f:1:8: expected one of abfnrtvx\\'\" or an octal number behind '\\', "
           "found '''");
    refuse("a = [[[[[[[[[1]]]]]]]]]", "f:1:13: lists are nested more than 8 deep");
}

TEST(bytes_that_are_no_text)
{
    struct xyl_cfg *cfg = xyl_cfg_new();

    xyl_err_clear(&err);
    CHECK_EQ(xyl_cfg_parse(cfg, "f", "\x7f" "ELF\0", 5, &err), -EINVAL);
    CHECK_STR(err.text, "f:1:1: expected the name of a setting, found byte 0x7f");
    xyl_err_clear(&err);
    CHECK_EQ(xyl_cfg_parse(cfg, "f", "a\0=1", 4, &err), -EINVAL);
    CHECK_STR(err.text, "f:1:2: expected '=', found byte 0x00");
    xyl_cfg_free(cfg);
}

TEST(too_long)
{
    struct xyl_cfg *cfg = xyl_cfg_new();

    xyl_err_clear(&err);
    CHECK_EQ(xyl_cfg_parse(cfg, "f", "", XYL_CFG_MAX_BYTES + 1, &err), -EFBIG);
    xyl_cfg_free(cfg);
}

TEST(missing_file)
{
    struct xyl_cfg *cfg = xyl_cfg_new();

    xyl_err_clear(&err);
    CHECK_EQ(xyl_cfg_parse_file(cfg, "/nonexistent/x.cfg", &err), -ENOENT);
    CHECK_STR(err.text, "cannot open the configuration file /nonexistent/x.cfg: "
              "No such file or directory");
    xyl_cfg_free(cfg);
}

TEST(overrides)
{
    int rc;
    struct xyl_cfg *cfg = parse("memory = 128\nextra = 'a'", &rc);

    CHECK_EQ(rc, 0);
    CHECK_EQ(xyl_cfg_override(cfg, "memory=256", &err), 0);
    CHECK_EQ(xyl_cfg_override(cfg, "name=my-guest", &err), 0);
    CHECK_EQ(xyl_cfg_override(cfg, "extra+=b c", &err), 0);
    CHECK_EQ(xyl_cfg_override(cfg, "cpus=[\"0\", \"1\"]", &err), 0);
    CHECK_EQ(xyl_cfg_override(cfg, "a=\"x\"; b=2", &err), 0);
    CHECK_STR(xyl_cfg_find(cfg, "memory")->value.text, "256");
    text_is(cfg, "name", "my-guest");
    text_is(cfg, "extra", "ab c");
    text_is(cfg, "a", "x");
    CHECK_EQ(xyl_cfg_find(cfg, "cpus")->value.nr_items, 2);
    CHECK_EQ(xyl_cfg_override(cfg, "nonsense", &err), -EINVAL);
    CHECK_STR(err.text, "\"nonsense\" is neither a file nor a setting like memory=256");
    xyl_err_clear(&err);
    CHECK_EQ(xyl_cfg_override(cfg, "a=\"x", &err), -EINVAL);
    CHECK_STR(err.text, "command line:1:5: expected the closing quote, found the end of the file");
    xyl_cfg_free(cfg);
}

TEST_MAIN
