/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/drivers/char/printk.c: prefixes, levels, the rate limit, guests' lines. */
#include "harness.h"

#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/printk.h>

#include "console-private.h"

static char out[8192];
static unsigned int lines_told;
static s_time_t now;
void (*console_ring_hook)(void);

unsigned long console_lock(void)
{
    return 0;
}

void console_unlock(unsigned long flags)
{
    (void)flags;
}

void console_log_write(const char *text, size_t len)
{
    size_t have = strlen(out);

    if (have + len < sizeof(out)) {
        memcpy(out + have, text, len);
        out[have + len] = '\0';
    }
}

static void count_line(void)
{
    lines_told++;
}

static s_time_t clock_of_test(void)
{
    return now;
}

TEST(prefix_and_default_level)
{
    out[0] = '\0';
    console_ring_hook = count_line;
    printk("plain %d\n", 1);
    printk(LOG_ERR "error\n");
    printk(LOG_WARN "warning\n");
    printk(LOG_INFO "info\n");
    printk(LOG_DEBUG "debug\n");
    CHECK_STR(out, "(XEN) plain 1\n(XEN) error\n(XEN) warning\n");
    CHECK_EQ(lines_told, 3);
}

TEST(one_line_in_pieces_and_many_in_one)
{
    out[0] = '\0';
    printk("a");
    printk("b");
    printk("c\nd\n");
    printk(LOG_INFO "hidden ");
    printk("tail\n");
    printk("<x> shown\n");
    CHECK_STR(out, "(XEN) abc\n(XEN) d\n(XEN) <x> shown\n");
}

TEST(guest_messages_are_limited)
{
    unsigned int shown = 0;

    console_set_clock(clock_of_test);
    now = 100 * SECONDS(1);
    out[0] = '\0';
    for (unsigned int i = 0; i < 50; i++) {
        printk(LOG_GUEST LOG_WARN "bad\n");
    }
    for (const char *p = out; (p = strstr(p, "bad")) != NULL; p++) {
        shown++;
    }
    CHECK_EQ(shown, 10);
    out[0] = '\0';
    printk("own messages are not\n");
    CHECK_STR(out, "(XEN) own messages are not\n");
    now += SECONDS(1);
    out[0] = '\0';
    printk(LOG_GUEST LOG_ERR "again\n");
    CHECK_STR(out, "(XEN) 40 messages suppressed by the rate limit\n(XEN) again\n");
    out[0] = '\0';
    printk(LOG_GUEST LOG_INFO "never\n");
    CHECK_STR(out, "");
}

TEST(guest_lines)
{
    static struct console_line line;
    char big[300];

    out[0] = '\0';
    console_write_guest(&line, 3, "half", 4);
    CHECK_STR(out, "");
    console_write_guest(&line, 3, " line\r\n", 7);
    CHECK_STR(out, "");                 /* debug level: off by default */
    CHECK_EQ(line.len, 0);
    memset(big, 'x', sizeof(big));
    console_write_guest(&line, 3, big, sizeof(big));
    CHECK(line.len < sizeof(line.text));
}

static char reports[256];

static void report(const char *text)
{
    strncat(reports, text, sizeof(reports) - strlen(reports) - 1);
}

static void set(const char *line)
{
    reports[0] = '\0';
    cmdline_parse_with(line, __start_init_params,
                       (size_t)(__stop_init_params - __start_init_params), report);
}

static const char *say_all(bool guest)
{
    out[0] = '\0';
    now += SECONDS(60);
    for (int level = 0; level < 4; level++) {
        printk("%s<%d>%d\n", guest ? LOG_GUEST : "", level, level);
    }
    return out;
}

TEST(loglvl)
{
    set("loglvl=all guest_loglvl=none");
    CHECK_STR(reports, "");
    CHECK_STR(say_all(false), "(XEN) 0\n(XEN) 1\n(XEN) 2\n(XEN) 3\n");
    CHECK_STR(say_all(true), "");
    set("loglvl=none guest_loglvl=all");
    CHECK_STR(say_all(false), "");
    CHECK_STR(say_all(true), "(XEN) 0\n(XEN) 1\n(XEN) 2\n(XEN) 3\n");
    set("loglvl=error guest_loglvl=none/info");
    CHECK_STR(say_all(false), "(XEN) 0\n");
    CHECK_STR(say_all(true), "(XEN) 0\n(XEN) 1\n(XEN) 2\n");
    set("loglvl=info loglvl=warn guest_loglvl=all/");
    CHECK(strstr(reports, "\"loglvl=warn\"") != NULL);
    CHECK(strstr(reports, "\"guest_loglvl=all/\"") != NULL);
    CHECK_STR(say_all(false), "(XEN) 0\n(XEN) 1\n(XEN) 2\n");
}

TEST(guest_line_with_its_number)
{
    static struct console_line line;

    set("guest_loglvl=all");
    out[0] = '\0';
    console_write_guest(&line, 7, "a\033[1mb\tc\nrest", 13);
    CHECK_STR(out, "(d7) a.[1mb\tc\n");
    CHECK_EQ(line.len, 4);
}

TEST_MAIN
