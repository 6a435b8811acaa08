/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen-init-dom0, on a fake host: the N-th allocation, system call, or call of hypervisor or store
 * fails, for all N.  Then it says so and ends with 1, and the next run puts everything right.
 */
#include "harness.h"
#include "harness/fault.h"
#include "fake-host.h"

#include "harness/fault-off.h"

#define N_MAX 100

static char path[64], words[1000];

/* Its exit status; what it wrote to standard error is in words. */
static int run(char *word)
{
    char *argv[] = { (char *)"xen-init-dom0", word, NULL };
    int saved = dup(2), status;
    FILE *file;

    fflush(stderr);
    if (freopen(path, "w", stderr) == NULL) {
        abort();
    }
    status = program_main(word != NULL ? 2 : 1, argv);
    fflush(stderr);
    dup2(saved, 2);
    close(saved);
    file = fopen(path, "r");
    words[fread(words, 1, sizeof(words) - 1, file)] = '\0';
    fclose(file);
    return status;
}

static bool is(const char *node, const char *want)
{
    const char *value = store_value(node);

    return value != NULL && strcmp(value, want) == 0;
}

static bool named(void)
{
    return is("/local/domain/0/name", "Domain-0") && is("/local/domain/0/domid", "0") &&
           is("/local/pool/0/name", "Pool-0");
}

static void begin(void)
{
    snprintf(path, sizeof(path), "/tmp/xyl-init-dom0-%d", (int)getpid());
    host_reset();
}

/* FAULT_HOST: a call of hypervisor or store. */
enum { FAULT_HOST = FAULT_SYSTEM_CALL + 1 };

/* NULL, or what is wrong when the @n-th of its calls fails. */
static const char *run_with(int kind, unsigned long n, bool *hit)
{
    size_t open_files = fault_open_files();
    const char *why = NULL;
    int status;

    begin();
    if (kind == FAULT_HOST) {
        host.fail_at = (unsigned int)n;
    } else {
        fault_arm((enum fault_kind)kind, n);
    }
    status = run(NULL);
    *hit = kind == FAULT_HOST ? host.calls >= n : fault_disarm();
    host.fail_at = 0;
    if (status != 0 && (!*hit || status != 1)) {
        why = "it fails anyhow";
    } else if (status != 0 && strncmp(words, "xen-init-dom0: ", 15) != 0) {
        why = "it fails without a word";
    } else if (status == 0 && (!named() || words[0] != '\0')) {
        why = "it says all is well, and it is not";
    } else if (run(NULL) != 0 || !named()) {
        why = "the next run does not put it right";
    } else if (fault_open_files() != open_files) {
        why = "a file stays open";
    }
    store_reset();
    unlink(path);
    return why;
}

TEST(each_call_fails_once)
{
    for (int kind = FAULT_ALLOCATION; kind <= FAULT_HOST; kind++) {
        unsigned long n = 0;
        bool hit = true;

        while (hit && n < N_MAX) {
            const char *why = run_with(kind, ++n, &hit);

            if (why != NULL) {
                FAIL("kind %d, call %lu: %s: \"%s\"", kind, n, why, words);
            }
        }
        CHECK(n < N_MAX && (n > 1 || kind == FAULT_SYSTEM_CALL));
    }
}

TEST(usage)
{
    begin();
    CHECK_EQ(run((char *)"--help"), 0);
    CHECK(strstr(words, "Usage: xen-init-dom0\n") == words);
    CHECK_EQ(run((char *)"now"), 1);
    CHECK(strstr(words, "Usage: ") == words && !named());
    store_reset();
    unlink(path);
}

#undef main
TEST_MAIN
