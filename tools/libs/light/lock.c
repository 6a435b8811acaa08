/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lock for each guest's name, and in it the record of what is being made or destroyed: whoever
 * dies in the midst leaves the record behind, and the next who comes by finishes the work.
 */
#include "bootloader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *light_lock_dir = "/run/xylem";

/* Long names share a lock with others that begin alike; nobody holds two, so that only waits. */
static void lock_path(char path[LIGHT_LOCK_PATH], const char *name)
{
    snprintf(path, LIGHT_LOCK_PATH, "%.60s/guest-%.200s", light_lock_dir, name);
}

/* Is @fd still the file of that name?  Its last owner removed it, perhaps while we waited. */
static bool is_linked(int fd, const char *path)
{
    struct stat ours, now;

    return fstat(fd, &ours) == 0 && stat(path, &now) == 0 && ours.st_ino == now.st_ino &&
           ours.st_dev == now.st_dev;
}

/*
 * The lock belongs to this process alone: a child that fork() makes does not have it, and it ends
 * with the process however that dies.
 * Returns a descriptor, -EAGAIN if another has it and @wait is false, or -Exxx.
 */
static int lock_file(const char *path, int flags, bool wait)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd, rc;

    for (;;) {
        fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
        if (fd < 0) {
            return -errno;
        }
        do {
            rc = fcntl(fd, wait ? F_SETLKW : F_SETLK, &whole) < 0 ? -errno : 0;
        } while (rc == -EINTR);
        if (rc < 0 || is_linked(fd, path)) {
            break;
        }
        close(fd);
    }
    if (rc < 0) {
        close(fd);
        return rc == -EACCES ? -EAGAIN : rc;
    }
    return fd;
}

/* ------------------------------------------------------------ the record */

struct record {
    uint8_t uuid[16];
    long domid;             /* -1: was not known yet */
};

/* 1 if there is one, 0 if not. */
static int read_record(int fd, struct record *record)
{
    char text[80], uuid[XYL_UUID_TEXT];
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

    if (len < 0) {
        return -errno;
    }
    text[len] = '\0';
    return sscanf(text, "%36s %ld", uuid, &record->domid) == 2 &&
           xyl_uuid_parse(uuid, record->uuid);
}

/*
 * Is it the domain of the record?  Its number tells; before that was known, its UUID and that it is
 * alive: one of the same UUID that was destroyed before may linger.
 */
static bool is_recorded(const struct record *record, const xyl_domain_info *info)
{
    return info->domain != 0 && memcmp(info->handle, record->uuid, 16) == 0 &&
           (record->domid >= 0 ? info->domain == record->domid :
            !(info->flags & XEN_DOMINF_dying));
}

/*
 * Has a domain of that UUID got as far as its nodes?  Not while its number was not in the record:
 * its maker died before it was made, and this is another one, made since under another name.
 */
static int is_another(struct xyl_light *light, uint32_t domid, const struct record *record)
{
    char path[LIGHT_PATH], uuid[XYL_UUID_TEXT], *vm;
    int rc;

    if (record->domid >= 0) {
        return 0;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
    vm = xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL);
    if (vm == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    xyl_uuid_format(record->uuid, uuid);
    rc = strncmp(vm, "/vm/", 4) == 0 && strcmp(vm + 4, uuid) == 0;
    free(vm);
    return rc;
}

/* Finish what the record speaks of: after it nothing of the domain is there. */
static int finish(struct xyl_light *light, const struct record *record)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(light, &nr, NULL);
    bool number_taken = false, found = false;
    int rc = all != NULL ? 0 : -ENODEV;

    for (size_t i = 0; rc == 0 && !found && i < nr; i++) {
        int another = is_recorded(record, &all[i]) ? is_another(light, all[i].domain, record) : 1;

        found = another == 0;
        rc = another < 0 ? another : 0;
        number_taken = number_taken || all[i].domain == record->domid;
        if (found) {
            light_log(light, "domain %u was left half-made: it is destroyed", all[i].domain);
            rc = light_destroy(light, all[i].domain, record->uuid);
        }
    }
    free(all);
    if (rc == 0 && !found && record->domid > 0 && !number_taken) {
        nodes_remove(light, (uint32_t)record->domid, record->uuid);
        userdata_remove((uint32_t)record->domid, record->uuid);
    } else if (rc == 0 && !found && record->domid > 0) {
        nodes_remove_vm(light, record->uuid);
        userdata_remove((uint32_t)record->domid, record->uuid);
    }
    return rc;
}

/* ------------------------------------------------------------ taking and leaving it */

int light_lock(struct xyl_light *light, const char *name, struct xyl_err *err)
{
    char path[LIGHT_LOCK_PATH];
    struct record record;
    int fd, rc;

    lock_path(path, name);
    if (light->lock >= 0 && strcmp(light->lock_path, path) == 0) {
        return 0;
    }
    light_unlock(light);
    mkdir(light_lock_dir, 0700);
    fd = lock_file(path, O_CREAT, true);
    if (fd < 0) {
        return xyl_fail_sys(err, fd, "cannot lock the guest \"%s\" in %s", name, light_lock_dir);
    }
    rc = read_record(fd, &record);
    rc = rc > 0 ? finish(light, &record) : rc;
    if (rc < 0) {
        close(fd);
        return xyl_fail_sys(err, rc, "guest \"%s\" was left half-made and cannot be cleared away "
                            "yet; the next command for it tries again", name);
    }
    boot_clean(light, name);
    light->lock = fd;
    memcpy(light->lock_path, path, sizeof(path));
    return light_record(light, -1, NULL, err);
}

int light_record(struct xyl_light *light, long domid, const uint8_t uuid[16], struct xyl_err *err)
{
    char text[80] = "", uuid_text[XYL_UUID_TEXT];
    int len = 0;

    if (uuid != NULL) {
        xyl_uuid_format(uuid, uuid_text);
        len = snprintf(text, sizeof(text), "%s %ld\n", uuid_text, domid);
    }
    /* Never empty in between: a record is replaced by a longer one, or removed as a whole. */
    if (pwrite(light->lock, text, (size_t)len, 0) != len || ftruncate(light->lock, len) < 0) {
        return xyl_fail_sys(err, -errno, "cannot write %s", light->lock_path);
    }
    return 0;
}

void light_unlock_done(struct xyl_light *light, bool done)
{
    if (light->lock >= 0) {
        if (done) {
            unlink(light->lock_path);
        }
        close(light->lock);
        light->lock = -1;
    }
}

void light_unlock(struct xyl_light *light)
{
    light_unlock_done(light, true);
}

static void uuid_path(char path[LIGHT_LOCK_PATH], const uint8_t uuid[16])
{
    char text[XYL_UUID_TEXT];

    xyl_uuid_format(uuid, text);
    snprintf(path, LIGHT_LOCK_PATH, "%.60s/uuid-%s", light_lock_dir, text);
}

int light_lock_uuid(const uint8_t uuid[16], struct xyl_err *err)
{
    char path[LIGHT_LOCK_PATH];
    int fd;

    uuid_path(path, uuid);
    fd = lock_file(path, O_CREAT, true);
    return fd >= 0 ? fd : xyl_fail_sys(err, fd, "cannot lock %s", path);
}

void light_unlock_uuid(int fd, const uint8_t uuid[16])
{
    char path[LIGHT_LOCK_PATH];

    uuid_path(path, uuid);
    unlink(path);
    close(fd);
}

int light_lock_domain(struct xyl_light *light, uint32_t domid, xyl_domain_info *info,
                      struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    char other[32], *name, *again;
    bool same = false;
    int rc = ctrl != NULL && xyl_light_store(light, err) != NULL ? 0 : -ENODEV;

    snprintf(other, sizeof(other), "domain-%u", domid);
    while (rc == 0 && !same) {
        name = xyl_domain_name(light, domid);
        rc = light_lock(light, name != NULL ? name : other, err);
        again = rc == 0 ? xyl_domain_name(light, domid) : NULL;
        same = (name == NULL) == (again == NULL) && (name == NULL || strcmp(name, again) == 0);
        free(name);
        free(again);
    }
    if (rc == 0) {
        rc = xyl_ctrl_domain_info(ctrl, domid, info);
        rc = rc < 0 ? xyl_fail_sys(err, rc, "domain %u", domid) : 0;
    }
    if (rc < 0) {
        light_unlock(light);
    }
    return rc;
}

bool light_locked_by_other(struct xyl_light *light, uint32_t domid)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char path[LIGHT_LOCK_PATH], other[32], *name = xyl_domain_name(light, domid);
    bool held = false;
    int fd;

    snprintf(other, sizeof(other), "domain-%u", domid);
    lock_path(path, name != NULL ? name : other);
    free(name);
    /* Our own lock would go with any descriptor of the file that we close. */
    fd = light->lock >= 0 && strcmp(light->lock_path, path) == 0 ? -1 :
         open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        held = fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
        close(fd);
    }
    return held;
}

int xyl_domain_lock(struct xyl_light *light, uint32_t domid, struct xyl_err *err)
{
    xyl_domain_info info;
    int rc = light_lock_domain(light, domid, &info, err);

    /* As good as gone, however long others keep its pages: nobody removes its nodes again. */
    if (rc == 0 && (info.flags & XEN_DOMINF_dying)) {
        light_unlock(light);
        rc = xyl_fail_sys(err, -ESRCH, "domain %u", domid);
    }
    return rc;
}

void xyl_domain_unlock(struct xyl_light *light)
{
    light_unlock(light);
}

/* ------------------------------------------------------------ putting right */

/* One lock file: if its owner died, finish its work; then it goes. */
static void recover_lock(struct xyl_light *light, const char *file)
{
    char path[LIGHT_LOCK_PATH];
    struct record record;
    int fd, rc;

    snprintf(path, sizeof(path), "%.60s/%.220s", light_lock_dir, file);
    fd = lock_file(path, 0, false);
    if (fd < 0) {
        return;
    }
    rc = read_record(fd, &record);
    if (rc == 0 || (rc > 0 && finish(light, &record) == 0)) {
        if (strncmp(file, "guest-", 6) == 0) {
            boot_clean(light, file + 6);
        }
        unlink(path);
    }
    close(fd);
}

/* A kept file whose domain is gone; the domain is there before its file and goes after it. */
static void recover_kept(struct xyl_light *light, const char *file)
{
    char uuid_text[XYL_UUID_TEXT];
    uint8_t uuid[16];
    xyl_domain_info info;
    unsigned int domid;
    int rc;

    if (sscanf(file, "userdata-d.%u.%36[0-9a-f-].xl", &domid, uuid_text) != 2 ||
        !xyl_uuid_parse(uuid_text, uuid)) {
        return;
    }
    rc = xyl_ctrl_domain_info(light->ctrl, domid, &info);
    if (rc == -ESRCH || (rc == 0 && memcmp(info.handle, uuid, 16) != 0)) {
        userdata_remove(domid, uuid);
    }
}

static void each_file(struct xyl_light *light, const char *folder,
                      void (*fn)(struct xyl_light *light, const char *file))
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            fn(light, entry->d_name);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

int xyl_light_recover(struct xyl_light *light, struct xyl_err *err)
{
    if (xyl_light_ctrl(light, err) == NULL || xyl_light_store(light, err) == NULL) {
        return -ENODEV;
    }
    each_file(light, light_lock_dir, recover_lock);
    each_file(light, light_state_dir, recover_kept);
    return 0;
}
