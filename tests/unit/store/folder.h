/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal's folder of a test. */
#ifndef TESTS_STORE_FOLDER_H
#define TESTS_STORE_FOLDER_H

#include <stdio.h>
#include <unistd.h>

/* folder_remove - it and all that a journal leaves in it. */
static inline void folder_remove(const char *folder)
{
    static const char *const names[] = { "snapshot", "snapshot.new", "log.0", "log.1", "lock",
                                         "serving" };
    char path[128];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

#endif
