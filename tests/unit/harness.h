/* SPDX-License-Identifier: GPL-2.0-only */
/* Test harness of the host programs: TEST(name) { CHECK(...); } ... TEST_MAIN */
#ifndef XYLEM_TESTS_UNIT_HARNESS_H
#define XYLEM_TESTS_UNIT_HARNESS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A program holds any number of tests, which run in the order of the file.  Each prints one line,
 * `ok NAME` or `FAIL NAME: FILE:LINE: why`, and main() returns 1 if any failed.  A sanitizer's
 * report ends the program and counts as one failure more.  With arguments only the tests they
 * name are run.
 */
struct unit_test {
    const char *name;
    void (*run)(void);
    struct unit_test *next;
};

static struct unit_test *unit_first, **unit_last = &unit_first;
static char unit_why[512];

static inline void unit_fail(const char *file, int line, const char *why)
{
    if (unit_why[0] == '\0') {
        snprintf(unit_why, sizeof(unit_why), "%s:%d: %s", file, line, why);
    }
}

static inline bool unit_failed(void)
{
    return unit_why[0] != '\0';
}

/* Note the failure and go on (the first one of a test is the one that is printed). */
#define EXPECT(cond)                                                                               \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            unit_fail(__FILE__, __LINE__, #cond);                                                  \
        }                                                                                          \
    } while (0)

/* Leave the function (which returns void) on failure. */
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            unit_fail(__FILE__, __LINE__, #cond);                                                  \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* As CHECK(a == b) for integers, with both values in the line that is printed. */
#define CHECK_EQ(a, b)                                                                             \
    do {                                                                                           \
        long long unit_a = (long long)(a), unit_b = (long long)(b);                                \
        if (unit_a != unit_b) {                                                                    \
            char unit_msg[256];                                                                    \
            snprintf(unit_msg, sizeof(unit_msg), "%s is %lld (%#llx), not %s = %lld (%#llx)", #a,  \
                     unit_a, (unsigned long long)unit_a, #b, unit_b, (unsigned long long)unit_b);  \
            unit_fail(__FILE__, __LINE__, unit_msg);                                               \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* As CHECK_EQ for strings. */
#define CHECK_STR(a, b)                                                                            \
    do {                                                                                           \
        const char *unit_a = (a), *unit_b = (b);                                                   \
        if (unit_a == NULL || unit_b == NULL || strcmp(unit_a, unit_b) != 0) {                     \
            char unit_msg[400];                                                                    \
            snprintf(unit_msg, sizeof(unit_msg), "%s is \"%s\", not \"%s\"", #a,                   \
                     unit_a != NULL ? unit_a : "(null)", unit_b != NULL ? unit_b : "(null)");      \
            unit_fail(__FILE__, __LINE__, unit_msg);                                               \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Fail with a printf-style text, and leave the function. */
#define FAIL(...)                                                                                  \
    do {                                                                                           \
        char unit_msg[400];                                                                        \
        snprintf(unit_msg, sizeof(unit_msg), __VA_ARGS__);                                         \
        unit_fail(__FILE__, __LINE__, unit_msg);                                                   \
        return;                                                                                    \
    } while (0)

#define TEST(id)                                                                                   \
    static void unit_run_##id(void);                                                               \
    static struct unit_test unit_test_##id = { #id, unit_run_##id, NULL };                         \
    __attribute__((constructor)) static void unit_add_##id(void)                                   \
    {                                                                                              \
        *unit_last = &unit_test_##id;                                                              \
        unit_last = &unit_test_##id.next;                                                          \
    }                                                                                              \
    static void unit_run_##id(void)

static inline bool unit_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return true;
        }
    }
    return argc < 2;
}

static inline int unit_main(int argc, char **argv)
{
    int failed = 0;

    for (struct unit_test *t = unit_first; t != NULL; t = t->next) {
        if (!unit_wanted(t->name, argc, argv)) {
            continue;
        }
        unit_why[0] = '\0';
        t->run();
        if (unit_failed()) {
            printf("FAIL %s: %s\n", t->name, unit_why);
            failed = 1;
        } else {
            printf("ok %s\n", t->name);
        }
        fflush(stdout);
    }
    return failed;
}

#define TEST_MAIN                                                                                  \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return unit_main(argc, argv);                                                              \
    }

#endif
