/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the table of open files below a stub's C library. */
#include "harness.h"

#include <errno.h>
#include <sys/stat.h>

#include <files.h>

static int closed;

static ssize_t ten(struct file *file, void *data, size_t n)
{
    (void)data;
    file->offset += 10;
    return (ssize_t)n < 10 ? (ssize_t)n : 10;
}

static int count_close(struct file *file)
{
    closed += file->number;
    return 0;
}

static const struct file_ops reader = { .read = ten, .close = count_close };
static const struct file_ops nothing = { .terminal = true };

TEST(the_lowest_descriptor_is_used)
{
    CHECK_EQ(file_open(&reader, NULL, 1), 0);
    CHECK_EQ(file_open(&reader, NULL, 2), 1);
    CHECK_EQ(file_open(&reader, NULL, 4), 2);
    CHECK_EQ(file_close(1), 0);
    CHECK_EQ(closed, 2);
    CHECK_EQ(file_open(&nothing, NULL, 8), 1);
}

TEST(calls_that_a_kind_has_not_fail)
{
    struct stat st;
    char data[20];

    CHECK_EQ(file_read(0, data, sizeof(data)), 10);
    errno = 0;
    CHECK_EQ(file_write(0, data, 1), -1);
    CHECK_EQ(errno, EBADF);
    CHECK_EQ(file_read(1, data, 1), -1);
    CHECK_EQ(file_seek(0, 0, 0), -1);
    CHECK_EQ(errno, ESPIPE);
    CHECK_EQ(file_stat(1, &st), 0);
    CHECK(S_ISCHR(st.st_mode));
}

TEST(numbers_that_are_not_open_fail)
{
    static const int bad[] = { -1, 3, MAX_FILES, 1 << 30, -(1 << 30) };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char c;

        errno = 0;
        CHECK_EQ(file_read(bad[i], &c, 1), -1);
        CHECK_EQ(errno, EBADF);
        CHECK_EQ(file_close(bad[i]), -1);
        CHECK(file_get(bad[i]) == NULL);
    }
}

TEST(the_table_has_an_end)
{
    int opened = 0;

    while (file_open(&nothing, NULL, 0) >= 0) {
        opened++;
    }
    CHECK_EQ(errno, EMFILE);
    CHECK_EQ(opened, MAX_FILES - 3);
}

static const char *asked;
static int which;

static int open_a(const char *path, int flags)
{
    (void)flags;
    asked = path;
    which = 'a';
    return 5;
}

static int open_b(const char *path, int flags)
{
    (void)flags;
    asked = path;
    which = 'b';
    return 6;
}

TEST(the_longest_prefix_opens)
{
    CHECK_EQ(file_path_open("/x", 0), -1);
    CHECK_EQ(errno, ENOENT);
    CHECK(file_mount("/", open_a));
    CHECK(file_mount("/dev/", open_b));
    CHECK_EQ(file_path_open("/etc/x", 0), 5);
    CHECK_STR(asked, "etc/x");
    CHECK_EQ(file_path_open("/dev/xvda", 0), 6);
    CHECK_STR(asked, "xvda");
    CHECK_EQ(which, 'b');
}

TEST_MAIN
