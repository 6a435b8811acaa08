/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of this boot, and the parameters that belong to nobody in particular. */
#include <xen/cmdline.h>
#include <xen/lib.h>

extern const struct param params_start[], params_end[];

char saved_cmdline[CMDLINE_MAX];
char cmdline_dom0_extra[CMDLINE_MAX];

/* What boot menus add for others, without a meaning here. */
PARAM_IGNORE(placeholder, "placeholder");
PARAM_IGNORE(no_real_mode, "no-real-mode");
PARAM_IGNORE(edd, "edd");

static void __init report(const char *text)
{
    pr_err("%s\n", text);
}

/* Behind the word "--" stands what dom0's own line is to get. */
static void __init split_dom0_extra(const char *line)
{
    for (const char *p = line; (p = strstr(p, "--")) != NULL; p += 2) {
        if ((p == line || is_space(p[-1])) && (p[2] == '\0' || is_space(p[2]))) {
            for (p += 2; is_space(*p); p++) {
            }
            str_copy(cmdline_dom0_extra, p, sizeof(cmdline_dom0_extra));
            return;
        }
    }
}

void __init cmdline_parse(const char *line)
{
    str_copy(saved_cmdline, line, sizeof(saved_cmdline));
    split_dom0_extra(line);
    cmdline_parse_with(line, params_start, (size_t)(params_end - params_start), report);
}
