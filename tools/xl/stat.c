/* SPDX-License-Identifier: GPL-2.0-only */
/* xl stat: the hypervisor's counters, live, in the manner of kvm_stat. */
#include "xl.h"
#include "metrics.h"
#include "stat.h"
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "xyl_json.h"

enum stat_form { STAT_SCREEN, STAT_ONCE, STAT_LOG, STAT_JSON, STAT_METRICS };

/* Invariants: items has nr entries; regex is compiled if filter is set. */
struct xl_stat {
    struct xl *xl;
    const struct xl_args *args;
    enum stat_form form;
    struct xyl_counters counters;
    struct xylem_counter_value *values;
    struct stat_item *items;
    size_t nr;
    unsigned long delay;
    bool filter;
    regex_t regex;
    uint64_t now_ns, before_ns;
};

static bool wanted(const struct xl_stat *s, const struct stat_item *item)
{
    if (s->filter && regexec(&s->regex, item->name, 0, NULL, 0) != 0) {
        return false;
    }
    return !s->args->flag['z'] || item->total != 0;
}

/* ------------------------------------------------------------ reading */

static int add_domain(struct xl_stat *s, uint32_t domid)
{
    int rc = xyl_ctrl_counters_read(xyl_light_ctrl(s->xl->light, NULL), &s->counters, domid,
                                    XYLEM_COUNTERS_ALL_VCPUS, s->values, &s->now_ns);

    if (rc == 0) {
        stat_add(&s->counters, s->values, s->items);
    }
    return rc;
}

/* What was the total becomes the one before. */
static void next_look(struct xl_stat *s)
{
    s->before_ns = s->now_ns;
    for (size_t i = 0; i < s->nr; i++) {
        s->items[i].before = s->items[i].total;
        s->items[i].time_before = s->items[i].time_ns;
        s->items[i].total = s->items[i].time_ns = 0;
    }
}

static int look(struct xl_stat *s, struct xyl_err *err)
{
    const char *guest = s->args->flag['g'] ? s->args->value['g'] : NULL;
    xyl_domain_info *all;
    uint32_t domid;
    size_t nr;
    int rc = 0;

    next_look(s);
    if (guest != NULL) {
        rc = xyl_domain_find(s->xl->light, guest, &domid, err);
        rc = rc == 0 ? add_domain(s, domid) : rc;
        return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot read the counters of %s", guest);
    }
    all = xyl_domains(s->xl->light, &nr, err);
    rc = all != NULL ? 0 : -ENODEV;
    for (size_t i = 0; rc == 0 && i < nr; i++) {
        rc = add_domain(s, all[i].domain);
        rc = rc == -ESRCH ? 0 : rc;         /* gone since it was listed */
    }
    free(all);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot read the counters");
}

/* Events a second since the look before. */
static uint64_t rate(const struct xl_stat *s, const struct stat_item *item)
{
    uint64_t span = s->now_ns - s->before_ns;
    uint64_t delta = item->total > item->before ? item->total - item->before : 0;

    return span >= 1000000 ? delta * 1000 / (span / 1000000) : 0;
}

/* ------------------------------------------------------------ output */

static void put_once(const struct xl_stat *s)
{
    for (size_t i = 0; i < s->nr; i++) {
        if (!wanted(s, &s->items[i])) {
            continue;
        }
        printf("%-42s", s->items[i].name);
        if (s->items[i].none) {
            printf("%10s%10s\n", "-", "-");
        } else {
            printf("%10llu%10llu\n", (unsigned long long)s->items[i].total,
                   (unsigned long long)rate(s, &s->items[i]));
        }
    }
}

/* With time measured: microseconds of one event, on the average since the look before. */
static void put_time(const struct xl_stat *s, const struct stat_item *item)
{
    uint64_t events = item->total - item->before;

    if (s->counters.timing && events > 0 && item->time_ns > item->time_before) {
        printf(" %12.2f", (double)(item->time_ns - item->time_before) / (double)events / 1000);
    }
}

static void put_screen(const struct xl_stat *s)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < s->nr; i++) {
        sum = strcmp(s->items[i].name, "exits") == 0 ? s->items[i].total : sum;
    }
    printf("\033[H\033[JXylem statistics - %s   q: quit  t: time\n\n",
           s->args->flag['g'] ? s->args->value['g'] : "all domains");
    printf("%-42s %12s %7s %12s%s\n", "Event", "Total", "%Exits", "Now/s",
           s->counters.timing ? " us/event" : "");
    for (size_t i = 0; i < s->nr; i++) {
        const struct stat_item *item = &s->items[i];

        if (item->none || item->total == 0 || !wanted(s, item)) {
            continue;
        }
        printf("%-42s %12llu %7.1f %12llu", item->name, (unsigned long long)item->total,
               sum > 0 ? 100.0 * (double)item->total / (double)sum : 0,
               (unsigned long long)rate(s, item));
        put_time(s, item);
        putchar('\n');
    }
}

/* -l: a line for each look, a heading now and then. */
static void put_log(const struct xl_stat *s, unsigned long n)
{
    char clock[32];
    time_t now = time(NULL);
    struct tm tm;

    if (n % 20 == 0) {
        printf("%-19s", "");
        for (size_t i = 0; i < s->nr; i++) {
            if (wanted(s, &s->items[i]) && !s->items[i].none) {
                printf(" %9s", s->items[i].name);
            }
        }
        putchar('\n');
    }
    localtime_r(&now, &tm);
    strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M:%S", &tm);
    printf("%s", clock);
    for (size_t i = 0; i < s->nr; i++) {
        if (wanted(s, &s->items[i]) && !s->items[i].none) {
            printf(" %*llu", strlen(s->items[i].name) > 9 ? (int)strlen(s->items[i].name) : 9,
                   (unsigned long long)rate(s, &s->items[i]));
        }
    }
    putchar('\n');
}

static void put_json(const struct xl_stat *s)
{
    struct xyl_json json;

    xyl_json_start(&json, stdout);
    xyl_json_array(&json);
    for (size_t i = 0; i < s->nr; i++) {
        if (s->items[i].none || !wanted(s, &s->items[i])) {
            continue;
        }
        xyl_json_object(&json);
        xyl_json_key_text(&json, "event", s->items[i].name);
        xyl_json_key_number(&json, "total", (long long)s->items[i].total);
        xyl_json_key_number(&json, "per_second", (long long)rate(s, &s->items[i]));
        if (s->counters.timing) {
            xyl_json_key_number(&json, "time_ns", (long long)s->items[i].time_ns);
        }
        xyl_json_object_end(&json);
    }
    xyl_json_array_end(&json);
    xyl_json_end(&json);
}

/* Each domain's events by themselves, in an unbroken run, as OpenMetrics has it. */
static int put_events(struct xl_stat *s, const struct top_sample *sample, enum metrics_of of)
{
    int rc = 0;

    metrics_events_head(stdout, of);
    for (size_t i = 0; rc == 0 && i < sample->nr; i++) {
        const struct top_row *row = &sample->rows[i];

        stat_name(&s->counters, s->items);
        rc = add_domain(s, row->info.domain);
        for (size_t j = 0; j < s->nr; j++) {
            s->items[j].none = s->items[j].none || !wanted(s, &s->items[j]);
        }
        if (rc == 0) {
            metrics_events(stdout, of, s->items, s->nr, row->name, row->info.domain);
        }
        rc = rc == -ESRCH ? 0 : rc;         /* gone since it was listed */
    }
    return rc;
}

/* -g: of all that was taken only this one. */
static int keep_guest(struct xl_stat *s, struct top_sample *sample, struct xyl_err *err)
{
    uint32_t domid;
    size_t kept = 0;
    int rc = xyl_domain_find(s->xl->light, s->args->value['g'], &domid, err);

    for (size_t i = 0; rc == 0 && i < sample->nr; i++) {
        if (sample->rows[i].info.domain == domid) {
            sample->rows[kept++] = sample->rows[i];
        } else {
            free(sample->rows[i].name);
        }
    }
    if (rc == 0) {
        sample->nr = kept;
    }
    return rc;
}

/* As monitoring systems want it. */
static int put_metrics(struct xl_stat *s, struct xyl_err *err)
{
    struct top_sample sample;
    int rc = top_take(s->xl, &sample, err);

    if (rc == 0 && s->args->flag['g']) {
        rc = keep_guest(s, &sample, err);
    }
    if (rc == 0) {
        metrics_domains(stdout, &sample);
        rc = put_events(s, &sample, METRICS_COUNT);
        if (rc == 0 && s->counters.timing) {
            rc = put_events(s, &sample, METRICS_TIME);
        }
        rc = rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot read the counters");
    }
    if (rc == 0) {
        puts("# EOF");      /* what lacks it is not whole, says OpenMetrics */
    }
    top_free(&sample);
    return rc;
}

/* ------------------------------------------------------------ the verb */

/* Until the next look; false: quit. */
static bool pass_time(struct xl_stat *s, bool raw)
{
    struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
    char key;

    if (!raw) {
        sleep((unsigned int)s->delay);
        return true;
    }
    if (poll(&in, 1, (int)s->delay * 1000) <= 0) {
        return true;
    }
    if (read(STDIN_FILENO, &key, 1) == 1 && key == 't' &&
        xyl_ctrl_counters_timing(xyl_light_ctrl(s->xl->light, NULL), !s->counters.timing) == 0) {
        s->counters.timing = !s->counters.timing;
        return true;
    }
    return false;
}

static int run_live(struct xl_stat *s, struct xyl_err *err)
{
    struct termios saved, changed;
    bool raw = s->form == STAT_SCREEN && tcgetattr(STDIN_FILENO, &saved) == 0;
    int rc = look(s, err);

    if (raw) {
        changed = saved;
        changed.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
        tcsetattr(STDIN_FILENO, TCSANOW, &changed);
    }
    for (unsigned long n = 0; rc == 0 && !ferror(stdout) && pass_time(s, raw); n++) {
        rc = look(s, err);
        if (rc == 0 && s->form == STAT_SCREEN) {
            put_screen(s);
        } else if (rc == 0) {
            put_log(s, n);
        }
        fflush(stdout);
    }
    if (raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    }
    return rc;
}

static int run_once(struct xl_stat *s, struct xyl_err *err)
{
    int rc = look(s, err);

    if (rc == 0) {
        sleep((unsigned int)s->delay);
        rc = look(s, err);
    }
    if (rc == 0) {
        (s->form == STAT_JSON ? put_json : put_once)(s);
    }
    return rc;
}

static int set_timing(struct xl_stat *s, struct xyl_err *err)
{
    const char *word = s->args->value['T'];
    bool on = strcmp(word, "on") == 0;
    int rc;

    if (!on && strcmp(word, "off") != 0) {
        return xyl_fail(err, -EINVAL, "--timing is on or off, not \"%s\"", word);
    }
    if (xl_dry_run(s->xl, "switch the measuring of time %s", word)) {
        return 0;
    }
    rc = xyl_ctrl_counters_timing(xyl_light_ctrl(s->xl->light, NULL), on);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot switch the measuring of time");
}

static int read_options(struct xl_stat *s, struct xyl_err *err)
{
    const struct xl_args *args = s->args;
    int rc;

    s->form = args->flag['m'] ? STAT_METRICS : args->flag['j'] ? STAT_JSON :
              args->flag['l'] ? STAT_LOG :
              args->flag['1'] || args->flag['b'] || !isatty(STDOUT_FILENO) ? STAT_ONCE :
              STAT_SCREEN;
    s->delay = s->form == STAT_SCREEN ? 3 : 1;
    if (args->flag['s']) {
        rc = xl_number(args->value['s'], 1, 3600, "delay in seconds", &s->delay, err);
        if (rc < 0) {
            return rc;
        }
    }
    if (args->flag['f']) {
        if (regcomp(&s->regex, args->value['f'], REG_EXTENDED | REG_NOSUB) != 0) {
            return xyl_fail(err, -EINVAL, "\"%s\" is no regular expression", args->value['f']);
        }
        s->filter = true;
    }
    return 0;
}

static int open_counters(struct xl_stat *s, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(s->xl->light, err);
    int rc = ctrl == NULL ? -ENODEV : xyl_ctrl_counters_open(ctrl, &s->counters);

    if (rc == -ENOSYS) {
        return xyl_fail(err, rc, "this hypervisor counts no events; Xylem does");
    }
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor what it counts");
    }
    s->nr = stat_nr(&s->counters);
    s->items = calloc(s->nr, sizeof(*s->items));
    s->values = calloc(s->counters.nr + 1, sizeof(*s->values));
    if (s->items == NULL || s->values == NULL) {
        return xyl_fail(err, -ENOMEM, "out of memory");
    }
    stat_name(&s->counters, s->items);
    return xyl_light_store(s->xl->light, err) != NULL ? 0 : -ENOTCONN;
}

int xl_stat(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xl_stat s = { .xl = xl, .args = args };
    int rc = read_options(&s, err);

    if (rc == 0) {
        rc = open_counters(&s, err);
    }
    if (rc == 0 && args->flag['T']) {
        rc = set_timing(&s, err);
    } else if (rc == 0 && s.form == STAT_METRICS) {
        rc = put_metrics(&s, err);
    } else if (rc == 0) {
        rc = (s.form == STAT_SCREEN || s.form == STAT_LOG ? run_live : run_once)(&s, err);
    }
    if (s.filter) {
        regfree(&s.regex);
    }
    xyl_ctrl_counters_close(&s.counters);
    free(s.items);
    free(s.values);
    return rc;
}
