/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manual pages list exactly what the tables of verbs and keys have.  With
 * --print verbs, --print keys and so on the list is printed as the page
 * must have it, to be pasted between its marks.
 */
#include "harness.h"
#include "conf.h"
#include "stat.h"
#include "xl.h"
#include "xyl_cfg.h"

XL_RUNS(XL_NO_RUN)

/* Text in roff: dashes are minus signs, a line must not begin with a dot or a quote. */
static void put(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len && text[i] != '\0'; i++) {
        if (text[i] == '-') {
            fputc('\\', out);
        } else if (text[i] == '\\') {
            fputs("\\e", out);
            continue;
        }
        fputc(text[i], out);
    }
}

/* An option's line "-x, --long   what it does", with the lines that go on with it. */
static void put_options(FILE *out, const char *line)
{
    while (line != NULL) {
        const char *end = strchr(line, '\n');
        size_t len = end != NULL ? (size_t)(end - line) : strlen(line);
        const char *gap = line[0] == '-' ? memmem(line, len, "  ", 2) : NULL;

        if (gap != NULL) {
            fputs(".TP\n.B ", out);
            put(out, line, (size_t)(gap - line));
            fputc('\n', out);
            gap += strspn(gap, " ");
            put(out, gap, len - (size_t)(gap - line));
        } else {
            if (line[0] != ' ') {
                fputs(".PP\n", out);
            }
            put(out, line + strspn(line, " "), len - strspn(line, " "));
        }
        fputc('\n', out);
        line = end != NULL ? end + 1 : NULL;
    }
}

static void print_verbs(FILE *out)
{
    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL; verb++) {
        const char *rest = strchr(verb->help, '\n');

        fputs(".SS ", out);
        put(out, verb->name, 100);
        fputc(' ', out);
        put(out, verb->synopsis, 200);
        fputc('\n', out);
        put(out, verb->help, rest != NULL ? (size_t)(rest - verb->help) : 200);
        fputs(".\n", out);
        put_options(out, rest != NULL ? rest + 1 : NULL);
    }
}

static void print_keys(FILE *out)
{
    struct xyl_key_doc doc;

    for (size_t i = 0; xyl_key_doc(i, &doc) && doc.state == XYL_KEY_WORKS; i++) {
        fprintf(out, ".TP\n.BR %s \" (", doc.key);
        put(out, doc.range, 200);
        fputs(")\"\n", out);
        put(out, doc.help, 1000);
        fputc('\n', out);
    }
}

static void print_others(FILE *out, enum xyl_key_state state)
{
    struct xyl_key_doc doc;

    for (size_t i = 0; xyl_key_doc(i, &doc); i++) {
        if (doc.state == state) {
            fprintf(out, ".TP\n.B %s\n", doc.key);
            put(out, doc.help, 1000);
            fputc('\n', out);
        }
    }
}

static void print_later(FILE *out)
{
    print_others(out, XYL_KEY_LATER);
}

static void print_no_effect(FILE *out)
{
    print_others(out, XYL_KEY_NO_EFFECT);
}

static void print_fields(FILE *out)
{
    for (const struct stat_field *f = stat_fields; f->name != NULL; f++) {
        fprintf(out, ".TP\n.B %s\n", f->name);
        fputs(f->rows == NULL ? "(none: " : "", out);
        put(out, f->meaning, 200);
        fputs(f->rows == NULL ? ")\n" : "\n", out);
        if (f->rows != NULL) {
            fputs(".RI ( ", out);
            put(out, f->rows, 200);
            fputs(" )\n", out);
        }
    }
}

static void print_conf_rows(FILE *out, bool works)
{
    for (const struct xl_conf_key *row = xl_conf_keys; row->key != NULL; row++) {
        if (row->works == works) {
            fprintf(out, ".TP\n.B %s\n", row->key);
            put(out, row->help, 200);
            fputc('\n', out);
        }
    }
}

static void print_conf(FILE *out)
{
    print_conf_rows(out, true);
}

static void print_conf_no_effect(FILE *out)
{
    print_conf_rows(out, false);
}

static void print_verbs_later(FILE *out)
{
    for (const char *const *later = xl_verbs_later; *later != NULL; later++) {
        put(out, *later, 100);
        fputs(later[1] != NULL ? ",\n" : ".\n", out);
    }
}

static const struct part {
    const char *name;
    void (*print)(FILE *out);
    const char *page;
} parts[] = {
    { "verbs", print_verbs, "docs/man/xl.1" },
    { "verbs-later", print_verbs_later, "docs/man/xl.1" },
    { "fields", print_fields, "docs/man/xl.1" },
    { "keys", print_keys, "docs/man/xl.cfg.5" },
    { "later", print_later, "docs/man/xl.cfg.5" },
    { "no-effect", print_no_effect, "docs/man/xl.cfg.5" },
    { "conf", print_conf, "docs/man/xl.conf.5" },
    { "conf-no-effect", print_conf_no_effect, "docs/man/xl.conf.5" },
};

static char *read_page(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 200000);

    if (file != NULL) {
        text[fread(text, 1, 199999, file)] = '\0';
        fclose(file);
    }
    return text;
}

/* What stands between the marks of a part is what the table says. */
static void compare(const struct part *part)
{
    char *page = read_page(part->page), mark[64], *begin, *end, *want = NULL;
    size_t size;
    FILE *out = open_memstream(&want, &size);

    part->print(out);
    fclose(out);
    snprintf(mark, sizeof(mark), ".\\\" begin %s\n", part->name);
    begin = strstr(page, mark);
    end = begin != NULL ? strstr(begin, ".\\\" end\n") : NULL;
    if (end == NULL) {
        unit_fail(part->page, 0, "the marks of the list are missing");
    } else {
        begin += strlen(mark);
        *end = '\0';
        if (strcmp(begin, want) != 0) {
            unit_fail(part->page, 0, "differs from the table; print the list with "
                      "build/tests/unit/xl/test-man --print PART");
        }
    }
    free(page);
    free(want);
}

TEST(xl_lists_the_verbs)
{
    compare(&parts[0]);
    compare(&parts[1]);
}

TEST(xl_lists_the_fields_of_stat)
{
    compare(&parts[2]);
}

TEST(xl_cfg_lists_the_keys)
{
    compare(&parts[3]);
    compare(&parts[4]);
    compare(&parts[5]);
}

TEST(xl_conf_lists_the_keys)
{
    compare(&parts[6]);
    compare(&parts[7]);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(argv[1], "--print") == 0 && strcmp(argv[2], parts[i].name) == 0) {
            parts[i].print(stdout);
            return 0;
        }
    }
    return unit_main(argc, argv);
}
