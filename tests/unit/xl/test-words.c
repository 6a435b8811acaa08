/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the command line: numbers, amounts of memory, and what bash completes. */
#include "harness.h"
#include "xl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

XL_RUNS(XL_NO_RUN)

static struct xyl_err err;

TEST(numbers)
{
    unsigned long n;

    CHECK_EQ(xl_number("7", 1, 10, "number", &n, &err), 0);
    CHECK_EQ(n, 7);
    CHECK_EQ(xl_number("11", 1, 10, "number", &n, &err), -EINVAL);
    CHECK_STR(err.text, "\"11\" is no number: expected a number from 1 to 10");
    CHECK_EQ(xl_number("0", 1, 10, "number", &n, &err), -EINVAL);
    CHECK_EQ(xl_number("", 0, 10, "number", &n, &err), -EINVAL);
    CHECK_EQ(xl_number("-1", 0, ~0ul, "number", &n, &err), -EINVAL);
    CHECK_EQ(xl_number("3x", 0, 10, "number", &n, &err), -EINVAL);
    CHECK_EQ(xl_number("99999999999999999999", 0, ~0ul, "number", &n, &err), -EINVAL);
}

TEST(memory)
{
    uint64_t kib;

    CHECK_EQ(xl_memory_kib("64", &kib, &err), 0);
    CHECK_EQ(kib, 65536);
    CHECK_EQ(xl_memory_kib("64M", &kib, &err), 0);
    CHECK_EQ(kib, 65536);
    CHECK_EQ(xl_memory_kib("2g", &kib, &err), 0);
    CHECK_EQ(kib, 2097152);
    CHECK_EQ(xl_memory_kib("100k", &kib, &err), 0);
    CHECK_EQ(kib, 100);
    CHECK_EQ(xl_memory_kib("4096b", &kib, &err), 0);
    CHECK_EQ(kib, 4);
    CHECK_EQ(xl_memory_kib("", &kib, &err), -EINVAL);
    CHECK_EQ(xl_memory_kib("-5", &kib, &err), -EINVAL);
    CHECK_EQ(xl_memory_kib("5mm", &kib, &err), -EINVAL);
    CHECK_EQ(xl_memory_kib("99999999t", &kib, &err), -EINVAL);
    CHECK_EQ(xl_memory_kib("18446744073709551616", &kib, &err), -EINVAL);
}

/* What bash offers for the last of @words; `xl list` is a function that prints @guests. */
static void complete_of(const char *guests, const char *words, const char *want)
{
    char path[64], command[600], got[4000];
    FILE *pipe, *file;
    size_t len;

    snprintf(path, sizeof(path), "/tmp/xyl-complete-%d", (int)getpid());
    file = fopen(path, "w");
    CHECK(file != NULL);
    xl_completion(file);
    fclose(file);
    snprintf(command, sizeof(command), "bash -c '. %s; xl() { printf \"Name ID\\n%s\"; "
             "}; COMP_WORDS=(xl %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _xl; "
             "echo \"${COMPREPLY[*]}\"'", path, guests, words);
    pipe = popen(command, "r");
    CHECK(pipe != NULL);
    len = fread(got, 1, sizeof(got) - 1, pipe);
    got[len > 0 ? len - 1 : 0] = '\0';
    EXPECT(pclose(pipe) == 0);
    unlink(path);
    EXPECT(strcmp(got, want) == 0);
    if (strcmp(got, want) != 0) {
        printf("for \"%s\" bash offers \"%s\"\n", words, got);
    }
}

static void complete(const char *words, const char *want)
{
    complete_of("Ga 1\\nGb 2\\n", words, want);
}

/* They were run as a command, by whoever pressed TAB. */
TEST(names_of_guests_are_words_only)
{
    complete_of("\\$(echo\\${IFS}run) 1\\n", "pause \"\"", "$(echo${IFS}run)");
    complete_of("/*c 2\\n", "pause /", "/*c");
}

TEST(completion)
{
    complete("vcpu-s", "vcpu-set");
    complete("-v mem-", "mem-set mem-max");
    complete("pause \"\"", "Ga Gb");
    complete("pause Gb", "Gb");
    complete("shutdown --w", "--wait");
    complete("help sched-credit2", "sched-credit2");
    complete("dmesg \"\"", "");
    complete("create /dev/nul", "/dev/null");
    complete("config-update Ga /dev/nul", "/dev/null");
}

/* Each verb is offered, with all its options. */
TEST(completion_knows_every_row)
{
    char *text = NULL, row[100], option[64];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    xl_completion(out);
    fclose(out);
    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL; verb++) {
        const char *line;

        snprintf(row, sizeof(row), "\n    %s) words=", verb->name);
        line = strstr(text, row);
        CHECK(line != NULL);
        for (const char *o = verb->options; *o != '\0';) {
            size_t len = strcspn(o + 2, " =");

            snprintf(option, sizeof(option), "-%c --%.*s", *o, (int)len, o + 2);
            CHECK(strstr(line, option) != NULL);
            o += 2 + len;
            o += strspn(o, " =");
        }
    }
    free(text);
}

/* A row's help tells of every option it takes, and of no other. */
TEST(help_tells_of_every_option)
{
    char option[64];

    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL; verb++) {
        for (const char *o = verb->options; *o != '\0';) {
            size_t len = strcspn(o + 2, " =");

            snprintf(option, sizeof(option), "-%c", *o);
            if (strstr(verb->help, option) == NULL && verb->run != xl_sched_credit) {
                unit_fail(verb->name, 0, "an option is missing in its help");
            }
            o += 2 + len;
            o += strspn(o, " =");
        }
    }
}

TEST_MAIN
