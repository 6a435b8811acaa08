/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hotplug part on a fake kernel: what it does, and each of its system calls and allocations
 * failing once: then there is an error with words, nothing stays open, and no disk is used twice.
 */
#include "harness.h"
#include "harness/fault.h"
#include "hotplug.h"

#include "harness/fault-off.h"
#include "light/fake-kernel-off.h"

#define N_MAX 100

static struct xyl_err err;
static struct xyl_disk disk;

static void set_up(const char *target, bool readonly)
{
    xyl_disk_init(&disk);
    disk.target = strdup(target);
    disk.vdev = strdup("xvda");
    disk.readonly = readonly;
}

/* Lock, open, and let go when the backend has it. */
static int use(const char *target, bool readonly)
{
    struct hotplug_disk hot = { .fd = -1 };
    int lock = hotplug_disk_lock(&err), rc = lock;

    set_up(target, readonly);
    if (lock >= 0) {
        rc = hotplug_disk_open(&disk, &hot, &err);
        hotplug_unlock(lock);
    }
    if (rc == 0) {
        bool is_loop = target[1] == 'i';

        EXPECT(hot.major == (is_loop ? 7u : 8u) && (hot.fd >= 0) == is_loop);
        rc = hotplug_disk_close(&hot, true, 5, 51712, &err);
    }
    EXPECT(hot.fd == -1);
    xyl_disk_dispose(&disk);
    return rc;
}

static int use_file(void)
{
    kernel.opens_after = 3;
    return use("/image", false);
}

static int use_file_when_others_take_loops(void)
{
    kernel.stolen = 2;
    return use("/image", false);
}

/* Another one reads it, and a third has just left. */
static int use_shared_file(void)
{
    kernel.loops[0] = (struct fake_loop){ .inode = IMAGE_INODE, .readonly = true, .foreign = true };
    kernel.loops[1] = (struct fake_loop){ .inode = IMAGE_INODE, .foreign = true,
                                          .leaves_after = 4 };
    return use("/image", true);
}

static int use_block(void)
{
    return use("/dev/sdb", false);
}

/* Must never succeed. */
static int use_busy_file(void)
{
    kernel.loops[1] = (struct fake_loop){ .inode = IMAGE_INODE, .foreign = true };
    return use("/image", false);
}

static int use_busy_block(void)
{
    kernel.mounted = true;
    return use("/dev/sdb", false);
}

static int use_what_no_backend_opens(void)
{
    kernel.opens_after = -1;
    return use("/image", false);
}

static int join(const char *ifname, const char *rename, const char *bridge)
{
    const struct hotplug_vif vif = { ifname, rename, bridge, XYL_UNSET };
    int rc = hotplug_bridge_check(bridge, &err);

    rc = rc == 0 ? hotplug_vif_wait(ifname, &err) : rc;
    rc = rc == 0 ? hotplug_vif_join(&vif, &err) : rc;
    EXPECT(rc < 0 || (kernel.joined == 1 && kernel.mtu == 9000));
    return rc;
}

static int join_bridge(void)
{
    return join("vif5.0", NULL, "br0");
}

static int join_when_the_interface_comes(void)
{
    kernel.vif_after = 3;
    return join("vif5.0", NULL, "br0");
}

static int join_no_interface(void)
{
    kernel.vif_after = -1;
    return join("vif5.0", NULL, "br0");
}

static int join_when_the_old_name_goes(void)
{
    kernel.name_free_after = 2;
    return join("vif5.0", "web", "br0");
}

static int join_with_a_taken_name(void)
{
    kernel.name_free_after = -1;
    return join("vif5.0", "web", "br0");
}

static int join_no_bridge(void)
{
    return join("vif5.0", NULL, "eth0");
}

static int join_nothing(void)
{
    return join("vif5.0", NULL, "br9");
}

static int run_script(void)
{
    const struct hotplug_call call = { "/s", "online", "vif", "backend/vif/5/0", "vif5.0" };
    static char path[] = "PATH=/here", other[] = "vif=mine", *env[] = { other, path, NULL };
    char **mine = environ;
    int rc;

    environ = env;
    rc = hotplug_script(&call, &err);
    environ = mine;
    EXPECT(rc < 0 || (kernel.ran == 1 && kernel.script_knows));
    return rc;
}

static int run_failing_script(void)
{
    kernel.script_status = 3;
    return run_script();
}

static int run_hanging_script(void)
{
    kernel.script_hangs = true;
    return run_script();
}

static int load_driver(void)
{
    int rc = hotplug_driver(XYL_VBD, &err);

    EXPECT(rc < 0 || kernel.driver);
    return rc;
}

static int wait_for_backend(void)
{
    kernel.gone_after = 7;
    EXPECT(!hotplug_backend_gone(XYL_VBD, 5, 51712));
    hotplug_backend_wait(XYL_VBD, 5, 51712);
    EXPECT(kernel.gone_after == 0);
    (void)hotplug_backend_gone(XYL_VBD, 5, 51712);      /* true, unless a call failed */
    return 0;
}

/* What it gives when nothing else fails, and a piece of the words. */
static const struct operation {
    const char *name;
    int (*run)(void);
    int rc;
    const char *words;
} operations[] = {
    { "a file", use_file, 0, "" },
    { "a file, loop devices taken", use_file_when_others_take_loops, 0, "" },
    { "a file that others read", use_shared_file, 0, "" },
    { "a block device", use_block, 0, "" },
    { "a file in use", use_busy_file, -EBUSY, "in use already (/dev/loop1)" },
    { "a block device in use", use_busy_block, -EBUSY, "in use by domain 0 itself" },
    { "a backend that sleeps", use_what_no_backend_opens, -ETIMEDOUT, "did not open disk 51712" },
    { "a bridge", join_bridge, 0, "" },
    { "an interface that comes late", join_when_the_interface_comes, 0, "" },
    { "an interface that never comes", join_no_interface, -ENODEV, "made no interface vif5.0" },
    { "an old interface that goes", join_when_the_old_name_goes, 0, "" },
    { "a name that is taken", join_with_a_taken_name, -EEXIST, "vifname web" },
    { "no bridge", join_no_bridge, -ENODEV, "eth0 is a network interface, but no bridge" },
    { "no interface", join_nothing, -ENODEV, "there is no bridge br9" },
    { "a script", run_script, 0, "" },
    { "a script that fails", run_failing_script, -EIO, "failed (status 3)" },
    { "a script that hangs", run_hanging_script, -ETIMEDOUT, "took over a minute" },
    { "a driver", load_driver, 0, "" },
    { "a backend's end", wait_for_backend, 0, "" },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static bool run_clean(const struct operation *op, int *rc)
{
    kernel_reset();
    xyl_err_clear(&err);
    *rc = op->run();
    return kernel_open_files() == 0 && kernel_loops() == 0 && kernel.running == 0;
}

TEST(what_it_does)
{
    int rc;

    for (size_t i = 0; i < OPERATIONS; i++) {
        CHECK(run_clean(&operations[i], &rc));
        if (rc != operations[i].rc || strstr(err.text, operations[i].words) == NULL) {
            FAIL("%s: %d, \"%s\"", operations[i].name, rc, err.text);
        }
    }
}

/* NULL, or what is wrong when its @n-th call fails. */
static const char *fails_well(const struct operation *op, enum fault_kind kind, unsigned long n,
                              bool *hit)
{
    bool clean;
    int rc;

    fault_arm(kind, n);
    clean = run_clean(op, &rc);
    *hit = fault_disarm();
    return !clean ? "something stays open" :
           rc < 0 && err.text[0] == '\0' ? "without a word" :
           rc < 0 && op->rc == 0 && !*hit ? "fails anyhow" :
           rc >= 0 && op->rc < 0 ? "does what it must not do" :
           unit_failed() ? "says that it is done" : NULL;
}

static void each_fails_once(enum fault_kind kind)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        unsigned long n = 0;
        bool hit = true;

        while (hit && n < N_MAX) {
            const char *why = fails_well(&operations[i], kind, ++n, &hit);

            if (why != NULL) {
                FAIL("%s, %s %lu fails: %s: \"%s\"", operations[i].name,
                     kind == FAULT_ALLOCATION ? "allocation" : "system call", n, why, err.text);
            }
        }
        /* Those that wait in vain do the same thousands of times. */
        CHECK(n < N_MAX || operations[i].rc < 0);
    }
}

TEST(each_system_call_of_the_hotplug_part_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL);
}

TEST(each_allocation_of_the_hotplug_part_fails_once)
{
    each_fails_once(FAULT_ALLOCATION);
}

TEST_MAIN
