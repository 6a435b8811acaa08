/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/xl/process.c: the title of a process costs it nothing of its environment. */
#include "harness.h"
#include "harness/fault.h"
#include "xl.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* In a process of its own, as it gives up terminal and folder: does it keep watch? */
static bool keeps(const char *name)
{
    struct xl xl = { .argc = 2, .argv = args };
    int status = -1;
    pid_t pid;

    lay_out();
    pid = fork();
    if (pid == 0) {
        _exit(xl_become_keeper(&xl, name, false, NULL) != 0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* A file's name has 255 bytes at most, and so has a guest's. */
TEST(the_longest_name_has_a_log)
{
    char folder[] = "/tmp/xyl-logs-XXXXXX", name[XYL_NAME_MAX + 1], path[XYL_NAME_MAX + 40];

    CHECK(mkdtemp(folder) != NULL);
    xl_keeper_log_dir = folder;
    memset(name, 'n', XYL_NAME_MAX);
    name[XYL_NAME_MAX] = '\0';
    CHECK(keeps(name));
    snprintf(path, sizeof(path), "%s/xl-%.200s.log", folder, name);
    CHECK_EQ(unlink(path), 0);
    CHECK(keeps("short"));
    snprintf(path, sizeof(path), "%s/xl-short.log", folder);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(rmdir(folder), 0);
}

TEST_MAIN
