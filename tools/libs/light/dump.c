/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing a domain's memory and registers to a file. */
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CHUNK        1024u              /* pages that are mapped at once */
#define DUMPS_MAX    5                  /* of crashes of one guest that are kept */
#define DUMP_PATH    512
#define TELL_PAGES   65536u             /* with more, say how far it is */

const char *light_dump_dir = "/var/lib/xen/dump";

/*
 * Invariants:
 *   W1  fd is -1 or the open file; named: it is called name, which goes if we fail.
 *   W2  name is path, or one beside it if what is there is to be replaced: that stays until then.
 *   W3  contexts, shared and pages.at are owned.
 */
struct dump {
    struct xyl_light *light;
    xyl_domain_info info;
    const char *path;
    char name[DUMP_PATH + 16];
    int fd;
    bool named;
    struct xyl_version version;
    vcpu_guest_context_t *contexts;
    uint32_t nr_vcpus;
    shared_info_t *shared;
    struct dump_pages pages;
    struct dump_layout layout;
};

/* ------------------------------------------------------------ what there is */

static int read_contexts(struct dump *d, struct xyl_err *err)
{
    uint32_t max = d->info.max_vcpu_id + 1;

    d->contexts = calloc(max, sizeof(*d->contexts));
    if (d->contexts == NULL) {
        return xyl_fail_sys(err, -ENOMEM, "no memory for the registers of %u vCPUs", max);
    }
    for (uint32_t i = 0; i < max; i++) {
        int rc = xyl_ctrl_vcpu_get_context(d->light->ctrl, d->info.domain, i,
                                           &d->contexts[d->nr_vcpus]);

        /* A vCPU that was never started has none; the first one was. */
        if (rc < 0 && (i == 0 || (rc != -ENODATA && rc != -ESRCH))) {
            return xyl_fail_sys(err, rc, "cannot read the registers of vCPU %u of domain %u", i,
                                d->info.domain);
        }
        d->nr_vcpus += rc == 0;
    }
    return 0;
}

static int read_shared(struct dump *d, struct xyl_err *err)
{
    xen_pfn_t frame = d->info.shared_info_frame;
    void *page = xyl_ctrl_map(d->light->ctrl, d->info.domain, PROT_READ, 1, &frame);

    if (page == NULL) {
        return xyl_fail_sys(err, -errno, "cannot map the shared information of domain %u",
                            d->info.domain);
    }
    d->shared = malloc(DUMP_PAGE);
    if (d->shared != NULL) {
        memcpy(d->shared, page, DUMP_PAGE);
    }
    xyl_ctrl_unmap(d->light->ctrl, page, 1);
    return d->shared != NULL ? 0 : xyl_fail_sys(err, -ENOMEM, "no memory for a dump");
}

static int look(struct dump *d, uint32_t domid, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(d->light, err);
    int rc = ctrl == NULL ? -ENODEV : xyl_ctrl_domain_info(ctrl, domid, &d->info);

    if (rc == 0 && (d->info.flags & XEN_DOMINF_dying)) {
        rc = -ESRCH;
    }
    if (rc == 0) {
        rc = xyl_ctrl_version(ctrl, &d->version);
    }
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot dump domain %u", domid);
    }
    rc = read_contexts(d, err);
    if (rc == 0) {
        rc = read_shared(d, err);
    }
    if (rc == 0) {
        rc = dump_pages_read(ctrl, &d->info, &d->shared->arch, &d->pages, err);
    }
    dump_layout(&d->layout, d->nr_vcpus, sizeof(*d->contexts), d->pages.nr);
    return rc;
}

/* ------------------------------------------------------------ the file */

/* Is there something of that name, and may it be replaced? */
static int check_path(const char *path, bool replace, struct xyl_err *err)
{
    struct stat st;

    if (lstat(path, &st) < 0) {
        return errno == ENOENT ? 0 : xyl_fail_sys(err, -errno, "cannot look at %s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return xyl_fail(err, -EEXIST, "%s is there and is no plain file; name another", path);
    }
    return replace ? 0 : xyl_fail(err, -EEXIST, "%s is there already; replace it with -f, or name "
                                  "another file", path);
}

/* A file without a name in the folder of the path: nothing is left of it, however we end. */
static int open_unnamed(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[DUMP_PATH];

    snprintf(folder, sizeof(folder), "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
             slash != NULL ? path : ".");
    return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

static int open_file(struct dump *d, bool replace, struct xyl_err *err)
{
    snprintf(d->name, sizeof(d->name), replace ? "%s.%d" : "%s", d->path, (int)getpid());
    d->fd = open_unnamed(d->path);
    if (d->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        /* The file system has no such files. */
        d->fd = open(d->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        d->named = d->fd >= 0;
    }
    return d->fd >= 0 ? 0 : xyl_fail_sys(err, -errno, "cannot make %s", d->name);
}

/* A file system that has no size, as one that is all in memory, cannot tell what room it has. */
static int check_room(const struct dump *d, struct xyl_err *err)
{
    struct statvfs fs;
    uint64_t free_bytes;

    if (fstatvfs(d->fd, &fs) < 0) {
        return xyl_fail_sys(err, -errno, "cannot ask how much room there is for %s", d->path);
    }
    free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (fs.f_blocks != 0 && free_bytes < d->layout.end) {
        return xyl_fail(err, -ENOSPC, "%s needs %" PRIu64 " MiB, and its file system has %" PRIu64
                        " left; make room or name another file", d->path,
                        (d->layout.end >> 20) + 1, free_bytes >> 20);
    }
    return 0;
}

static int write_at(struct dump *d, uint64_t at, const void *data, uint64_t size,
                    struct xyl_err *err)
{
    const char *from = data;

    while (size > 0) {
        ssize_t n = pwrite(d->fd, from, size, (off_t)at);

        if (n < 0 && errno != EINTR) {
            return xyl_fail_sys(err, -errno, "cannot write %s", d->path);
        }
        if (n > 0) {
            from += n;
            at += (uint64_t)n;
            size -= (uint64_t)n;
        }
    }
    return 0;
}

/* It gets its name, and only now: who sees it sees all of it. */
static int publish(struct dump *d, bool replace, struct xyl_err *err)
{
    char fd_path[64];

    if (fsync(d->fd) < 0) {
        return xyl_fail_sys(err, -errno, "cannot write %s", d->path);
    }
    snprintf(fd_path, sizeof(fd_path), "/proc/self/fd/%d", d->fd);
    if (!d->named && linkat(AT_FDCWD, fd_path, AT_FDCWD, d->name, AT_SYMLINK_FOLLOW) < 0) {
        return xyl_fail_sys(err, -errno, "cannot give the dump its name %s", d->name);
    }
    d->named = true;
    if (replace && rename(d->name, d->path) < 0) {
        return xyl_fail_sys(err, -errno, "cannot replace %s", d->path);
    }
    return 0;
}

/* ------------------------------------------------------------ the pages */

/*
 * Write pages @from to @from + @nr - 1 as those from @to on, all or none: how many.  0: some are
 * not there, with errno set.
 */
static int write_run(struct dump *d, size_t from, size_t nr, size_t to, struct xyl_err *err)
{
    struct dump_page *pages = d->pages.at;
    xen_pfn_t frames[CHUNK];
    void *at;
    int rc;

    for (size_t i = 0; i < nr; i++) {
        frames[i] = pages[from + i].gmfn;
    }
    at = xyl_ctrl_map(d->light->ctrl, d->info.domain, PROT_READ, nr, frames);
    if (at == NULL) {
        return 0;
    }
    rc = write_at(d, d->layout.pages + to * DUMP_PAGE, at, nr * DUMP_PAGE, err);
    xyl_ctrl_unmap(d->light->ctrl, at, nr);
    memmove(&pages[to], &pages[from], nr * sizeof(*pages));
    return rc == 0 ? (int)nr : rc;
}

/* A single page, which a guest that runs may have given back meanwhile: 1, 0 if so, or -Exxx. */
static int write_single(struct dump *d, size_t page, size_t to, struct xyl_err *err)
{
    xen_pfn_t type = d->pages.at[page].gmfn;
    int rc = write_run(d, page, 1, to, err), saved = errno;

    if (rc != 0) {
        return rc;
    }
    rc = xyl_ctrl_frame_types(d->light->ctrl, d->info.domain, 1, &type);
    if (rc == 0 && !dump_is_memory(type)) {
        return 0;
    }
    return xyl_fail_sys(err, rc < 0 ? rc : -saved, "cannot map page %#" PRIx64 " of domain %u",
                        d->pages.at[page].pfn, d->info.domain);
}

static int write_pages(struct dump *d, struct xyl_err *err)
{
    size_t nr = d->pages.nr, done = 0, chunk;
    int rc = 0;

    for (size_t from = 0; from < nr; from += chunk) {
        chunk = nr - from < CHUNK ? nr - from : CHUNK;
        rc = write_run(d, from, chunk, done, err);
        if (rc < 0) {
            return rc;
        }
        done += (size_t)rc;
        for (size_t i = 0; rc == 0 && i < chunk; i++) {
            int one = write_single(d, from + i, done, err);

            if (one < 0) {
                return one;
            }
            done += (size_t)one;
        }
        if (nr >= TELL_PAGES && from * 10 / nr != (from + chunk) * 10 / nr) {
            light_log(d->light, "dumping domain %u: %zu %%", d->info.domain,
                      (from + chunk) * 100 / nr);
        }
    }
    d->pages.nr = done;
    return 0;
}

/* The head last: what has none is no dump. */
static int write_dump(struct dump *d, struct xyl_err *err)
{
    uint8_t head[DUMP_HEAD];
    int rc = write_pages(d, err);

    if (rc == 0) {
        rc = write_at(d, d->layout.p2m, d->pages.at, d->pages.nr * sizeof(*d->pages.at), err);
    }
    if (rc == 0) {
        rc = write_at(d, d->layout.prstatus, d->contexts, d->nr_vcpus * sizeof(*d->contexts), err);
    }
    if (rc == 0) {
        rc = write_at(d, d->layout.shared_info, d->shared, DUMP_PAGE, err);
    }
    if (rc == 0 && ftruncate(d->fd, (off_t)(d->layout.pages + d->pages.nr * DUMP_PAGE)) < 0) {
        rc = xyl_fail_sys(err, -errno, "cannot write %s", d->path);
    }
    if (rc == 0) {
        dump_head(&d->layout, d->pages.nr, &d->version, head);
        rc = write_at(d, 0, head, sizeof(head), err);
    }
    return rc;
}

static void tell(struct dump *d)
{
    light_log(d->light, "domain %u: %zu pages and %u vCPUs written to %s", d->info.domain,
              d->pages.nr, d->nr_vcpus, d->path);
    if (d->pages.unreadable != 0) {
        light_log(d->light, "domain %u: %" PRIu64 " pages of its list of frames cannot be read; "
                  "what they name is not in the dump", d->info.domain, d->pages.unreadable);
    }
    if (d->pages.cut) {
        light_log(d->light, "domain %u: its list of frames names more than it has; the rest is "
                  "not in the dump", d->info.domain);
    }
}

int xyl_domain_dump_core(struct xyl_light *light, uint32_t domid, const char *path, bool replace,
                         struct xyl_err *err)
{
    struct dump d = { .light = light, .path = path, .fd = -1 };
    int rc = domid != 0 ? 0 : xyl_fail(err, -EINVAL, "domain 0 runs this machine and cannot be "
                                       "dumped from here");

    if (rc == 0 && strlen(path) >= DUMP_PATH) {
        rc = xyl_fail(err, -ENAMETOOLONG, "the name of the dump is too long");
    }
    if (rc == 0) {
        rc = check_path(path, replace, err);
    }
    if (rc == 0) {
        rc = look(&d, domid, err);
    }
    if (rc == 0) {
        rc = open_file(&d, replace, err);
    }
    if (rc == 0) {
        rc = check_room(&d, err);
    }
    if (rc == 0) {
        rc = write_dump(&d, err);
    }
    if (rc == 0) {
        rc = publish(&d, replace, err);
    }
    if (rc == 0) {
        tell(&d);
    } else if (d.named) {
        unlink(d.name);
    }
    if (d.fd >= 0) {
        close(d.fd);
    }
    free(d.contexts);
    free(d.shared);
    free(d.pages.at);
    return rc;
}

/* ------------------------------------------------------------ of a crash */

int xyl_dump_path(struct xyl_light *light, uint32_t domid, char **path, struct xyl_err *err)
{
    char *name = xyl_domain_name(light, domid);
    int rc;

    /* In one folder, whatever the store says. */
    if (name == NULL || name[0] == '.' || strchr(name, '/') != NULL) {
        rc = asprintf(path, "%s/domain-%u", light_dump_dir, domid);
    } else {
        rc = asprintf(path, "%s/%s", light_dump_dir, name);
    }
    free(name);
    if (rc < 0) {
        *path = NULL;
        return xyl_fail_sys(err, -ENOMEM, "no memory for a dump");
    }
    return 0;
}

/* Folders that are there already are not made, and what cannot be made is told by the open. */
void xyl_dump_folder(void)
{
    mkdir("/var/lib/xen", 0755);
    mkdir(light_dump_dir, 0700);
}

void light_dump_crashed(struct xyl_light *light, uint32_t domid)
{
    struct xyl_err why = XYL_ERR_INIT;
    char *first = NULL, path[DUMP_PATH];
    int rc = xyl_dump_path(light, domid, &first, &why);

    if (rc == 0) {
        xyl_dump_folder();
        rc = -EEXIST;
    }
    for (unsigned int n = 0; rc == -EEXIST && n < DUMPS_MAX; n++) {
        xyl_err_clear(&why);
        snprintf(path, sizeof(path), n == 0 ? "%s" : "%s.%u", first, n);
        rc = xyl_domain_dump_core(light, domid, path, false, &why);
    }
    if (rc == -EEXIST) {
        light_log(light, "domain %u is not dumped: there are %u dumps of it already, %s and "
                  "others; remove some", domid, DUMPS_MAX, first);
    } else if (rc < 0) {
        light_log(light, "domain %u is not dumped: %s", domid, why.text);
    }
    free(first);
}
