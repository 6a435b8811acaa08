/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of domains' lives begin with: see world.h. */
#include "world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/fault-off.h"

struct xyl_light *light;
struct xyl_domain_config config;
struct xyl_err err;
uint32_t domid;
static char folder[64];

void world_set(char **field, const char *value)
{
    free(*field);
    *field = strdup(value);
}

char *world_text(const struct xyl_domain_config *c)
{
    return strdup(c->name);
}

void world_begin(const char *name)
{
    snprintf(folder, sizeof(folder), "/tmp/xyl-%s-%d", name, (int)getpid());
    light_state_dir = light_lock_dir = folder;
    host_reset();
    xyl_err_clear(&err);
    light = xyl_light_new(NULL, NULL);
    xyl_domain_config_dispose(&config);
    world_set(&config.name, "guest");
    world_set(&config.kernel, "/k");
    config.memory_mib = 64;
    config.vcpus = 1;
    config.maxvcpus = 2;
}

int world_create(void)
{
    int rc = xyl_domain_create(light, &config, world_text, &domid, &err);

    if (rc == 0) {
        xyl_domain_created(light);
    }
    xyl_domain_unlock(light);
    return rc;
}

size_t world_remains(void)
{
    return store_count("/local/domain") + store_count("/vm") + store_count("/libxl") +
           (size_t)hotplug.open + (size_t)hotplug.qemus;
}

static size_t each_file(bool written, bool remove)
{
    DIR *dir = opendir(folder);
    char path[400];
    struct stat st;
    size_t nr = 0;

    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL; ) {
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.' || stat(path, &st) < 0) {
            continue;
        }
        nr += !written || st.st_size > 0;
        if (remove) {
            unlink(path);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return nr;
}

size_t world_files(bool written)
{
    return each_file(written, false);
}

void world_end(void)
{
    xyl_light_free(light);
    light = NULL;
    xyl_domain_config_dispose(&config);
    store_reset();
    each_file(false, true);
    rmdir(folder);
}
