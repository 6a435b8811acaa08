/* SPDX-License-Identifier: GPL-2.0-only */
/* Files in /var/lib/xen about domains that run. */
#include "light-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERDATA_MAX (1u << 20)

const char *light_state_dir = "/var/lib/xen";

static void userdata_path(char path[LIGHT_PATH], uint32_t domid, const uint8_t uuid[16],
                          const char *suffix)
{
    char text[XYL_UUID_TEXT];

    xyl_uuid_format(uuid, text);
    snprintf(path, LIGHT_PATH, "%s/userdata-d.%u.%s.xl%s", light_state_dir, domid, text, suffix);
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Written beside and renamed, so that nobody ever reads half a file. */
int userdata_store(uint32_t domid, const uint8_t uuid[16], const char *text, struct xyl_err *err)
{
    char path[LIGHT_PATH], new[LIGHT_PATH];
    int fd, rc;

    userdata_path(path, domid, uuid, "");
    userdata_path(new, domid, uuid, ".new");
    mkdir(light_state_dir, 0755);
    fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return xyl_fail_sys(err, -errno, "cannot write %s", new);
    }
    rc = write_all(fd, text, strlen(text));
    if (close(fd) < 0 && rc == 0) {
        rc = -errno;
    }
    if (rc == 0 && rename(new, path) < 0) {
        rc = -errno;
    }
    if (rc < 0) {
        unlink(new);
        return xyl_fail_sys(err, rc, "cannot write %s", path);
    }
    return 0;
}

char *userdata_load(uint32_t domid, const uint8_t uuid[16])
{
    char path[LIGHT_PATH], *text;
    struct stat st = { .st_size = 0 };
    FILE *file;
    size_t len;
    int rc;

    userdata_path(path, domid, uuid, "");
    file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    errno = EFBIG;
    text = fstat(fileno(file), &st) == 0 && st.st_size < USERDATA_MAX ?
           malloc((size_t)st.st_size + 1) : NULL;
    rc = errno;
    if (text != NULL) {
        len = fread(text, 1, (size_t)st.st_size, file);
        text[len] = '\0';
        if (ferror(file)) {
            rc = EIO;
            free(text);
            text = NULL;
        }
    }
    fclose(file);
    errno = rc;
    return text;
}

/* The lock has a file of its own, since the text is replaced by a new file now and then. */
int userdata_lock(uint32_t domid, const uint8_t uuid[16], struct xyl_err *err)
{
    char path[LIGHT_PATH];
    int fd, rc;

    userdata_path(path, domid, uuid, "");
    if (access(path, F_OK) < 0) {
        return -ENOENT;
    }
    userdata_path(path, domid, uuid, ".lock");
    fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return xyl_fail_sys(err, -errno, "cannot open %s", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        rc = errno == EWOULDBLOCK ?
             xyl_fail(err, -EBUSY, "another process watches over domain %u already", domid) :
             xyl_fail_sys(err, -errno, "cannot lock %s", path);
        close(fd);
        return rc;
    }
    return fd;
}

void userdata_remove(uint32_t domid, const uint8_t uuid[16])
{
    static const char *const suffixes[] = { "", ".lock", ".new" };
    char path[LIGHT_PATH];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        userdata_path(path, domid, uuid, suffixes[i]);
        unlink(path);
    }
}

char *xyl_domain_config_load(const xyl_domain_info *info)
{
    return userdata_load(info->domain, info->handle);
}

int xyl_domain_config_keep(struct xyl_light *light, uint32_t domid,
                           struct xyl_domain_config *config, xyl_config_text_fn *to_text,
                           struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    xyl_domain_info info;
    char *old, *text;
    int rc = ctrl == NULL ? -ENODEV : xyl_ctrl_domain_info(ctrl, domid, &info);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "domain %u", domid);
    }
    old = xyl_domain_config_load(&info);
    if (old == NULL && errno != ENOENT) {
        return xyl_fail_sys(err, -errno, "cannot read the configuration of domain %u", domid);
    }
    if (old == NULL) {
        return xyl_fail(err, -ENOENT, "no configuration of domain %u is kept: xl did not make it",
                        domid);
    }
    free(old);
    memcpy(config->uuid, info.handle, sizeof(config->uuid));
    config->uuid_given = true;
    text = to_text(config);
    rc = text != NULL ? userdata_store(domid, info.handle, text, err) :
         xyl_fail(err, -ENOMEM, "out of memory");
    free(text);
    return rc;
}

static long larger(long a, long b)
{
    return a > b ? a : b;
}

/* A value that is changed takes its limit along, if that is in the way (D2). */
static void apply(struct xyl_domain_config *config, const struct xyl_config_change *change)
{
    if (change->vcpus != XYL_UNSET) {
        config->vcpus = change->vcpus;
        config->maxvcpus = larger(config->maxvcpus, change->vcpus);
    }
    if (change->memory_mib != XYL_UNSET) {
        config->memory_mib = change->memory_mib;
        config->maxmem_mib = larger(config->maxmem_mib, change->memory_mib);
    }
    if (change->maxmem_mib != XYL_UNSET) {
        config->maxmem_mib = change->maxmem_mib;
        config->memory_mib = config->memory_mib < change->maxmem_mib ? config->memory_mib :
                             change->maxmem_mib;
    }
}

int xyl_domain_config_change(struct xyl_light *light, uint32_t domid,
                             const struct xyl_config_change *change, xyl_config_text_fn *to_text,
                             struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    struct xyl_domain_config config;
    xyl_domain_info info;
    char *text;
    int rc = ctrl == NULL ? -ENODEV : xyl_ctrl_domain_info(ctrl, domid, &info);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "domain %u", domid);
    }
    text = xyl_domain_config_load(&info);
    if (text == NULL) {
        return errno == ENOENT ? 0 :
               xyl_fail_sys(err, -errno, "cannot read the configuration of domain %u", domid);
    }
    xyl_domain_config_init(&config);
    rc = light->reader(text, &config, err);
    rc = rc == 0 ? xyl_domain_config_check(&config, err) : rc;
    if (rc == 0) {
        apply(&config, change);
        rc = xyl_domain_config_keep(light, domid, &config, to_text, err);
    }
    xyl_domain_config_dispose(&config);
    free(text);
    return rc;
}
