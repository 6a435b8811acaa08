/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process behind a screen, which is a shell script here: what it is given, what it says, how it
 * ends, and that nothing of it is left whoever dies first.
 */
#include "harness.h"
#include "hotplug.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "harness/fault-off.h"

/* Answers as QEMU does, on the socket that it is given; then TALKS is over. */
#define GREETS "echo '{\"QMP\": {\"version\": {}}}' >&3\nread word <&3\n"
#define AGREES "echo '{\"return\": {}}' >&3\nread word <&3\n"
#define TELLS(port) "echo '{\"event\": \"X\"}' >&3\n"                                          \
    "echo '{\"return\": {\"host\": \"::\", \"service\": \"" port "\", \"clients\": []}}' >&3\n"
#define STAYS "exec sleep 1000\n"
#define GOOD GREETS AGREES TELLS("5903") STAYS

static char folder[64], script[96];
static struct xyl_err err;
static struct xyl_vfb vfb;
static struct hotplug_qemu qemu;
static unsigned int port;

static void begin(const char *body)
{
    FILE *file;

    xyl_err_clear(&err);
    xyl_vfb_init(&vfb);
    port = 0;
    snprintf(folder, sizeof(folder), "/tmp/xyl-qemu-%d", (int)getpid());
    snprintf(script, sizeof(script), "%s/qemu", folder);
    mkdir(folder, 0700);
    file = fopen(script, "w");
    fprintf(file, "#!/bin/sh\n%s", body);
    fclose(file);
    chmod(script, 0700);
    hotplug_qemu_program = script;
    hotplug_qemu_log_dir = folder;
}

static void end(void)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CHECK_EQ(system(command), 0);
}

static int start_named(const char *name)
{
    struct hotplug_qemu_wish wish = { 7, name, &vfb };
    int rc = hotplug_qemu_begin(&qemu, &wish, &err);

    return rc < 0 ? rc : hotplug_qemu_run(&qemu, &port, &err);
}

/* All of a file in our folder. */
static const char *content(const char *name)
{
    static char text[4096];
    char path[200];
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "r");
    len = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;
    text[len] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static bool lives(const struct hotplug_process *process)
{
    struct pollfd poller = { .fd = hotplug_qemu_watch(process), .events = POLLIN };
    bool ended = poller.fd < 0 || poll(&poller, 1, 0) != 0;

    if (poller.fd >= 0) {
        close(poller.fd);
    }
    return !ended;
}

TEST(it_is_told_what_it_needs_and_tells_its_port)
{
    char want[500];

    begin("printf '%s\\n' \"$@\" >$0.args\n" GOOD);
    CHECK_EQ(start_named("a,b"), 0);
    CHECK_EQ(port, 5903);
    snprintf(want, sizeof(want), "-xen-domid\n7\n-xen-attach\n-name\nguest=a,,b\n-no-shutdown\n"
             "-chardev\nsocket,id=talk,fd=3\n-mon\nchardev=talk,mode=control\n-nodefaults\n"
             "-no-user-config\n-machine\nxenpv\n-display\nnone\n-vnc\n127.0.0.1:0,to=99\n");
    CHECK_STR(content("qemu.args"), want);
    hotplug_qemu_close(&qemu);
    CHECK(lives(&qemu.process));
    CHECK_EQ(hotplug_qemu_end(&qemu.process, &err), 0);
    CHECK(!lives(&qemu.process));
    CHECK_EQ(hotplug_qemu_end(&qemu.process, &err), 0);
    end();
}

static void vnc_is(const char *want)
{
    char line[200];

    CHECK_EQ(start_named("a"), 0);
    hotplug_qemu_close(&qemu);
    hotplug_qemu_end(&qemu.process, &err);
    snprintf(line, sizeof(line), "-vnc\n%s\n", want);
    CHECK(strstr(content("qemu.args"), line) != NULL);
}

TEST(where_it_listens)
{
    begin("printf '%s\\n' \"$@\" >$0.args\n" GOOD);
    vfb.listen = (char *)"::1";
    vfb.display = 5;
    vnc_is("[::1]:5,to=104");
    vfb.listen = (char *)"0.0.0.0";
    vfb.this_display = true;
    vnc_is("0.0.0.0:5");
    vfb.this_display = false;
    vfb.display = XYL_VNC_DISPLAY_MAX - 1;
    vfb.keymap = (char *)"de";
    vnc_is("0.0.0.0:59634,to=59635\n-k\nde");
    end();
}

/* Descriptors, abilities, session, folder, signals. */
TEST(it_has_no_more_than_it_needs)
{
    char link[40], pipe_name[40] = "";
    const char *said, *ignored;
    int ours[2];

    begin("{ ls -l /proc/$$/fd | sed 's/.*-> /is /'; grep -E 'CapEff|CapBnd|NoNewPrivs|SigIgn' "
          "/proc/$$/status; echo dir $(pwd); [ $(ps -o sid= -p $$) = $$ ] && echo session; } "
          ">$0.has\n" GOOD);
    CHECK_EQ(pipe(ours), 0);
    signal(SIGHUP, SIG_IGN);
    CHECK_EQ(start_named("a"), 0);
    signal(SIGHUP, SIG_DFL);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", ours[0]);
    CHECK(readlink(link, pipe_name, sizeof(pipe_name) - 1) > 0);
    close(ours[0]);
    close(ours[1]);
    hotplug_qemu_close(&qemu);
    hotplug_qemu_end(&qemu.process, &err);
    said = content("qemu.has");
    EXPECT(strstr(said, "is /dev/null\n") != NULL && strstr(said, pipe_name) == NULL);
    EXPECT(strstr(said, "\nsession\n") != NULL);
    EXPECT(strstr(said, "NoNewPrivs:\t1") != NULL);
    ignored = strstr(said, "SigIgn:\t");
    EXPECT(ignored != NULL &&
           (strtoul(ignored + 8, NULL, 16) & ((1u << 24) | 1u)) == 1u << 24);   /* SIGXFSZ */
    EXPECT(strstr(said, "dir /\n") != NULL);
    EXPECT(geteuid() != 0 || strstr(said, "CapEff:\t0000000000000000") != NULL);
    end();
}

TEST(its_last_words_are_quoted)
{
    begin(GREETS "echo 'qemu: -vnc: address in use' >&2\nexit 1\n");
    CHECK_EQ(start_named("a"), -EIO);
    CHECK_STR(err.text, "QEMU ended with status 1: qemu: -vnc: address in use");
    hotplug_qemu_close(&qemu);
    xyl_err_clear(&err);
    end();
    begin("kill -9 $$\n");
    CHECK_EQ(start_named("a"), -EIO);
    CHECK(strstr(err.text, "QEMU was ended by signal 9; its log is ") == err.text);
    hotplug_qemu_close(&qemu);
    end();
}

TEST(answers_that_make_no_sense)
{
    static const char *const bodies[] = {
        GREETS "echo '{\"error\": {}}' >&3\n" STAYS,
        GREETS AGREES TELLS("0") STAYS,
        GREETS AGREES TELLS("65536") STAYS,
        GREETS AGREES "echo '{\"return\": {\"enabled\": false}}' >&3\n" STAYS,
        "head -c 20000 /dev/zero | tr '\\0' x >&3\n" STAYS,
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        begin(bodies[i]);
        EXPECT(start_named("a") == -EIO);
        EXPECT(strstr(err.text, "cannot ask QEMU for its port; its log is ") == err.text);
        hotplug_qemu_close(&qemu);
        CHECK_EQ(hotplug_qemu_end(&qemu.process, NULL), 0);
        CHECK(!lives(&qemu.process));
        end();
    }
}

TEST(there_is_no_qemu)
{
    begin("");
    hotplug_qemu_program = "/no/qemu";
    CHECK_EQ(start_named("a"), -ENOENT);
    CHECK_STR(err.text, "vfb needs QEMU, and there is no /no/qemu (package qemu-system-xen): No "
              "such file or directory");
    end();
}

TEST(one_that_is_not_let_go_never_runs)
{
    struct hotplug_qemu_wish wish = { 7, "a", &vfb };

    begin("touch $0.ran\n" GOOD);
    CHECK_EQ(hotplug_qemu_begin(&qemu, &wish, &err), 0);
    CHECK(lives(&qemu.process));
    hotplug_qemu_close(&qemu);
    CHECK(!lives(&qemu.process));
    CHECK_EQ(access("qemu.ran", F_OK), -1);
    end();
}

/* Killed between making its process and the word, with the number recorded nowhere. */
TEST(one_whose_maker_dies_never_runs)
{
    struct hotplug_qemu_wish wish = { 7, "a", &vfb };
    char path[100];
    int ends[2];
    pid_t maker;

    begin("touch $0.ran\n" GOOD);
    CHECK_EQ(pipe(ends), 0);
    maker = fork();
    if (maker == 0) {
        _exit(hotplug_qemu_begin(&qemu, &wish, &err) < 0 ||
              write(ends[1], &qemu.process, sizeof(qemu.process)) < 0);
    }
    CHECK_EQ(read(ends[0], &qemu.process, sizeof(qemu.process)), sizeof(qemu.process));
    close(ends[0]);
    close(ends[1]);
    waitpid(maker, NULL, 0);
    for (int i = 0; i < 500 && lives(&qemu.process); i++) {
        usleep(10000);
    }
    CHECK(!lives(&qemu.process));
    snprintf(path, sizeof(path), "%s.ran", script);
    CHECK_EQ(access(path, F_OK), -1);
    end();
}

/* A number that went to another process meanwhile. */
TEST(another_one_of_its_number_is_left_alone)
{
    begin(GOOD);
    CHECK_EQ(start_named("a"), 0);
    hotplug_qemu_close(&qemu);
    qemu.process.start--;
    CHECK_EQ(hotplug_qemu_watch(&qemu.process), -ESRCH);
    CHECK_EQ(hotplug_qemu_end(&qemu.process, &err), 0);
    qemu.process.start++;
    CHECK(lives(&qemu.process));
    CHECK_EQ(hotplug_qemu_end(&qemu.process, &err), 0);
    CHECK(!lives(&qemu.process));
    end();
}

TEST(its_end_is_seen)
{
    struct pollfd poller = { .events = POLLIN };

    begin(GREETS AGREES TELLS("5900") "read word\nsleep 0.2\n");
    CHECK_EQ(start_named("a"), 0);
    hotplug_qemu_close(&qemu);
    poller.fd = hotplug_qemu_watch(&qemu.process);
    CHECK(poller.fd >= 0);
    CHECK_EQ(poll(&poller, 1, 10000), 1);
    close(poller.fd);
    hotplug_qemu_reap(&qemu.process);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    end();
}

/* A guest may make it complain without end, and start again without end. */
TEST(its_log_is_bounded)
{
    struct stat st;
    char path[100];

    begin("head -c 3000000 /dev/zero | tr '\\0' x >&2 2>/dev/null\n" GOOD);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(start_named("a"), 0);
        hotplug_qemu_close(&qemu);
        CHECK_EQ(hotplug_qemu_end(&qemu.process, &err), 0);
    }
    snprintf(path, sizeof(path), "%s/qemu-dm-a.log", folder);
    CHECK_EQ(stat(path, &st), 0);
    CHECK(st.st_size > 100000 && st.st_size <= 1 << 20);
    strcat(path, ".1");
    CHECK_EQ(stat(path, &st), 0);
    CHECK(st.st_size <= 1 << 20);
    strcat(path, ".1");
    CHECK_EQ(stat(path, &st), -1);
    end();
}

/* Each call fails once, in the child too; whatever becomes of it, there is an end. */
TEST(each_system_call_fails_once)
{
    size_t open_files;
    unsigned long n = 1;
    bool hit = true;

    begin(GOOD);
    open_files = fault_open_files();
    for (; hit && n < 100; n++) {
        int rc;

        xyl_err_clear(&err);
        memset(&qemu, 0, sizeof(qemu));
        fault_arm(FAULT_SYSTEM_CALL, n);
        rc = start_named("a");
        if (rc == 0 || qemu.process.pid != 0) {
            hotplug_qemu_close(&qemu);
        }
        rc = rc < 0 ? rc : hotplug_qemu_end(&qemu.process, &err);
        hit = fault_disarm();
        CHECK(rc == 0 || err.text[0] != '\0');
        CHECK(rc == 0 || hit);
        CHECK_EQ(qemu.process.pid != 0 ? hotplug_qemu_end(&qemu.process, NULL) : 0, 0);
        CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
        CHECK_EQ(fault_open_files(), open_files);
    }
    CHECK(n > 8 && !hit);
    end();
}

TEST_MAIN
