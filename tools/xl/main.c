/* SPDX-License-Identifier: GPL-2.0-only */
/* Options, dispatch and help. */
#include "xl.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xyl_cfg.h"

#define OPTIONS_MAX 16

static const struct xl_verb *find_verb(const char *name)
{
    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0) {
            return verb;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------ help */

static void print_verb(const struct xl_verb *verb)
{
    const char *rest = strchr(verb->help, '\n');
    int len = rest != NULL ? (int)(rest - verb->help) : (int)strlen(verb->help);

    printf("Usage: xl [-vfN] %s %s\n\n%.*s.\n", verb->name, verb->synopsis, len, verb->help);
    if (rest != NULL) {
        printf("\n");
        for (const char *line = rest + 1; line != NULL; line = rest != NULL ? rest + 1 : NULL) {
            rest = strchr(line, '\n');
            printf("%.*s\n", rest != NULL ? (int)(rest - line) : (int)strlen(line), line);
        }
    }
}

static void print_summary(void)
{
    printf("Usage: xl [-v] [-N] [-f] [-t] [-T] VERB [ARGUMENTS]\n\n"
           "  -v  say what is being done; -vv says more     "
           "-N  do nothing, say what would be done\n"
           "  -f  run even if xend seems to run             -t  progress on one line\n"
           "  -T  time stamps in messages\n\n");
    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL; verb++) {
        printf(" %-12s %.*s\n", verb->name, (int)strcspn(verb->help, "\n"), verb->help);
    }
    printf("\n\"xl help VERB\" tells all about one.\n");
}

static int unknown_verb(const char *name, struct xyl_err *err)
{
    const char *names[128], *near;
    size_t nr = 0;

    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL && nr < 127; verb++) {
        names[nr++] = verb->name;
    }
    names[nr] = NULL;
    for (const char *const *later = xl_verbs_later; *later != NULL; later++) {
        if (strcmp(*later, name) == 0) {
            return xyl_fail(err, -EOPNOTSUPP, "this verb of Xen's xl is not there yet; \"xl "
                            "help\" lists those that are");
        }
    }
    near = xyl_nearest(name, names);
    if (near != NULL) {
        return xyl_fail(err, -EINVAL, "\"%s\" is no verb; do you mean \"%s\"?", name, near);
    }
    return xyl_fail(err, -EINVAL, "\"%s\" is no verb; \"xl help\" lists them", name);
}

int xl_help(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    const struct xl_verb *verb;

    (void)xl;
    if (args->nr > 0) {
        verb = find_verb(args->words[0]);
        if (verb == NULL) {
            return unknown_verb(args->words[0], err);
        }
        print_verb(verb);
    } else if (args->flag['b']) {
        xl_completion(stdout);
    } else if (args->flag['l']) {
        for (verb = xl_verbs; verb->name != NULL; verb++) {
            print_verb(verb);
            putchar('\n');
        }
    } else {
        print_summary();
    }
    return 0;
}

/* ------------------------------------------------------------ arguments */

/* The row's option text as getopt wants it. */
struct spec {
    char shorts[2 * OPTIONS_MAX + 3];
    struct option longs[OPTIONS_MAX + 1];
    char names[OPTIONS_MAX][32];
};

static void make_spec(const char *text, struct spec *spec)
{
    char *s = spec->shorts;
    size_t nr = 0;

    memset(spec, 0, sizeof(*spec));
    *s++ = ':';
    while (*text != '\0' && nr < OPTIONS_MAX) {
        size_t len = strcspn(text + 2, " =");
        bool value = text[2 + len] == '=';

        *s++ = *text;
        if (value) {
            *s++ = ':';
        }
        snprintf(spec->names[nr], sizeof(spec->names[nr]), "%.*s", (int)len, text + 2);
        spec->longs[nr] = (struct option){ spec->names[nr], value, NULL, *text };
        nr++;
        text += 2 + len + value;
        text += strspn(text, " ");
    }
}

static int bad_usage(const struct xl_verb *verb, struct xyl_err *err, const char *what,
                     const char *which)
{
    return xyl_fail(err, -EINVAL, "%s%s; usage: xl %s %s", what, which, verb->name,
                    verb->synopsis);
}

static int parse_options(const struct xl_verb *verb, int argc, char **argv, struct xl_args *args,
                         struct xyl_err *err)
{
    struct spec spec;
    char letter[3] = "-?";
    int opt;

    make_spec(verb->options, &spec);
    optind = 0;
    while ((opt = getopt_long(argc, argv, spec.shorts, spec.longs, NULL)) != -1) {
        if (opt == 'h' && strchr(spec.shorts, 'h') == NULL) {
            opt = '?';
        }
        if (opt == '?' || opt == ':') {
            letter[1] = (char)optopt;
            return bad_usage(verb, err, opt == '?' ? "unknown option " : "no value for option ",
                             optopt != 0 ? letter : argv[optind - 1]);
        }
        args->flag[opt & 127] = true;
        args->value[opt & 127] = optarg;
    }
    args->nr = argc - optind;
    args->words = argv + optind;
    if (args->nr < verb->min_words) {
        return bad_usage(verb, err, "too few arguments", "");
    }
    if (args->nr > verb->max_words) {
        return bad_usage(verb, err, "too many arguments, from ", args->words[verb->max_words]);
    }
    return 0;
}

static int parse_domain(struct xl *xl, const struct xl_verb *verb, struct xl_args *args,
                        struct xyl_err *err)
{
    int rc;

    if (verb->needs_domain == XL_NOTHING) {
        return 0;
    }
    if (verb->needs_domain == XL_DOMAIN_OR_ALL && args->flag['a']) {
        return args->nr == 0 ? 0 : bad_usage(verb, err, "-a or a domain, not both", "");
    }
    if (args->nr == 0) {
        return bad_usage(verb, err, "no domain", "");
    }
    rc = xyl_domain_find(xl->light, args->words[0], &args->domid, err);
    if (rc == 0 && verb->needs_domain == XL_DOMAIN_LOCKED) {
        rc = xyl_domain_lock(xl->light, args->domid, err);
    }
    return rc;
}

/* Verbs that only look, and are called often, do no work for others; keep does its own. */
static bool only_looks(const struct xl_verb *verb)
{
    static xl_run_fn *const looks[] = {
        xl_list, xl_vm_list, xl_vcpu_list, xl_info, xl_domid, xl_domname, xl_uptime, xl_dmesg,
        xl_claims, xl_top, xl_help, xl_debug_keys, xl_sched_credit, xl_sched_credit2, xl_console,
        xl_keep, xl_stat, xl_block_list, xl_network_list, xl_channel_list, xl_vncviewer,
    };

    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        if (verb->run == looks[i]) {
            return true;
        }
    }
    return false;
}

static int run(struct xl *xl, int argc, char **argv, struct xyl_err *err)
{
    const struct xl_verb *verb = find_verb(argv[0]);
    struct xl_args args = { .nr = 0 };
    int rc;

    if (verb == NULL) {
        return unknown_verb(argv[0], err);
    }
    if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
        print_verb(verb);
        return 0;
    }
    rc = parse_options(verb, argc, argv, &args, err);
    if (rc == 0 && !xl->dry_run && !only_looks(verb)) {
        xl_put_right(xl);
    }
    if (rc == 0) {
        rc = parse_domain(xl, verb, &args, err);
    }
    if (rc == 0) {
        rc = verb->run(xl, &args, err);
    }
    if (verb->needs_domain == XL_DOMAIN_LOCKED) {
        xyl_domain_unlock(xl->light);
    }
    return rc;
}

/* The library's steps. */
static void log_step(void *ctx, const char *line)
{
    xl_log(ctx, 1, "%s", line);
}

/* Options before the verb; the index of the verb, or -1. */
static int parse_global(struct xl *xl, int argc, char **argv)
{
    int opt;

    while ((opt = getopt(argc, argv, "+vNftT")) != -1) {
        switch (opt) {
        case 'v':
            xl->verbose++;
            break;
        case 'N':
            xl->dry_run = true;
            break;
        case 'f':
            xl->force = true;
            break;
        case 't':
            xl->progress = true;
            break;
        case 'T':
            xl->timestamps = true;
            break;
        default:
            return -1;
        }
    }
    return optind;
}

/* The old daemon that owned hosts before xl; two masters would spoil each other's domains. */
static bool other_master(const struct xl *xl)
{
    return !xl->force && (access("/run/xend.pid", F_OK) == 0 ||
                          access("/var/lock/subsys/xend", F_OK) == 0);
}

/* What a script can tell apart; the manual lists them (EXIT STATUS). */
static int exit_status(int rc)
{
    switch (rc) {
    case 0:
        return 0;
    case -EINVAL:
        return 2;
    case -ESRCH:
        return 3;
    case -EOPNOTSUPP:
    case -ENOSYS:
        return 4;
    case -EEXIST:
    case -EBUSY:
        return 5;
    case -ENOMEM:
    case -ENOSPC:
        return 6;
    case -ETIMEDOUT:
        return 7;
    default:
        return rc < 0 ? 1 : 0;
    }
}

int main(int argc, char **argv)
{
    struct xl xl = { .argc = argc, .argv = argv };
    struct xyl_err err = XYL_ERR_INIT;
    int verb = parse_global(&xl, argc, argv), rc;

    if (verb < 0 || verb >= argc) {
        print_summary();
        return 2;
    }
    if (other_master(&xl)) {
        fprintf(stderr, "xl: xend seems to run on this host; stop it, or use xl -f\n");
        return 1;
    }
    xl.light = xyl_light_new(log_step, &xl);
    if (xl.light == NULL) {
        fprintf(stderr, "xl: out of memory\n");
        return 1;
    }
    rc = run(&xl, argc - verb, argv + verb, &err);
    if (rc < 0) {
        fprintf(stderr, "xl: %s: %s\n", argv[verb], err.text[0] != '\0' ? err.text :
                strerror(-rc));
    }
    xyl_light_free(xl.light);
    if (fflush(stdout) != 0 && rc == 0) {
        fprintf(stderr, "xl: %s: cannot write the output: %s\n", argv[verb], strerror(errno));
        rc = -EIO;
    }
    return exit_status(rc);
}
