/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bootloaders: what they are told, which answers are taken, and that nothing of them is left: no
 * file, no process, no descriptor, however they end.
 */
#include "harness.h"
#include "bootloader.h"
#include "world.h"

#include <errno.h>
#include <signal.h>

#include "harness/fault-off.h"

#define N_MAX 500

/* Finds its options as any bootloader does. */
#define OPTIONS                                                                              \
    "for word; do case $word in --output=*) answer=${word#*=} ;; "                           \
    "--output-directory=*) out=${word#*=} ;; esac; done\n"

static struct boot_choice choice;
static char script[96];

/* The configuration of world.h with a bootloader that is this shell script. */
static void begin(const char *body)
{
    FILE *file;

    world_begin("bootloader");
    snprintf(script, sizeof(script), "/tmp/xyl-bootloader-%d.sh", (int)getpid());
    file = fopen(script, "w");
    fprintf(file, "#!/bin/sh\n%s%s", OPTIONS, body);
    fclose(file);
    chmod(script, 0700);
    world_set(&config.bootloader, script);
    free(config.kernel);
    config.kernel = NULL;
}

static void end(void)
{
    boot_choice_dispose(&choice);
    boot_clean(light, config.name);
    world_end();
    unlink(script);
}

static int choose(const char *body)
{
    begin(body);
    return boot_choose(light, &config, &choice, &err);
}

static void refuse(const char *body, int want, const char *why)
{
    int rc = choose(body);

    if (rc != want || strstr(err.text, why) == NULL) {
        FAIL("%d, \"%s\" instead of \"%s\"", rc, err.text, why);
    }
    end();
}

/* ------------------------------------------------------------ answers */

static int parse(const char *text, size_t size)
{
    boot_choice_dispose(&choice);
    xyl_err_clear(&err);
    return boot_answer_parse(text, size, &choice, &err);
}

#define PARSE(text) parse(text, sizeof(text) - 1)

TEST(answers_of_each_form)
{
    CHECK_EQ(PARSE("kernel /d/k\0ramdisk /d/r\0args root=/dev/xvda1 (a) quiet\0\0"), 0);
    CHECK_STR(choice.kernel, "/d/k");
    CHECK_STR(choice.ramdisk, "/d/r");
    CHECK_STR(choice.cmdline, "root=/dev/xvda1 (a) quiet");
    CHECK_EQ(PARSE("kernel /d/k\nargs \n"), 0);
    CHECK(choice.ramdisk == NULL);
    CHECK_STR(choice.cmdline, "");
    CHECK_EQ(PARSE("linux (kernel /d/k)(ramdisk /d/r)(args \"a=\\\"b)\\\" c\")"), 0);
    CHECK_STR(choice.ramdisk, "/d/r");
    CHECK_STR(choice.cmdline, "a=\"b)\" c");
    CHECK_EQ(PARSE("linux(args 'x' )\n (kernel /d/k)\n"), 0);
    CHECK_STR(choice.cmdline, "x");
    boot_choice_dispose(&choice);
}

TEST(answers_that_are_none)
{
    static const struct {
        const char *text, *why;
    } wrong[] = {
        { "", "it is empty" },
        { "kernel /d/k", "it is cut short" },
        { "kernel /d/k\nramdisk /d", "it is cut short" },
        { "kernel\n", "an entry has no value" },
        { "ramdisk /d/r\n", "it names no kernel" },
        { "kernel /a\nkernel /b\n", "kernel is there twice" },
        { "kernel /a\nname x\n", "an entry is none of kernel, ramdisk and args" },
        { "linux (kernel /d/k)(ramdisk /d", "it is cut short" },
        { "linux (args \"a\\", "it is cut short" },
        { "linux (args \"a", "it is cut short" },
        { "linux (", "it is cut short" },
        { "linux kernel", "\"(\" is missing before an entry" },
        { "linux ()", "an entry is none of kernel, ramdisk and args" },
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_EQ(parse(wrong[i].text, strlen(wrong[i].text)), -EINVAL);
        CHECK_STR(err.text, wrong[i].why);
    }
    CHECK_EQ(PARSE("linux (kernel /d\0/k)"), -EINVAL);
    CHECK_STR(err.text, "kernel has a zero byte in it");
    boot_choice_dispose(&choice);
}

/* ------------------------------------------------------------ running */

#define GOOD "echo k >$out/k; echo r >$out/r\n" \
             "printf 'kernel %s/k\\0ramdisk %s/r\\0args by=it\\0\\0' $out $out >$answer\n"

TEST(it_is_told_what_the_configuration_says)
{
    char want[400], got[400] = "";
    FILE *file;

    begin("echo \"$*\" >$out/k; printf 'kernel %s/k\\n' $out >$answer\n");
    world_set(&config.kernel, "/in/disk");
    world_set(&config.cmdline, "quiet");
    config.bootloader_args = calloc(2, sizeof(char *));
    config.bootloader_args[0] = strdup("-x y");
    config.nr_bootloader_args = 1;
    config.disks = calloc(1, sizeof(*config.disks));
    config.nr_disks = 1;
    xyl_disk_init(&config.disks[0]);
    config.disks[0].target = strdup("/image");
    CHECK_EQ(boot_choose(light, &config, &choice, &err), 0);
    snprintf(want, sizeof(want), "--kernel=/in/disk --args=quiet --output=%s/boot-guest/answer "
             "--output-format=simple0 --output-directory=%s/boot-guest/out -x y /image\n",
             light_state_dir, light_state_dir);
    file = fopen(choice.kernel, "r");
    CHECK(file != NULL && fgets(got, sizeof(got), file) != NULL);
    fclose(file);
    CHECK_STR(got, want);
    end();
}

/* ------------------------------------------------------------ a disk that a script makes */

static void begin_script(const char *body)
{
    begin(body);
    host.wait = host_backends;
    config.disks = calloc(1, sizeof(*config.disks));
    config.nr_disks = 1;
    xyl_disk_init(&config.disks[0]);
    config.disks[0].target = strdup("iqn.2026-01:disk");
    config.disks[0].vdev = strdup("xvdc");
    config.disks[0].script = strdup("block-x");
}

#define SHOW_DISK "for disk; do :; done; echo $disk >$out/k\n" \
    "printf 'kernel %s/k\\n' $out >$answer\n"

/* What the bootloader was told last, and whether nothing is left of it. */
static bool looked_into(const char *node)
{
    char got[40] = "", want[40];
    FILE *file = fopen(choice.kernel, "r");
    bool right;

    snprintf(want, sizeof(want), "%s\n", node);
    right = file != NULL && fgets(got, sizeof(got), file) != NULL && strcmp(got, want) == 0;
    if (file != NULL) {
        fclose(file);
    }
    boot_choice_dispose(&choice);
    return right && world_remains() == 0;
}

TEST(domain_0_has_the_disk_while_the_bootloader_runs)
{
    begin_script(SHOW_DISK);
    CHECK_EQ(boot_choose(light, &config, &choice, &err), 0);
    CHECK(looked_into("/dev/xvda"));
    CHECK_EQ(store_count("/libxl/0"), 0);
    CHECK_STR(hotplug.scripts,
              "/etc/xen/scripts/block-x add backend/vbd/0/51712 -\n"
              "/etc/xen/scripts/block-x remove backend/vbd/0/51712 -\n");
    /* The next name that is free, from blkdev_start on. */
    xyl_light_blkdev_start(light, "xvdd");
    hotplug.named = "xvdd";
    CHECK_EQ(boot_choose(light, &config, &choice, &err), 0);
    CHECK(looked_into("/dev/xvde"));
    xyl_light_blkdev_start(light, "xvdz");
    hotplug.named = "xvdz";
    CHECK_EQ(boot_choose(light, &config, &choice, &err), -EEXIST);
    CHECK(strstr(err.text, "no name left") != NULL);
    end();
}

TEST(a_disk_that_domain_0_does_not_get)
{
    begin_script(SHOW_DISK);
    hotplug.no_front = true;
    CHECK_EQ(world_create(), -ETIMEDOUT);
    CHECK(strstr(err.text, "domain 0 does not take disk xvda for the bootloader") != NULL);
    CHECK(world_remains() == 0 && world_files(false) == 0);
    end();
    begin_script(SHOW_DISK);
    hotplug.script_fails = true;
    CHECK_EQ(world_create(), -EIO);
    CHECK(world_remains() == 0 && world_files(false) == 0);
    end();
    begin_script("exit 3\n");
    CHECK_EQ(world_create(), -EIO);
    CHECK(strstr(err.text, "failed with status 3") != NULL);
    CHECK(world_remains() == 0 && world_files(false) == 0);
    end();
}

/* Another disk of domain 0 is not ours to take away. */
TEST(a_killed_process_leaves_the_disk_to_the_next_lock)
{
    char node[32], path[300];
    struct xyl_disk other;

    begin_script(SHOW_DISK);
    xyl_disk_init(&other);
    other.target = strdup("/image");
    other.vdev = strdup("xvda");
    CHECK_EQ(xyl_disk_add(light, 0, &other, &err), 0);
    CHECK_EQ(boot_attach(light, &config, node, &err), 0);
    CHECK_STR(node, "/dev/xvdb");
    mkdir(light_state_dir, 0700);
    snprintf(path, sizeof(path), "%s/boot-guest", light_state_dir);
    CHECK_EQ(mkdir(path, 0700), 0);
    strcat(path, "/attached");
    fclose(fopen(path, "w"));
    CHECK_EQ(light_lock(light, "guest", &err), 0);
    CHECK_EQ(store_count("/libxl/0/device/vbd/51728"), 0);
    CHECK(store_count("/libxl/0/device/vbd/51712") > 0);
    light_unlock(light);
    CHECK_EQ(world_files(false), 0);
    CHECK_EQ(xyl_device_remove(light, 0, XYL_VBD, 51712, false, &err), 0);
    xyl_disk_dispose(&other);
    CHECK_EQ(world_remains(), 0);
    end();
}

TEST(a_domain_is_made_of_what_it_finds)
{
    begin(GOOD);
    CHECK_EQ(world_create(), 0);
    CHECK_STR(host.kernel + strlen(host.kernel) - 17, "/boot-guest/out/k");
    CHECK_STR(host.ramdisk + strlen(host.ramdisk) - 17, "/boot-guest/out/r");
    CHECK_STR(host.cmdline, "by=it");
    CHECK(access(host.kernel, F_OK) < 0);           /* and none of it is kept */
    CHECK_EQ(xyl_domain_destroy(light, domid, &err), 0);
    CHECK_EQ(world_files(false), 0);
    end();
}

TEST(a_failed_run_makes_no_domain)
{
    begin("exit 7\n");
    CHECK_EQ(world_create(), -EIO);
    CHECK_EQ(host_domains(), 0);
    CHECK_EQ(world_remains(), 0);
    CHECK_EQ(world_files(false), 0);
    end();
}

TEST(what_a_killed_process_left_goes_with_the_next_lock)
{
    CHECK_EQ(choose(GOOD), 0);
    CHECK_EQ(world_files(false), 1);
    CHECK_EQ(light_lock(light, "guest", &err), 0);
    CHECK_EQ(world_files(false), 1);                /* the lock itself */
    light_unlock(light);
    CHECK_EQ(world_files(false), 0);
    end();
}

TEST(runs_that_fail)
{
    refuse("echo first; printf 'no\\033[1m kernel\\a here\\r\\n'; exit 3\n", -EIO,
           "failed with status 3: no[1m kernel here");
    refuse("kill -9 $$\n", -EIO, "was ended by signal 9");
    refuse("exit 0\n", -EINVAL, "(--output=): it is empty");
    refuse("printf 'kernel %s/k' $out >$answer\n", -EINVAL, "it is cut short");
    refuse("head -c 70000 /dev/zero >$answer\n", -EFBIG, "it is longer than 65536 bytes");
    refuse("rm $answer; ln -s /etc/passwd $answer\n", -ELOOP, "cannot read the answer");
    refuse("rm $answer; mkfifo $answer\n", -EINVAL, "it is empty");
    begin("");
    world_set(&config.bootloader, "/nonexistent/loader");
    CHECK_EQ(boot_choose(light, &config, &choice, &err), -ENOENT);
    CHECK(strstr(err.text, "cannot run the bootloader /nonexistent/loader") != NULL);
    end();
}

TEST(files_that_are_not_taken)
{
    refuse("printf 'kernel /etc/passwd\\0' >$answer\n", -EINVAL, "is not in the folder");
    refuse("printf 'kernel %s/../k\\0' $out >$answer; echo >$out/../k\n", -EINVAL,
           "is not in the folder");
    refuse("printf 'kernel %s/\\0' $out >$answer\n", -EINVAL, "is not in the folder");
    refuse("printf 'kernel %s/\\033\\0' $out >$answer\n", -EINVAL, "is not in the folder");
    refuse("printf 'kernel %s/k\\0' $out >$answer\n", -ENOENT, "a kernel that is not there");
    refuse("ln -s /etc/passwd $out/k; printf 'kernel %s/k\\0' $out >$answer\n", -EINVAL,
           "a kernel that is no plain file");
    refuse("echo >$out/x; ln $out/x $out/k; printf 'kernel %s/k\\0' $out >$answer\n", -EINVAL,
           "a kernel that is no plain file");
    refuse("mkfifo $out/k; printf 'kernel %s/k\\0' $out >$answer\n", -EINVAL,
           "a kernel that is no plain file");
    refuse(">$out/k; printf 'kernel %s/k\\0' $out >$answer\n", -EFBIG, "the kernel has 0 bytes");
    refuse("truncate -s 1100000000 $out/k; printf 'kernel %s/k\\0' $out >$answer\n", -EFBIG,
           "bytes; 1 to 1073741824 are taken");
    refuse("echo >$out/k; mkdir -p $out/a/b; printf 'kernel %s/k\\0ramdisk %s/a\\0' $out $out "
           ">$answer\n", -EINVAL, "a ramdisk that is no plain file");
}

TEST(nobody_waits_for_ever)
{
    boot_limit_ms = 300;
    refuse("sleep 1000\n", -ETIMEDOUT, "xl create -c shows what it waits for");
    boot_limit_ms = 300000;
}

static bool has_bytes(const char *path)
{
    FILE *file = fopen(path, "r");
    bool has = file != NULL && fgetc(file) != EOF;

    if (file != NULL) {
        fclose(file);
    }
    return has;
}

/* What it prints is more than a terminal holds, and a child of its own stays behind. */
TEST(output_is_taken_and_children_are_ended)
{
    char pid_text[32] = "", path[300];
    FILE *file;

    CHECK_EQ(choose("head -c 100000 /dev/zero | tr '\\0' x\n"
                    "sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >$out/pid\n" GOOD), 0);
    snprintf(path, sizeof(path), "%s/boot-guest/out/pid", light_state_dir);
    file = fopen(path, "r");
    CHECK(file != NULL && fgets(pid_text, sizeof(pid_text), file) != NULL);
    fclose(file);
    snprintf(path, sizeof(path), "/proc/%d/cmdline", atoi(pid_text));
    for (int i = 0; i < 10000 && has_bytes(path); i++) {
        usleep(1000);
    }
    CHECK(!has_bytes(path));        /* gone, or not waited for yet by whoever inherited it */
    end();
}

/* A person who answers the question that it asks on its terminal. */
static int answer_it(void *ctx, int fd, struct xyl_err *why)
{
    char seen[200] = "";
    size_t len = 0;
    ssize_t n = 1;

    (void)why;
    while (n > 0 && len < sizeof(seen) - 1 && strstr(seen, "which?") == NULL) {
        n = read(fd, seen + len, sizeof(seen) - 1 - len);
        len += n > 0 ? (size_t)n : 0;
        seen[len] = '\0';
    }
    *(bool *)ctx = n > 0 && write(fd, "second\n", 7) == 7;
    close(fd);
    return 0;
}

static int fail_to_show(void *ctx, int fd, struct xyl_err *why)
{
    (void)ctx;
    close(fd);
    return xyl_fail(why, -EPIPE, "the terminal is gone");
}

TEST(a_person_answers)
{
    bool asked = false;

    begin("[ -t 0 ] && [ -t 1 ] && echo which? && read word && echo k >$out/$word\n"
          "printf 'kernel %s/%s\\n' $out $word >$answer\n");
    xyl_light_boot_console(light, answer_it, &asked);
    CHECK_EQ(boot_choose(light, &config, &choice, &err), 0);
    CHECK(asked);
    CHECK_STR(choice.kernel + strlen(choice.kernel) - 7, "/second");
    boot_choice_dispose(&choice);
    xyl_light_boot_console(light, fail_to_show, NULL);
    CHECK_EQ(boot_choose(light, &config, &choice, &err), -EPIPE);
    end();
}

/* ------------------------------------------------------------ failures */

static bool run_with(enum fault_kind kind, unsigned long n, bool scripted)
{
    size_t open_files = fault_open_files();
    bool hit;
    int rc;

    if (scripted) {
        begin_script(GOOD);
    } else {
        begin(GOOD);
    }
    fault_arm(kind, n);
    rc = world_create();
    hit = fault_disarm();
    if (rc < 0 && err.text[0] == '\0') {
        unit_fail(__FILE__, __LINE__, "without a word");
    }
    /* A disk that could not be taken away is so by the next one. */
    if (rc < 0 && scripted && light_lock(light, "guest", NULL) == 0) {
        light_unlock(light);
    }
    if (rc < 0 && (host_domains() != 0 || world_remains() != 0 || world_files(true) != 0)) {
        unit_fail(__FILE__, __LINE__, "something remains");
    }
    if (rc == 0) {
        xyl_domain_destroy(light, domid, &err);
    }
    end();
    if (fault_open_files() != open_files) {
        unit_fail(__FILE__, __LINE__, "a file stays open");
    }
    return hit && !unit_failed();
}

TEST(each_call_fails_once)
{
    static const enum fault_kind kinds[] = { FAULT_ALLOCATION, FAULT_SYSTEM_CALL };

    for (size_t i = 0; i < 2; i++) {
        unsigned long n = 1;

        while (n < N_MAX && run_with(kinds[i], n, false)) {
            n++;
        }
        CHECK(n > 8 && n < N_MAX && !unit_failed());
        for (n = 1; n < N_MAX && run_with(kinds[i], n, true); n++) {
        }
        CHECK(n > 20 && n < N_MAX && !unit_failed());
    }
}

TEST_MAIN
