/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets of disks as block devices: loop devices on files, and who else uses them. */
#include "hotplug.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define LOCK_DIR      "/var/lock"
#define LOCK_FILE     LOCK_DIR "/xl-disks"
#define LOOP_TRIES    100
#define STEP_NS       2000000       /* between looks at what the kernel tells nobody of */
#define LEAVING_STEPS 1500          /* a loop device whose last user has gone: 3 s */
#define OPEN_STEPS    15000         /* until the backend has opened its device: 30 s */
#define SECTOR        512

static void pause_step(void)
{
    nanosleep(&(struct timespec){ 0, STEP_NS }, NULL);
}

int hotplug_disk_lock(struct xyl_err *err)
{
    int fd;

    mkdir(LOCK_DIR, 0755);
    fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) < 0) {
        if (errno != EINTR) {
            close(fd);
            fd = -1;
        }
    }
    return fd >= 0 ? fd : xyl_fail_sys(err, -errno, "cannot lock %s", LOCK_FILE);
}

void hotplug_unlock(int lock)
{
    close(lock);
}

/* ------------------------------------------------------------ loop devices */

/* As the kernel writes device numbers in a loop device's status. */
static uint64_t kernel_dev(dev_t dev)
{
    return (minor(dev) & 0xff) | (uint64_t)major(dev) << 8 | (uint64_t)(minor(dev) & ~0xffu) << 12;
}

/* The status of a loop device: 1 it is in use, 0 it is not (or is gone), or -Exxx. */
static int loop_status(const char *name, struct loop_info64 *info)
{
    char path[300];
    int fd, rc;

    /* Free ones have no such file; it is not worth opening them. */
    snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", name);
    if (access(path, F_OK) < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    snprintf(path, sizeof(path), "/dev/%s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT || errno == ENXIO ? 0 : -errno;
    }
    rc = ioctl(fd, LOOP_GET_STATUS64, info) == 0 ? 1 : errno == ENXIO ? 0 : -errno;
    close(fd);
    return rc;
}

/*
 * A loop device on the file that does not go with our use: 1 with its name in @other, 0 if there
 * is none.  What cannot be looked at may be one: -Exxx.
 */
static int find_other(const struct stat *st, bool readonly, char other[32])
{
    DIR *dir = opendir("/sys/block");
    struct dirent *entry;
    struct loop_info64 info;
    int found = 0;

    if (dir == NULL) {
        return -errno;
    }
    while (found == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        found = strncmp(entry->d_name, "loop", 4) == 0 ? loop_status(entry->d_name, &info) : 0;
        if (found == 1) {
            found = info.lo_device == kernel_dev(st->st_dev) && info.lo_inode == st->st_ino &&
                    !(readonly && (info.lo_flags & LO_FLAGS_READ_ONLY));
            snprintf(other, 32, "%.31s", entry->d_name);
        }
    }
    if (found == 0 && errno != 0) {
        found = -errno;
    }
    closedir(dir);
    return found;
}

/*
 * Nobody else may use the file, unless all only read it.  A loop device that its last user
 * has just left takes a moment to end.
 */
static int check_file(const struct xyl_disk *disk, const struct stat *st, struct xyl_err *err)
{
    char other[32];
    int found;

    for (int i = 0; (found = find_other(st, disk->readonly, other)) > 0; i++) {
        if (i == LEAVING_STEPS) {
            return xyl_fail(err, -EBUSY, "disk %s: %s is in use already (/dev/%s), and not both "
                            "only read it", disk->vdev, disk->target, other);
        }
        pause_step();
    }
    return found == 0 ? 0 : xyl_fail_sys(err, found, "disk %s: cannot see who else uses %s",
                                         disk->vdev, disk->target);
}

/* Put the file into a free loop device; another process may be faster, then the next one. */
static int configure(int control, int file, const struct xyl_disk *disk, struct hotplug_disk *hot)
{
    struct loop_config config = {
        .fd = (uint32_t)file,
        .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO |
                         (disk->readonly ? LO_FLAGS_READ_ONLY : 0),
    };

    snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%.63s", disk->target);
    for (int i = 0; i < LOOP_TRIES; i++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE), fd;

        if (number < 0) {
            return -errno;
        }
        snprintf(hot->node, sizeof(hot->node), "/dev/loop%d", number);
        fd = open(hot->node, (disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) == 0) {
            return fd;
        }
        if (fd >= 0) {
            int rc = -errno;

            close(fd);
            if (rc != -EBUSY) {
                return rc;
            }
        } else if (errno != ENXIO && errno != ENOENT) {
            return -errno;
        }
    }
    return -EBUSY;
}

static int open_file(const struct xyl_disk *disk, int file, const struct stat *st,
                     struct hotplug_disk *hot, struct xyl_err *err)
{
    struct stat loop;
    int control, rc;

    if (st->st_size < SECTOR) {
        return xyl_fail(err, -EINVAL, "disk %s: %s has no sector (%lld bytes)", disk->vdev,
                        disk->target, (long long)st->st_size);
    }
    rc = check_file(disk, st, err);
    if (rc < 0) {
        return rc;
    }
    control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) {
        return xyl_fail_sys(err, -errno, "disk %s: no loop devices (modprobe loop?)", disk->vdev);
    }
    rc = configure(control, file, disk, hot);
    close(control);
    if (rc < 0 || fstat(rc, &loop) < 0) {
        if (rc >= 0) {
            close(rc);
        }
        return xyl_fail_sys(err, rc < 0 ? rc : -errno, "disk %s: no loop device for %s",
                            disk->vdev, disk->target);
    }
    hot->fd = rc;
    hot->major = major(loop.st_rdev);
    hot->minor = minor(loop.st_rdev);
    return 0;
}

/* ------------------------------------------------------------ block devices */

/* Exclusive opening fails if domain 0 has it mounted, or in use in another way of its own. */
static int open_block(const struct xyl_disk *disk, int fd, const struct stat *st,
                      struct hotplug_disk *hot, struct xyl_err *err)
{
    char path[40];

    hot->major = major(st->st_rdev);
    hot->minor = minor(st->st_rdev);
    if (!disk->readonly) {
        int excl;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        excl = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
        if (excl < 0 && errno == EBUSY) {
            return xyl_fail(err, -EBUSY, "disk %s: %s is in use by domain 0 itself (mounted?)",
                            disk->vdev, disk->target);
        }
        if (excl < 0) {
            return xyl_fail_sys(err, -errno, "disk %s: cannot see whether domain 0 uses %s",
                                disk->vdev, disk->target);
        }
        close(excl);
    }
    return 0;
}

int hotplug_disk_open(const struct xyl_disk *disk, struct hotplug_disk *hot, struct xyl_err *err)
{
    int fd = open(disk->target, (disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC), rc;
    struct stat st;

    *hot = (struct hotplug_disk){ .fd = -1 };
    if (fd < 0) {
        return xyl_fail_sys(err, -errno, "disk %s: cannot open %s", disk->vdev, disk->target);
    }
    if (fstat(fd, &st) < 0) {
        rc = xyl_fail_sys(err, -errno, "disk %s: %s", disk->vdev, disk->target);
    } else if (S_ISREG(st.st_mode)) {
        rc = open_file(disk, fd, &st, hot, err);
    } else if (S_ISBLK(st.st_mode)) {
        rc = open_block(disk, fd, &st, hot, err);
    } else {
        rc = xyl_fail(err, -EINVAL, "disk %s: %s is neither a file nor a block device",
                      disk->vdev, disk->target);
    }
    close(fd);
    return rc;
}

/* The backend driver shows that it has opened the device by this file, and by nothing else. */
static int wait_opened(uint32_t domid, uint32_t id, struct xyl_err *err)
{
    char path[100];

    snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/mode", domid, id);
    for (int i = 0; access(path, F_OK) < 0; i++) {
        if (i == OPEN_STEPS) {
            return xyl_fail(err, -ETIMEDOUT, "domain %u: the backend did not open disk %u; see "
                            "domain 0's kernel log", domid, id);
        }
        pause_step();
    }
    return 0;
}

int hotplug_disk_close(struct hotplug_disk *hot, bool wait, uint32_t domid, uint32_t id,
                       struct xyl_err *err)
{
    int rc = wait ? wait_opened(domid, id, err) : 0;

    if (hot->fd >= 0) {
        close(hot->fd);
        hot->fd = -1;
    }
    return rc;
}
