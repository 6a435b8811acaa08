/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's kernel out of its own disk: the bootloader's arguments, folder and answer. */
#include "bootloader.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER   320        /* bytes of a path that we make; a guest's name may have 255 */
#define ARGS_OWN 9          /* the program, seven arguments of ours, and the end of the list */
#define DEPTH    16         /* descriptors while a folder is removed */

/*
 * STATE_DIR/boot-NAME: in it "answer", and the folder "out", which the bootloader fills.  Names
 * that differ behind 200 bytes only share it, as they share the lock it is used under (lock.c).
 */
static void folder_path(char path[FOLDER], const char *name, const char *file)
{
    snprintf(path, FOLDER, "%.60s/boot-%.200s%s", light_state_dir, name, file);
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st;
    (void)what;
    (void)ftw;
    remove(path);
    return 0;
}

/* In the folder as long as domain 0 may have the guest's disk. */
#define ATTACHED "/attached"

void boot_clean(struct xyl_light *light, const char *name)
{
    struct xyl_err why = XYL_ERR_INIT;
    char path[FOLDER];

    folder_path(path, name, ATTACHED);
    if (access(path, F_OK) == 0 && boot_detach(light, name, &why) < 0) {
        light_log(light, "the disk of \"%s\" for its bootloader: %s", name, why.text);
        return;
    }
    folder_path(path, name, "");
    if (access(path, F_OK) == 0) {
        nftw(path, remove_one, DEPTH, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
}

/* ------------------------------------------------------------ arguments */

struct arguments {
    const char **list;
    char *own[ARGS_OWN];    /* those that we have to free */
    size_t nr, nr_own;
    bool failed;
};

static void add(struct arguments *args, const char *option, const char *value)
{
    char *text;

    if (value == NULL || args->failed) {
        return;
    }
    if (asprintf(&text, "%s%s", option, value) < 0) {
        args->failed = true;
        return;
    }
    args->own[args->nr_own++] = text;
    args->list[args->nr++] = text;
}

static void free_arguments(struct arguments *args)
{
    for (size_t i = 0; i < args->nr_own; i++) {
        free(args->own[i]);
    }
    free(args->list);
}

/* Errors: -ENOMEM; to be freed in any case. */
static int make_arguments(struct arguments *args, const struct xyl_domain_config *config,
                          const char *target)
{
    char path[FOLDER];

    args->list = calloc(config->nr_bootloader_args + ARGS_OWN, sizeof(*args->list));
    if (args->list == NULL) {
        return -ENOMEM;
    }
    add(args, "", config->bootloader);
    add(args, "--kernel=", config->kernel);
    add(args, "--ramdisk=", config->ramdisk);
    add(args, "--args=", config->cmdline);
    folder_path(path, config->name, "/answer");
    add(args, "--output=", path);
    add(args, "--output-format=", "simple0");
    folder_path(path, config->name, "/out");
    add(args, "--output-directory=", path);
    for (size_t i = 0; i < config->nr_bootloader_args; i++) {
        args->list[args->nr++] = config->bootloader_args[i];
    }
    add(args, "", target);
    return args->failed ? -ENOMEM : 0;
}

/* ------------------------------------------------------------ the folder and the answer */

static int make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0) {
        close(fd);
    }
    return fd < 0 ? -errno : 0;
}

/* @attaches  with a note that domain 0 is going to have the disk. */
static int make_folder(struct xyl_light *light, const char *name, bool attaches,
                       struct xyl_err *err)
{
    char path[FOLDER];
    int rc = -1;

    boot_clean(light, name);
    mkdir(light_state_dir, 0755);
    folder_path(path, name, "");
    if (mkdir(path, 0700) == 0) {
        folder_path(path, name, "/out");
        if (mkdir(path, 0700) == 0) {
            folder_path(path, name, "/answer");
            rc = make_file(path);
        }
    }
    if (rc == 0 && attaches) {
        folder_path(path, name, ATTACHED);
        rc = make_file(path);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, -errno, "cannot make %s for the bootloader", path);
}

/* The whole answer, up to one byte more than there may be: for free(), or NULL with errno set. */
static char *read_answer(const char *name, size_t *size)
{
    char path[FOLDER], *text;
    ssize_t n;
    int fd;

    folder_path(path, name, "/answer");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    text = fd >= 0 ? malloc(BOOT_ANSWER_MAX + 1) : NULL;
    *size = 0;
    while (text != NULL && *size <= BOOT_ANSWER_MAX &&
           (n = read(fd, text + *size, BOOT_ANSWER_MAX + 1 - *size)) != 0) {
        if (n > 0) {
            *size += (size_t)n;
        } else if (errno != EINTR) {
            free(text);
            text = NULL;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return text;
}

/* A printable name in the folder, whose path ends with a slash. */
static bool is_inside(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    if (strncmp(path, folder, len) != 0 || path[len] == '\0') {
        return false;
    }
    for (path += len; *path != '\0'; path++) {
        if (*path == '/' || !isprint((unsigned char)*path)) {
            return false;
        }
    }
    return true;
}

/* A plain file in the folder that is the bootloader's to fill, and nowhere else. */
static int check_file(const struct xyl_domain_config *config, const char *what, const char *path,
                      struct xyl_err *err)
{
    char folder[FOLDER];
    struct stat st;

    if (path == NULL) {
        return 0;
    }
    folder_path(folder, config->name, "/out/");
    if (!is_inside(path, folder)) {
        return xyl_fail(err, -EINVAL, "the bootloader %s names a %s that is not in the folder of "
                        "--output-directory", config->bootloader, what);
    }
    if (lstat(path, &st) < 0) {
        return xyl_fail_sys(err, -errno, "the bootloader %s names a %s that is not there",
                            config->bootloader, what);
    }
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
        return xyl_fail(err, -EINVAL, "the bootloader %s names a %s that is no plain file",
                        config->bootloader, what);
    }
    if (st.st_size < 1 || (unsigned long long)st.st_size > BOOT_FILE_MAX) {
        return xyl_fail(err, -EFBIG, "the bootloader %s: the %s has %lld bytes; 1 to %llu are "
                        "taken", config->bootloader, what, (long long)st.st_size, BOOT_FILE_MAX);
    }
    return 0;
}

static int take_answer(const struct xyl_domain_config *config, struct boot_choice *choice,
                       struct xyl_err *err)
{
    struct xyl_err why = XYL_ERR_INIT;
    size_t size;
    char *text = read_answer(config->name, &size);
    int rc;

    if (text == NULL) {
        return xyl_fail_sys(err, -errno, "cannot read the answer of the bootloader %s",
                            config->bootloader);
    }
    rc = size > BOOT_ANSWER_MAX ? xyl_fail(&why, -EFBIG, "it is longer than %u bytes",
                                           BOOT_ANSWER_MAX) :
         boot_answer_parse(text, size, choice, &why);
    free(text);
    if (rc < 0) {
        return xyl_fail(err, rc, "the answer of the bootloader %s (--output=): %s",
                        config->bootloader, why.text);
    }
    rc = check_file(config, "kernel", choice->kernel, err);
    return rc == 0 ? check_file(config, "ramdisk", choice->ramdisk, err) : rc;
}

/* ------------------------------------------------------------ all of it */

static int run_on(struct xyl_light *light, const struct xyl_domain_config *config,
                  const char *target, struct xyl_err *err)
{
    struct boot_run run = { .console = light->boot_console, .console_ctx = light->boot_ctx };
    struct arguments args = { .nr = 0 };
    int rc = make_arguments(&args, config, target);

    if (rc < 0) {
        xyl_fail(err, rc, "out of memory");
    } else {
        light_log(light, "running the bootloader %s", config->bootloader);
        run.argv = args.list;
        rc = boot_run(&run, err);
    }
    free_arguments(&args);
    return rc;
}

/* Domain 0 has the disk as long as the bootloader runs, and no longer: it is the guest's then. */
static int run_attached(struct xyl_light *light, const struct xyl_domain_config *config,
                        struct xyl_err *err)
{
    char node[32], path[FOLDER];
    int rc = boot_attach(light, config, node, err), gone;

    if (rc == 0) {
        rc = run_on(light, config, node, err);
    }
    gone = boot_detach(light, config->name, err);
    if (gone == 0) {
        folder_path(path, config->name, ATTACHED);
        unlink(path);
    }
    return rc == 0 ? gone : rc;
}

int boot_choose(struct xyl_light *light, const struct xyl_domain_config *config,
                struct boot_choice *choice, struct xyl_err *err)
{
    const struct xyl_disk *disk = config->nr_disks > 0 ? &config->disks[0] : NULL;
    bool attaches = disk != NULL && disk->script != NULL;
    int rc;

    if (config->bootloader == NULL) {
        return 0;
    }
    rc = make_folder(light, config->name, attaches, err);
    if (rc == 0 && attaches) {
        rc = run_attached(light, config, err);
    } else if (rc == 0) {
        rc = run_on(light, config, disk != NULL ? disk->target : NULL, err);
    }
    if (rc == 0) {
        rc = take_answer(config, choice, err);
    }
    if (rc == 0) {
        light_log(light, "the bootloader chose %s", choice->kernel);
    }
    return rc;
}
