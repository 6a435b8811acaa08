/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the cpio reader behind a stub's files, with damaged archives. */
#include "harness.h"

#include <archive.h>

#include <stdlib.h>

static char text[4096];
static size_t used;

static void add(const char *name, const char *data, size_t size)
{
    used += (size_t)sprintf(text + used,
                            "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
                            1, 0100644, 0, 0, 1, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0);
    memcpy(text + used, name, strlen(name) + 1);
    used += strlen(name) + 1;
    used = (used + 3) & ~3ul;
    memcpy(text + used, data, size);
    used += size;
    used = (used + 3) & ~3ul;
}

static void sample(void)
{
    memset(text, 0, sizeof(text));
    used = 0;
    add("./etc/motd", "hello\n", 6);
    add("empty", "", 0);
    add("etc/motd", "again\n", 6);
    add("TRAILER!!!", "", 0);
}

TEST(files_are_found)
{
    struct archive_entry entry;

    sample();
    CHECK(archive_find((uint8_t *)text, used, "etc/motd", &entry));
    CHECK_EQ(entry.size, 6);
    CHECK(memcmp(entry.data, "again\n", 6) == 0);
    CHECK(archive_find((uint8_t *)text, used, "empty", &entry));
    CHECK_EQ(entry.size, 0);
    CHECK(!archive_find((uint8_t *)text, used, "etc", &entry));
    CHECK(!archive_find((uint8_t *)text, used, "TRAILER!!!", &entry));
}

/* Every length, and every byte changed, in a block of its own so that ASan sees what is read. */
TEST(damage_never_leads_outside)
{
    struct archive_entry entry;

    sample();
    for (size_t size = 0; size <= used; size++) {
        uint8_t *copy = malloc(size + 1);

        memcpy(copy, text, size);
        copy = realloc(copy, size != 0 ? size : 1);
        (void)archive_find(copy, size, "etc/motd", &entry);
        free(copy);
    }
    for (size_t i = 0; i < used; i++) {
        static const char bad[] = { '0', '9', 'f', 'F', '\0', 'g', (char)0xff };

        for (size_t k = 0; k < sizeof(bad); k++) {
            uint8_t *copy = malloc(used);

            memcpy(copy, text, used);
            copy[i] = (uint8_t)bad[k];
            if (archive_find(copy, used, "etc/motd", &entry)) {
                CHECK(entry.data >= copy && entry.data + entry.size <= copy + used);
            }
            free(copy);
        }
    }
}

TEST_MAIN
