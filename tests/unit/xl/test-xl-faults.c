/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl itself, on a fake host: the N-th allocation, system call, or call of hypervisor or store of
 * each verb fails, for all N.  Then xl says so, and what was there is there still; or it says all
 * that it says otherwise.
 */
#include "harness.h"
#include "harness/fault.h"
#include "xl-world.h"

#include "harness/fault-off.h"

#define N_MAX 600

enum then { UNCHANGED, CHANGED, CUT, CUT_CHANGED };

/*
 * CHANGED: half of it may have been done, and can be asked for again.  CUT: a console's output ends
 * where its other end is gone, as the error that fault.h gives says.  CUT_CHANGED: both; a guest
 * whose console cannot be shown runs on.
 */
static const struct verb {
    const char *line;       /* CFG and OTHER stand for files */
    enum then then;
} verbs[] = {
    { "list", UNCHANGED },
    { "list -v guest", UNCHANGED },
    { "list -l", UNCHANGED },
    { "vm-list", UNCHANGED },
    { "vcpu-list", UNCHANGED },
    { "vcpu-list --json guest", UNCHANGED },
    { "info", UNCHANGED },
    { "info --json", UNCHANGED },
    { "info -n", UNCHANGED },
    { "domid guest", UNCHANGED },
    { "claims", UNCHANGED },
    { "uptime", UNCHANGED },
    { "uptime --json", UNCHANGED },
    { "dmesg -c", UNCHANGED },
    { "debug-keys h", UNCHANGED },
    { "top -b -i 1", UNCHANGED },
    { "sched-credit2", UNCHANGED },
    { "sched-credit2 -d guest -w 300", UNCHANGED },
    { "sched-credit2 -s", UNCHANGED },
    { "help", UNCHANGED },
    { "help --bash", UNCHANGED },
    { "help create", UNCHANGED },
    { "vcpu-set -i guest 2", UNCHANGED },
    { "vcpu-pin guest all 0", UNCHANGED },
    { "mem-set guest 48", UNCHANGED },
    { "mem-max guest 256", UNCHANGED },
    { "rename guest other", UNCHANGED },
    { "pause guest", UNCHANGED },
    { "unpause guest", UNCHANGED },
    { "sysrq guest h", UNCHANGED },
    { "trigger guest nmi", UNCHANGED },
    { "shutdown guest", UNCHANGED },
    { "reboot -a", UNCHANGED },
    { "keep guest", UNCHANGED },
    { "block-list guest", UNCHANGED },
    { "block-list --json guest", UNCHANGED },
    { "network-list guest", UNCHANGED },
    { "network-list --json guest", UNCHANGED },
    { "channel-list guest", UNCHANGED },
    { "channel-list --json guest", UNCHANGED },
    { "vncviewer guest", UNCHANGED },
    { "block-attach guest DISK,raw,xvdb,w", UNCHANGED },
    { "network-attach guest bridge=br1", UNCHANGED },
    { "block-detach guest xvda", CHANGED },
    { "network-detach guest 0", CHANGED },
    { "config-update -q guest CFG memory=80", UNCHANGED },
    { "create -n OTHER", UNCHANGED },
    { "create -q OTHER", UNCHANGED },
    { "create -e OTHER", UNCHANGED },
    { "stat -1", UNCHANGED },
    { "stat -1 -g guest -f hyper", UNCHANGED },
    { "stat --json", UNCHANGED },
    { "stat -m", UNCHANGED },
    { "stat -m -g guest -f ^exits$", UNCHANGED },
    { "stat -T on", UNCHANGED },
    { "console guest", CUT },
    { "create -q -c OTHER", CUT_CHANGED },
    { "dump-core guest DUMP", UNCHANGED },
    { "dump-core -f guest DUMP", UNCHANGED },
    { "destroy guest", CHANGED },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* ------------------------------------------------------------ failing */

/* FAULT_HOST: a call of hypervisor or store. */
enum { FAULT_HOST = FAULT_SYSTEM_CALL + 1 };

static void arm(int kind, unsigned long n)
{
    if (kind == FAULT_HOST) {
        host.fail_at = host.calls + (unsigned int)n;
    } else {
        fault_arm((enum fault_kind)kind, n);
    }
}

static bool disarm(int kind)
{
    bool hit = kind == FAULT_HOST ? host.calls >= host.fail_at : fault_disarm();

    host.fail_at = 0;
    return hit;
}

static char whole[65536], now[65536], words[2000];

/* NULL, or what is wrong when its @n-th call fails. */
static const char *run_with(const struct verb *verb, int kind, unsigned long n, bool *hit)
{
    size_t open_files = fault_open_files(), before, files;
    const char *why = NULL;
    int status;

    *hit = false;
    if (!xl_begin()) {
        return "there is no guest to begin with";
    }
    before = world_remains();
    files = world_files(true);
    arm(kind, n);
    status = xl_run(verb->line);
    *hit = disarm(kind);
    xl_printed(xl_out_path, now, sizeof(now));
    xl_printed(xl_err_path, words, sizeof(words));
    if (status != 0 && !*hit) {
        why = "it fails anyhow";
    } else if (status != 0 && strstr(words, "xl: ") == NULL) {
        why = "it fails without a word";
    } else if (status != 0 && (verb->then == UNCHANGED || verb->then == CUT) &&
               (world_remains() != before || world_files(true) != files)) {
        why = "something is not as it was";
    } else if (status == 0 && words[0] == '\0' && strcmp(now, whole) != 0 &&
               (verb->then < CUT || strstr(whole, now) == NULL)) {
        why = "its output is not whole";
    }
    why = xl_end() || why != NULL ? why : "something is left";
    return why == NULL && fault_open_files() != open_files ? "a file stays open" : why;
}

static void each_fails_once(int kind)
{
    bool hit;

    xl_files();
    for (size_t i = 0; i < VERBS; i++) {
        const char *why;
        unsigned long n = 0;

        whole[0] = '\0';
        why = run_with(&verbs[i], kind, N_MAX, &hit);   /* nothing fails */
        if (hit || (why != NULL && strcmp(why, "its output is not whole") != 0)) {
            FAIL("xl %s: %s: %s", verbs[i].line, why, words);
        }
        strcpy(whole, now);
        hit = true;
        while (hit && n < N_MAX) {
            why = run_with(&verbs[i], kind, ++n, &hit);
            if (why != NULL) {
                printf("xl %s: %s %lu: %s: \"%s\" \"%.300s\"\n", verbs[i].line,
                       kind == FAULT_HOST ? "call" : kind == FAULT_ALLOCATION ? "allocation" :
                       "system call", n, why, words, now);
                unit_fail(__FILE__, __LINE__, why);
                break;
            }
        }
        EXPECT(n < N_MAX);
    }
    xl_files_end();
}

/* Numbers are not compared above, so that 0 would pass for an answer. */
TEST(uptime_that_cannot_be_read_is_an_error)
{
    static const struct verb uptime = { "uptime", UNCHANGED };
    bool hit = true, told = false;

    xl_files();
    whole[0] = '\0';
    for (unsigned long n = 1; hit; n++) {
        run_with(&uptime, FAULT_SYSTEM_CALL, n, &hit);
        told = told || strstr(words, "domain #: cannot tell how long it is up") != NULL;
    }
    EXPECT(told);
    hit = true;
    for (unsigned long n = 1; hit; n++) {
        run_with(&uptime, FAULT_HOST, n, &hit);
        EXPECT(!hit || words[0] != '\0' || strstr(now, "(null)") != NULL);
    }
    xl_files_end();
}

TEST(each_allocation_of_a_verb_fails_once)
{
    each_fails_once(FAULT_ALLOCATION);
}

TEST(each_system_call_of_a_verb_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL);
}

TEST(each_call_of_the_host_of_a_verb_fails_once)
{
    each_fails_once(FAULT_HOST);
}

#undef main
TEST_MAIN
