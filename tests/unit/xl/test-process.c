/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/xl/process.c: the title of a process costs it nothing of its environment. */
#include "harness.h"
#include "harness/fault.h"
#include "xl.h"

#include "harness/fault-off.h"

static char memory[200];
static char *args[] = { memory, NULL, NULL }, *variables[4];

int xyl_fail_sys(struct xyl_err *err, int rc, const char *format, ...)
{
    (void)err;
    (void)format;
    return rc;
}

/* As the kernel lays them out: arguments, then the environment, each behind the other. */
static void lay_out(void)
{
    static const char image[] = "xl\0create\0ONE=1\0TWO=two\0THREE=3";

    memcpy(memory, image, sizeof(image));
    args[1] = memory + 3;
    variables[0] = memory + 10;
    variables[1] = memory + 16;
    variables[2] = memory + 24;
    variables[3] = NULL;
}

static bool same(const char *name, const char *value)
{
    const char *now = getenv(name);

    return now != NULL && strcmp(now, value) == 0;
}

/* With the @nth allocation failing (0: none): is all as before, and the title there? */
static bool title(unsigned long nth, const char *want)
{
    struct xl xl = { .argc = 2, .argv = args };
    char **saved = environ;
    bool good;

    lay_out();
    environ = variables;
    fault_arm(FAULT_ALLOCATION, nth);
    good = xl_become_keeper(&xl, "a-guest", true, NULL) == 0;
    fault_disarm();
    good = good && same("ONE", "1") && same("TWO", "two") && same("THREE", "3") &&
           strcmp(memory, want) == 0;
    for (size_t i = 0; environ != variables && environ[i] != NULL; i++) {
        free(environ[i]);
    }
    if (environ != variables) {
        free(environ);
    }
    environ = saved;
    return good;
}

TEST(environment_stays_whole)
{
    CHECK(title(0, "xl: guest a-guest"));
    for (unsigned long n = 1; n <= 4; n++) {
        CHECK(title(n, "xl: gues"));        /* no room but the arguments' own */
    }
}

TEST_MAIN
