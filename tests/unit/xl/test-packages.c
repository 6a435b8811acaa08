/* SPDX-License-Identifier: GPL-2.0-only */
/* The scripts that packages run as root, with commands that only write down how they are called. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static const char *const fakes[] = { "systemctl", "rm", "rmdir" };
static char folder[64], said[4096];

static void put_fakes(void)
{
    char path[100];

    snprintf(folder, sizeof(folder), "/tmp/xylem-test-packages-%d", (int)getpid());
    CHECK(mkdir(folder, 0700) == 0);
    for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++) {
        FILE *out;

        snprintf(path, sizeof(path), "%s/%s", folder, fakes[i]);
        out = fopen(path, "w");
        CHECK(out != NULL);
        fprintf(out, "#!/bin/sh\necho %s \"$@\"\n", fakes[i]);
        fclose(out);
        CHECK(chmod(path, 0700) == 0);
    }
}

static void remove_fakes(void)
{
    char path[100];

    for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, fakes[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* What the script calls; there is no other command than those above. */
static const char *calls(const char *script)
{
    char command[300];
    FILE *pipe;
    size_t n;

    snprintf(command, sizeof(command), "PATH=%s /bin/sh packaging/tools/%s", folder, script);
    pipe = popen(command, "r");
    n = pipe != NULL ? fread(said, 1, sizeof(said) - 1, pipe) : 0;
    said[n] = '\0';
    return pipe != NULL && pclose(pipe) == 0 ? said : "failed";
}

/* They were disabled by the removal, and enabled by the first installation of all only. */
TEST(units_are_enabled_after_a_removal_and_an_installation)
{
    bool first, removed, again;

    put_fakes();
    first = strstr(calls("postinst configure ''"), "systemctl enable -q xenstored.service") != NULL;
    removed = strstr(calls("prerm remove"), "systemctl disable") != NULL;
    again = strstr(calls("postinst configure 1.0-1"), "systemctl enable") != NULL;
    CHECK(first);
    CHECK(!removed || again);
    CHECK(!again);          /* who has disabled one finds it so after an upgrade */
    CHECK(strstr(calls("postrm remove"), "rm ") == NULL);
    CHECK(strstr(calls("postrm purge"),
                 "/etc/systemd/system/multi-user.target.wants/xen-init-dom0.service") != NULL);
    remove_fakes();
}

TEST_MAIN
