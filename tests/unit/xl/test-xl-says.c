/* SPDX-License-Identifier: GPL-2.0-only */
/* xl on a fake host: what -N says and leaves alone; steps of long work for a terminal only. */
#include <pty.h>

#include "harness.h"
#include "harness/fault.h"
#include "xl-world.h"

#include "harness/fault-off.h"

static char text[65536];

/* Each verb that would change something, and what it would do. */
static const struct {
    const char *line, *says;
} dry[] = {
    { "create OTHER", "\"name\": \"third\"" },
    { "config-update -q guest CFG memory=80", "would keep the new configuration of domain #" },
    { "destroy guest", "would destroy domain #" },
    { "shutdown -w guest", "would ask domain # to " },
    { "reboot -a", "would ask domain # to " },
    { "pause guest", "would pause domain #" },
    { "unpause guest", "would unpause domain #" },
    { "rename guest other", "would rename domain # to other" },
    { "console guest", "would connect to console # of domain #" },
    { "dmesg -c", "would empty the log" },
    { "debug-keys h", "would press h" },
    { "vcpu-set -i guest 2", "would let domain # have # vCPUs" },
    { "vcpu-pin guest all 0", "would pin vCPU all of domain #" },
    { "mem-set guest 48", "would let domain # have # KiB of memory" },
    { "mem-max guest 256", "would limit domain # to # KiB of memory" },
    { "sched-credit2 -d guest -w 300", "would give domain # weight # and cap #" },
    { "sched-credit2 -s -r 2000", "would set the rate limit to # microseconds" },
    { "block-attach guest DISK,raw,xvdb,w", "would attach " },
    { "block-detach guest xvda", "would detach disk xvda from domain #" },
    { "network-attach guest bridge=br1", "would attach a network card to domain #" },
    { "network-detach guest 0", "would detach network card # from domain #" },
    { "sysrq guest h", "would press SysRq and h on domain #" },
    { "trigger guest nmi", "would send an NMI to vCPU # of domain #" },
    { "stat -T off", "would switch the measuring of time off" },
    { "dump-core guest DUMP", "would dump domain # to " },
    { "dump-core guest", "would dump domain # to /var/lib/xen/dump/guest" },
    { "vncviewer guest", "would run vncviewer #.#.#.#::#" },
    { "keep guest", "would watch over domain #" },
};

/* The whole store as a number, so that any other value of any node shows. */
static unsigned long store_sum(void)
{
    unsigned long sum = 5381;
    const char *path;
    size_t at = 0;

    while ((path = store_next("", &at)) != NULL) {
        for (const char *s = path; *s != '\0'; s++) {
            sum = sum * 33 + (unsigned char)*s;
        }
        for (const char *s = store_value(path); s != NULL && *s != '\0'; s++) {
            sum = sum * 31 + (unsigned char)*s;
        }
    }
    return sum;
}

static void check_dry(const char *line, const char *says)
{
    struct host before;
    struct fake_hotplug plugged;
    unsigned long sum;
    char words[100];
    size_t files;

    CHECK(xl_begin());
    before = host;
    plugged = hotplug;
    sum = store_sum();
    files = world_files(false);
    snprintf(words, sizeof(words), "-N %s", line);
    EXPECT(xl_run(words) == 0);
    xl_printed(xl_out_path, text, sizeof(text));
    EXPECT(memcmp(before.domains, host.domains, sizeof(host.domains)) == 0);
    EXPECT(before.free_pages == host.free_pages && before.built == host.built &&
           before.paused == host.paused);
    EXPECT(memcmp(&plugged, &hotplug, sizeof(hotplug)) == 0);
    EXPECT(sum == store_sum() && files == world_files(false));
    EXPECT(xl_end());
    if (strstr(text, says) == NULL) {
        FAIL("xl %s: \"%.200s\", not \"%s\"", words, text, says);
    }
}

/* The viewer goes on by itself, so its word may come later. */
TEST(create_shows_the_screen)
{
    xl_files();
    CHECK(xl_begin());
    EXPECT(xl_run("create -q -V -A OTHER") != 0);
    xl_printed(xl_err_path, text, sizeof(text));
    EXPECT(strstr(text, "-V: this guest has no screen; vfb in its configuration") != NULL);
    EXPECT(host_domains() == 1);
    EXPECT(xl_run("create -q -V OTHER vfb=['']") == 0);
    for (int i = 0; i < 1000 && text[0] != 'v'; i++) {
        usleep(10000);
        xl_printed(xl_out_path, text, sizeof(text));
    }
    CHECK_STR(text, "views #.#.#.#::#\n");
    CHECK(xl_end());
    xl_files_end();
}

/* What this host refuses of CPU features is found without a domain; and where there is no host? */
TEST(a_dry_run_asks_the_host_about_cpu_features)
{
    xl_files();
    CHECK(xl_begin());
    EXPECT(xl_run("-N create OTHER cpuid='host,avx2=1'") == 0);
    EXPECT(xl_run("-N create OTHER cpuid='host,smep=1'") == 4);
    xl_printed(xl_err_path, text, sizeof(text));
    EXPECT(strstr(text, "cpuid: smep=#: PV guests cannot be told so") != NULL);
    EXPECT(xl_run("create -n OTHER cpuid='host,avx512f=1'") == 4);
    host.fail_at = host.calls + 1;
    EXPECT(xl_run("-N create OTHER cpuid='host,smep=1'") == 0);
    host.fail_at = 0;
    xl_printed(xl_err_path, text, sizeof(text));
    EXPECT(strstr(text, "cpuid is not compared with this host: no hypervisor") != NULL);
    EXPECT(host_domains() == 1);
    CHECK(xl_end());
    xl_files_end();
}

TEST(a_dry_run_says_what_it_would_do_and_does_nothing)
{
    xl_files();
    for (size_t i = 0; i < sizeof(dry) / sizeof(dry[0]); i++) {
        check_dry(dry[i].line, dry[i].says);
    }
    xl_files_end();
}

/* ------------------------------------------------------------ progress */

/* `xl LINE` with @terminal as its error output; in text what came there, its length. */
static size_t on_terminal(const char *line)
{
    int master, slave;
    size_t len = 0;
    char kept[80];

    strcpy(kept, xl_err_path);
    if (openpty(&master, &slave, xl_err_path, NULL, NULL) != 0 || !xl_begin()) {
        return 0;
    }
    EXPECT(xl_run(line) == 0);
    strcpy(xl_err_path, kept);
    EXPECT(xl_end());
    fcntl(master, F_SETFL, O_NONBLOCK);
    for (ssize_t n; (n = read(master, text + len, sizeof(text) - 1 - len)) > 0; ) {
        len += (size_t)n;
    }
    text[len] = '\0';
    close(slave);
    close(master);
    return len;
}

#define WIPE "\r\033[K"

TEST(steps_are_shown_on_a_terminal_and_wiped)
{
    size_t len;

    xl_files();
    len = on_terminal("create OTHER");
    CHECK(len > strlen(WIPE));
    CHECK_STR(text + len - strlen(WIPE), WIPE);
    CHECK(strchr(text, '\n') == NULL);
    /* The fake builder has no steps of its own. */
    CHECK(strncmp(text, WIPE "domain ", strlen(WIPE "domain ")) == 0);
    CHECK(strstr(text, " created\r" WIPE) != NULL);
    /* -q wants none, -v has each on a line of its own. */
    CHECK_EQ(on_terminal("create -q OTHER"), 0);
    CHECK(on_terminal("-v create OTHER") > 0);
    CHECK(strstr(text, WIPE) == NULL && strchr(text, '\n') != NULL);
    xl_files_end();
}

TEST(a_pipe_hears_nothing)
{
    xl_files();
    CHECK(xl_begin());
    EXPECT(xl_run("create OTHER") == 0);
    xl_printed(xl_err_path, text, sizeof(text));
    EXPECT(xl_end());
    CHECK_STR(text, "");
    /* -t asks for it, whatever is at the other end. */
    CHECK(xl_begin());
    EXPECT(xl_run("-t create OTHER") == 0);
    xl_printed(xl_err_path, text, sizeof(text));
    EXPECT(xl_end());
    CHECK(strstr(text, WIPE) != NULL);
    xl_files_end();
}

#undef main
TEST_MAIN
