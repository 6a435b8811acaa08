/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, names, uptimes, and the hypervisor's log. */
#include "xl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xyl_json.h"

int xl_domid(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    uint32_t domid;
    int rc = xyl_domain_find(xl->light, args->words[0], &domid, err);

    if (rc == 0) {
        printf("%u\n", domid);
    }
    return rc;
}

int xl_domname(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    const char *word = args->words[0];
    char *end, *name;
    unsigned long domid = strtoul(word, &end, 10);

    if (*word == '\0' || *end != '\0' || domid >= DOMID_FIRST_RESERVED) {
        return xyl_fail(err, -EINVAL, "\"%s\" is no domain number", word);
    }
    if (xyl_light_store(xl->light, err) == NULL) {
        return -ENOTCONN;
    }
    name = xyl_domain_name(xl->light, (uint32_t)domid);
    if (name == NULL) {
        return xyl_fail(err, -ESRCH, "there is no domain with the number %s", word);
    }
    puts(name);
    free(name);
    return 0;
}

/* Seconds since the machine came up. */
static int machine_uptime(double *up)
{
    FILE *file = fopen("/proc/uptime", "re");
    int rc;

    if (file == NULL) {
        return -errno;
    }
    rc = fscanf(file, "%lf", up) == 1 ? 0 : -EIO;
    fclose(file);
    return rc;
}

/* 0 for domains that others made: nobody knows. */
static int uptime(struct xl *xl, const xyl_domain_info *info, unsigned long *up,
                  struct xyl_err *err)
{
    double start, age = 0;
    int rc;

    if (info->domain == 0) {
        rc = machine_uptime(&age);
    } else {
        rc = xyl_start_time(xl->light, info, &start);
        age = rc == 0 ? (double)time(NULL) - start : 0;
        rc = rc == -ENOENT ? 0 : rc;
    }
    *up = age > 0 ? (unsigned long)age : 0;
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "domain %u: cannot tell how long it is up",
                                      info->domain);
}

static void uptime_text(unsigned long up, char text[64])
{
    unsigned long days = up / 86400;
    int len = 0;

    if (days > 0) {
        len = snprintf(text, 64, "%lu day%s, ", days, days > 1 ? "s" : "");
    }
    snprintf(text + len, 64 - (size_t)len, "%2lu:%02lu:%02lu", up / 3600 % 24, up / 60 % 60,
             up % 60);
}

/* A row, a line in words (-s), or an element of @json. */
static int print_uptime(struct xl *xl, const xyl_domain_info *info, bool in_words,
                        struct xyl_json *json, struct xyl_err *err)
{
    time_t seconds = time(NULL);
    char text[64], now[16];
    unsigned long up;
    const char *name;
    struct tm tm;
    char *owned;
    int rc = uptime(xl, info, &up, err);

    if (rc != 0) {
        return rc;
    }
    owned = xyl_domain_name(xl->light, info->domain);
    name = owned != NULL ? owned : "(null)";
    uptime_text(up, text);
    if (json != NULL) {
        xyl_json_object(json);
        xyl_json_key_text(json, "name", name);
        xyl_json_key_number(json, "domid", info->domain);
        xyl_json_key_number(json, "uptime_s", (long long)up);
        xyl_json_object_end(json);
    } else if (in_words) {
        localtime_r(&seconds, &tm);
        strftime(now, sizeof(now), "%H:%M:%S", &tm);
        printf(" %s up %s, %s (%u)\n", now, text, name, info->domain);
    } else {
        printf("%-33s %4u %s\n", name, info->domain, text);
    }
    free(owned);
    return 0;
}

/* The domains that were named, or all. */
static int print_uptimes(struct xl *xl, const struct xl_args *args, struct xyl_json *json,
                         struct xyl_err *err)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(xl->light, &nr, err);
    uint32_t domid = 0;
    int rc = all != NULL ? 0 : -ENODEV;

    for (size_t i = 0; rc == 0 && args->nr == 0 && i < nr; i++) {
        rc = print_uptime(xl, &all[i], args->flag['s'], json, err);
    }
    for (int w = 0; rc == 0 && w < args->nr; w++) {
        rc = xyl_domain_find(xl->light, args->words[w], &domid, err);
        for (size_t i = 0; rc == 0 && i < nr; i++) {
            if (all[i].domain == domid) {
                rc = print_uptime(xl, &all[i], args->flag['s'], json, err);
            }
        }
    }
    free(all);
    return rc;
}

int xl_uptime(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    bool as_json = args->flag['j'];
    struct xyl_json json;
    int rc;

    if (xyl_light_ctrl(xl->light, err) == NULL || xyl_light_store(xl->light, err) == NULL) {
        return -ENOTCONN;
    }
    if (as_json) {
        xyl_json_start(&json, stdout);
        xyl_json_array(&json);
    } else if (!args->flag['s']) {
        printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
    }
    rc = print_uptimes(xl, args, as_json ? &json : NULL, err);
    if (as_json) {
        xyl_json_array_end(&json);
        xyl_json_end(&json);
    }
    return rc;
}

int xl_debug_keys(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    int rc;

    if (ctrl == NULL) {
        return -ENODEV;
    }
    if (xl_dry_run(xl, "press %s", args->words[0])) {
        return 0;
    }
    rc = xyl_ctrl_debug_keys(ctrl, args->words[0]);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "the hypervisor refuses the keys");
}

#define DMESG_STEP 16384u

int xl_dmesg(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(xl->light, err);
    uint32_t size = DMESG_STEP, index = 0;
    char *buf = NULL;
    int got;

    if (ctrl == NULL) {
        return -ENODEV;
    }
    /* A bigger buffer until all of it fits; nothing is cleared before that. */
    do {
        char *more = realloc(buf, size *= 2);

        if (more == NULL) {
            free(buf);
            return xyl_fail(err, -ENOMEM, "out of memory");
        }
        buf = more;
        got = xyl_ctrl_console_read(ctrl, buf, size, false, false, &index);
    } while (got == (int)size && size < (1u << 26));
    if (got >= 0 && args->flag['c'] && !xl_dry_run(xl, "empty the log")) {
        got = xyl_ctrl_console_read(ctrl, buf, size, true, false, &index);
    }
    if (got >= 0) {
        fwrite(buf, 1, (size_t)got, stdout);
    }
    free(buf);
    return got < 0 ? xyl_fail_sys(err, got, "cannot read the hypervisor's log") : 0;
}
