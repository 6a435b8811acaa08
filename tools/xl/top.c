/* SPDX-License-Identifier: GPL-2.0-only */
/* xl top: domains as xentop shows them, on a terminal or as lines for a pipe. */
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "xyl_json.h"

#define DELAY_SEC 3
#define CTRL_C    3

/* Invariant: raw says that the terminal was changed and saved holds what it was. */
struct top {
    bool batch, as_json, full;
    unsigned long delay, iterations;    /* 0 iterations: until stopped */
    char sort;                          /* 0: by number */
    bool raw;
    struct termios saved;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int top_take(struct xl *xl, struct top_sample *sample, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    struct xen_sysctl_physinfo host;
    xyl_domain_info *all;
    size_t nr;
    int rc = ctrl == NULL ? -ENODEV : xyl_ctrl_physinfo(ctrl, &host);

    *sample = (struct top_sample){ .nr = 0 };
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot ask the hypervisor about the machine");
    }
    all = xyl_domains(xl->light, &nr, err);
    sample->rows = all != NULL ? calloc(nr + 1, sizeof(*sample->rows)) : NULL;
    if (sample->rows == NULL) {
        free(all);
        return xyl_fail(err, -ENOMEM, "out of memory");
    }
    sample->when_ns = now_ns();
    sample->host_kib = host.total_pages * 4;
    for (; rc == 0 && sample->nr < nr; sample->nr++) {
        struct top_row *row = &sample->rows[sample->nr];

        row->info = all[sample->nr];
        row->name = xyl_domain_name(xl->light, row->info.domain);
        row->name = row->name != NULL ? row->name : strdup("(null)");
        top_devices("/sys", row->info.domain, &row->devices);
        if (row->name == NULL) {
            rc = xyl_fail(err, -ENOMEM, "out of memory");
        }
    }
    free(all);
    return rc;
}

/* ------------------------------------------------------------ output */

static void put_json(const struct top_sample *sample)
{
    struct xyl_json json;

    xyl_json_start(&json, stdout);
    xyl_json_array(&json);
    for (size_t i = 0; i < sample->nr; i++) {
        const struct top_row *row = &sample->rows[i];

        xyl_json_object(&json);
        xyl_json_key_text(&json, "name", row->name);
        xyl_json_key_number(&json, "domid", row->info.domain);
        xyl_json_key_number(&json, "cpu_time_ns", (long long)row->info.cpu_time);
        xyl_json_key_number(&json, "cpu_permille", row->cpu_permille);
        xyl_json_key_number(&json, "memory_kib", (long long)row->info.tot_pages * 4);
        xyl_json_key_number(&json, "vcpus", row->info.nr_online_vcpus);
        xyl_json_key_number(&json, "nets", row->devices.nr_nets);
        xyl_json_key_number(&json, "net_tx_bytes", (long long)row->devices.tx_bytes);
        xyl_json_key_number(&json, "net_rx_bytes", (long long)row->devices.rx_bytes);
        xyl_json_key_number(&json, "vbds", row->devices.nr_vbds);
        xyl_json_key_number(&json, "vbd_rd_sect", (long long)row->devices.rd_sect);
        xyl_json_key_number(&json, "vbd_wr_sect", (long long)row->devices.wr_sect);
        xyl_json_object_end(&json);
    }
    xyl_json_array_end(&json);
    xyl_json_end(&json);
}

static void put(struct top *top, struct top_sample *sample)
{
    if (top->sort != 0) {
        top_sort(sample, top->sort);
    }
    if (top->as_json) {
        put_json(sample);
    } else {
        if (!top->batch) {
            char clock[16];
            time_t now = time(NULL);
            struct tm tm;

            localtime_r(&now, &tm);
            strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
            printf("\033[H\033[Jxl top - %s   %zu domains, %llu KiB   q: quit  s: sort\n", clock,
                   sample->nr, (unsigned long long)sample->host_kib);
        }
        top_header(stdout);
        for (size_t i = 0; i < sample->nr; i++) {
            top_row(stdout, &sample->rows[i], sample->host_kib, top->full);
        }
    }
    fflush(stdout);
}

/* ------------------------------------------------------------ terminal */

static void terminal_raw(struct top *top)
{
    struct termios raw;

    if (!top->batch && tcgetattr(STDIN_FILENO, &top->saved) == 0) {
        raw = top->saved;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
        top->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
}

/* A key of the person; false: quit. */
static bool key_pressed(struct top *top)
{
    static const char order[] = { 'n', 'c', '%', 'm' };
    size_t i = 0;
    char key;

    if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == '\033' ||
        key == CTRL_C) {
        return false;
    }
    if (key == 's' || key == 'S') {
        while (i < sizeof(order) && order[i] != top->sort) {
            i++;
        }
        top->sort = order[i < sizeof(order) ? (i + 1) % sizeof(order) : 0];
    }
    return true;
}

/* Until the next sample; false: quit. */
static bool pass_time(struct top *top)
{
    struct pollfd in = { STDIN_FILENO, POLLIN, 0 };

    if (top->raw) {
        return poll(&in, 1, (int)top->delay * 1000) <= 0 || key_pressed(top);
    }
    sleep((unsigned int)top->delay);
    return true;
}

/* ------------------------------------------------------------ the verb */

static int read_options(struct top *top, const struct xl_args *args, struct xyl_err *err)
{
    int rc = 0;

    top->as_json = args->flag['j'];
    top->batch = args->flag['b'] || top->as_json || !isatty(STDOUT_FILENO);
    top->full = args->flag['f'];
    if (args->flag['d']) {
        rc = xl_number(args->value['d'], 1, 3600, "delay in seconds", &top->delay, err);
    }
    if (rc == 0 && args->flag['i']) {
        rc = xl_number(args->value['i'], 1, 1000000, "number of iterations", &top->iterations,
                       err);
    }
    return rc;
}

int xl_top(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct top top = { .delay = DELAY_SEC };
    struct top_sample before = { .nr = 0 }, now;
    int rc = read_options(&top, args, err);

    if (rc == 0 && xyl_light_store(xl->light, err) == NULL) {
        rc = -ENOTCONN;
    }
    if (rc == 0) {
        terminal_raw(&top);
    }
    for (unsigned long n = 1; rc == 0; n++) {
        rc = top_take(xl, &now, err);
        if (rc == 0) {
            top_rates(&now, &before);
            put(&top, &now);
        }
        top_free(&before);
        before = now;
        if (rc == 0 && (n == top.iterations || ferror(stdout) || !pass_time(&top))) {
            break;
        }
    }
    top_free(&before);
    if (top.raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &top.saved);
    }
    return rc;
}
