/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages: levels, rate limits, the (XEN) prefix, and guests' lines. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>

#include "console-private.h"

/* The prefix that people and programs know from this ABI's hypervisor. */
#define PREFIX          "(XEN) "

#define LEVEL_DEFAULT   1       /* of messages that name none: warning */
#define LEVEL_ALL       4       /* threshold above all levels */

/*
 * Messages of a level below `always` are printed; those from there to below `limited` at a
 * limited rate; the others never.
 */
struct threshold {
    unsigned int always, limited;
};

static struct threshold threshold_own = { 2, 2 };       /* errors and warnings */
static struct threshold threshold_guest = { 0, 2 };     /* the same, limited */

static const char *const level_names[] = { "none", "error", "warning", "info", "debug", "all" };
/* The level named is the last that is printed: "all" and "debug" are the same here. */
static const uint8_t level_thresholds[] = { 0, 1, 2, 3, 4, 4 };

static int __init parse_level(const char *s, size_t len)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(level_names); i++) {
        if (strlen(level_names[i]) == len && strncmp(s, level_names[i], len) == 0) {
            return level_thresholds[i];
        }
    }
    return -1;
}

/* ALWAYS[/LIMITED]: without the second there is no limited range. */
static int __init parse_threshold(const char *s, struct threshold *t)
{
    const char *slash = strchr(s, '/');
    int always = parse_level(s, slash != NULL ? (size_t)(slash - s) : strlen(s));
    int limited = slash != NULL ? parse_level(slash + 1, strlen(slash + 1)) : always;

    if (always < 0 || limited < 0) {
        return -EINVAL;
    }
    t->always = (unsigned int)always;
    t->limited = (unsigned int)max(always, limited);
    return 0;
}

static int __init parse_loglvl(const char *value)
{
    return parse_threshold(value, &threshold_own);
}
PARAM_CUSTOM("loglvl", parse_loglvl);

static int __init parse_guest_loglvl(const char *value)
{
    return parse_threshold(value, &threshold_guest);
}
PARAM_CUSTOM("guest_loglvl", parse_guest_loglvl);

static void __init tell_threshold(const char *what, const struct threshold *t)
{
    static const char *const text[] __initconst = {
        "Nothing", "Errors", "Errors and warnings", "Errors, warnings and info", "All"
    };

    if (t->always == t->limited) {
        printk("%s Loglevel: %s\n", what, text[t->always]);
    } else {
        printk("%s Loglevel: %s (Rate-limited: %s)\n", what, text[t->always], text[t->limited]);
    }
}

void __init printk_tell_levels(void)
{
    tell_threshold("Std.", &threshold_own);
    tell_threshold("Guest", &threshold_guest);
}

/*
 * A bucket of tokens: a message takes one, and the bucket fills at a steady rate.
 * Lock: console lock.
 */
#define BURST       10
#define FILL_NS     MILLISECS(500)
static s_time_t (*clock_ns)(void);
static s_time_t bucket_time;
static unsigned int tokens = BURST, missed;

void console_set_clock(s_time_t (*clock)(void))
{
    clock_ns = clock;
}

static void refill_bucket(void)
{
    s_time_t now = clock_ns();

    if (now - bucket_time >= BURST * FILL_NS) {
        tokens = BURST;
        bucket_time = now;
    }
    while (now - bucket_time >= FILL_NS) {
        tokens += tokens < BURST;
        bucket_time += FILL_NS;
    }
}

static bool take_token(void)
{
    char text[64];

    if (clock_ns == NULL) {
        return true;
    }
    refill_bucket();
    if (tokens == 0) {
        missed++;
        return false;
    }
    tokens--;
    if (missed != 0) {
        console_log_write(text, (size_t)scnprintf(text, sizeof(text), PREFIX
                          "%u messages suppressed by the rate limit\n", missed));
        missed = 0;
    }
    return true;
}

/* Parses "<G>" and "<n>" in front; returns what stands behind. */
static const char *split_level(const char *s, bool *guest, unsigned int *level)
{
    while (s[0] == '<' && s[1] != '\0' && s[2] == '>') {
        if (s[1] == 'G') {
            *guest = true;
        } else if (s[1] >= '0' && s[1] <= '3') {
            *level = (unsigned int)(s[1] - '0');
        } else {
            break;
        }
        s += 3;
    }
    return s;
}

static bool wanted(bool guest, unsigned int level)
{
    const struct threshold *t = guest ? &threshold_guest : &threshold_own;

    return level < t->always || (level < t->limited && take_token());
}

/* Lock: console lock.  at_start: the next byte begins a line; line_shown: this line is printed. */
static bool at_start = true, line_shown;
static char format_buf[1024];

/* One piece of a message, at most up to a line's end; returns what is left. */
static const char *emit_piece(const char *s, bool guest, unsigned int level)
{
    const char *newline = strchr(s, '\n');
    size_t len = newline != NULL ? (size_t)(newline - s) + 1 : strlen(s);

    if (at_start) {
        line_shown = wanted(guest, level);
        if (line_shown) {
            console_log_write(PREFIX, sizeof(PREFIX) - 1);
        }
    }
    if (line_shown) {
        console_log_write(s, len);
    }
    at_start = newline != NULL;
    return s + len;
}

void vprintk(const char *fmt, va_list args)
{
    unsigned long flags = console_lock();
    unsigned int level = LEVEL_DEFAULT;
    bool guest = false;
    const char *s;

    vsnprintf(format_buf, sizeof(format_buf), fmt, args);
    s = split_level(format_buf, &guest, &level);
    while (*s != '\0') {
        s = emit_piece(s, guest, level);
    }
    if (at_start && line_shown && console_ring_hook != NULL) {
        console_ring_hook();
    }
    console_unlock(flags);
}

void printk(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
}

static void emit_guest_line(struct console_line *line, unsigned int domid)
{
    unsigned long flags = console_lock();
    char prefix[16];

    if (wanted(true, 3)) {
        console_log_write(prefix, (size_t)scnprintf(prefix, sizeof(prefix), "(d%u) ", domid));
        console_log_write(line->text, line->len);
        console_log_write("\n", 1);
        if (console_ring_hook != NULL) {
            console_ring_hook();
        }
    }
    console_unlock(flags);
    line->len = 0;
}

void console_write_guest(struct console_line *line, unsigned int domid, const char *text,
                         size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '\n') {
            emit_guest_line(line, domid);
            continue;
        }
        if (c == '\r') {
            continue;
        }
        line->text[line->len++] = is_print(c) || c == '\t' ? c : '.';
        if (line->len == sizeof(line->text) - 1) {
            emit_guest_line(line, domid);
        }
    }
}
