/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl itself, on a fake host: the N-th allocation, system call, or call of hypervisor or store of
 * each verb fails, for all N.  Then xl says so, and what was there is there still; or it says all
 * that it says otherwise.
 */
#include <getopt.h>

#include "harness.h"
#include "harness/fault.h"
#include "world.h"
#include "xl.h"
#include "xyl_cfg.h"

#include "harness/fault-off.h"

#define N_MAX 600
#define WORDS 12

pid_t __wrap_fork(void);
unsigned int __wrap_sleep(unsigned int seconds);

static char top[64], locks[80], cfg[80], other_cfg[80], out_path[80], err_path[80];
static char terminal[80];       /* that the console daemon tells of */

/* The process that watches is not what is tested here. */
pid_t __wrap_fork(void)
{
    return fault_system() ? -1 : 4711;
}

unsigned int __wrap_sleep(unsigned int seconds)
{
    (void)seconds;
    return 0;
}

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
    { "stat -T on", UNCHANGED },
    { "console guest", CUT },
    { "create -q -c OTHER", CUT_CHANGED },
    { "destroy guest", CHANGED },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* ------------------------------------------------------------ the world */

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
        abort();
    }
}

static void make_files(void)
{
    char text[400], kernel[80], image[80];
    int null = open("/dev/null", O_RDONLY);

    snprintf(top, sizeof(top), "/tmp/xyl-xl-%d", (int)getpid());
    snprintf(kernel, sizeof(kernel), "%s/kernel", top);
    snprintf(image, sizeof(image), "%s/image", top);
    snprintf(locks, sizeof(locks), "%s/locks", top);
    snprintf(cfg, sizeof(cfg), "%s/guest.cfg", top);
    snprintf(other_cfg, sizeof(other_cfg), "%s/other.cfg", top);
    snprintf(out_path, sizeof(out_path), "%s/out", top);
    snprintf(err_path, sizeof(err_path), "%s/err", top);
    snprintf(terminal, sizeof(terminal), "%s/terminal", top);
    mkdir(top, 0700);
    dup2(null, STDIN_FILENO);
    close(null);
    xl_console_lock_dir = top;
    put_file(terminal, "the guest's words\n");
    put_file(kernel, "k");
    put_file(image, "i");
    snprintf(text, sizeof(text), "name='guest'\nkernel='%s'\nmemory=64\nmaxmem=128\nvcpus=1\n"
             "maxvcpus=2\ndisk=['%s,raw,xvda,w']\nvif=['mac=00:16:3e:00:00:01']\n"
             "uuid='11111111-2222-4333-8444-555555555555'\n", kernel, image);
    put_file(cfg, text);
    snprintf(text, sizeof(text), "name='third'\nkernel='%s'\nmemory=32\ncpus='0-1'\n"
             "disk=['%s,raw,xvda,r']\nvif=['bridge=br0']\n", kernel, image);
    put_file(other_cfg, text);
}

static void remove_files(void)
{
    static const char *const names[] = { "kernel", "image", "guest.cfg", "other.cfg", "out",
                                         "err", "terminal", "xl-console-1-0", "xl-console-2-0" };
    char path[100];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", top, names[i]);
        unlink(path);
    }
    rmdir(locks);
    rmdir(top);
}

/* The console daemon: a terminal for each guest that has none yet. */
static bool consoles(void)
{
    const char *path;
    bool any = false;
    size_t at = 0;

    while ((path = store_next("/local/domain", &at)) != NULL) {
        if (strstr(path, "/console/tty") != NULL && store_value(path)[0] == '\0') {
            store_set(path, terminal);
            any = true;
        }
    }
    return any;
}

static bool backends_and_guests(void)
{
    char path[100];
    bool any = host_backends();

    any = consoles() || any;

    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    if (!any && store_value(path) != NULL && store_value(path)[0] != '\0') {
        store_set(path, "");
        any = true;
    }
    return any;
}

/* @line's program: its exit status, with what it printed in files. */
static int xl(const char *line)
{
    char text[300], *argv[WORDS + 2] = { (char *)"xl" }, *save = NULL;
    int argc = 1, out = dup(1), error = dup(2), status;

    snprintf(text, sizeof(text), "%s", line);
    for (char *w = strtok_r(text, " ", &save); w != NULL && argc <= WORDS;
         w = strtok_r(NULL, " ", &save)) {
        static char disk[120];

        snprintf(disk, sizeof(disk), "%s/image%s", top, strncmp(w, "DISK", 4) == 0 ? w + 4 : "");
        argv[argc++] = strcmp(w, "CFG") == 0 ? cfg : strcmp(w, "OTHER") == 0 ? other_cfg :
                       strncmp(w, "DISK", 4) == 0 ? disk : w;
    }
    fflush(stdout);
    if (freopen(out_path, "w", stdout) == NULL || freopen(err_path, "w", stderr) == NULL) {
        abort();
    }
    optind = 0;
    status = program_main(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(out, 1);
    dup2(error, 2);
    close(out);
    close(error);
    return status;
}

/* What was printed, with '#' for each number and one blank for each gap. */
static void printed(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "r");
    size_t n = 0;
    int c;

    while (f != NULL && (c = getc(f)) != EOF && n + 1 < size) {
        c = c >= '0' && c <= '9' ? '#' : c;
        if (n == 0 || (c != '#' && c != ' ') || c != text[n - 1]) {
            text[n++] = (char)c;
        }
    }
    text[n] = '\0';
    if (f != NULL) {
        fclose(f);
    }
}

static bool begin(void)
{
    world_begin("xl-state");
    light_lock_dir = locks;
    host.wait = backends_and_guests;
    host.domains[0].tot_pages = host.domains[0].max_pages = 1 << 18;
    xyl_domain_config_dispose(&config);
    store_set("/local/domain/0/name", "Domain-0");
    if (xl("create -e -q CFG") != 0) {
        return false;
    }
    return xyl_domain_find(light, "guest", &domid, &err) == 0;
}

/* Without failures all can be destroyed, and nothing is left. */
static bool end(void)
{
    bool good;

    host.fail_at = 0;
    store_set("/local/domain/0/name", "Domain-0");
    for (int i = 1; i < HOST_DOMAINS; i++) {
        if (host.domains[i].tot_pages != 0) {
            xyl_domain_destroy(light, host.domains[i].domain, NULL);
        }
    }
    xyl_domain_unlock(light);
    good = host_domains() == 0 && world_files(true) == 0 && hotplug.open == 0 &&
           store_count("/vm") == 0 && store_count("/libxl") == 0;
    world_end();
    return good;
}

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
    if (!begin()) {
        return "there is no guest to begin with";
    }
    before = world_remains();
    files = world_files(true);
    arm(kind, n);
    status = xl(verb->line);
    *hit = disarm(kind);
    printed(out_path, now, sizeof(now));
    printed(err_path, words, sizeof(words));
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
    why = end() || why != NULL ? why : "something is left";
    return why == NULL && fault_open_files() != open_files ? "a file stays open" : why;
}

static void each_fails_once(int kind)
{
    bool hit;

    make_files();
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
    remove_files();
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
