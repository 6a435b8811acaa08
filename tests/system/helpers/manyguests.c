/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many small guests that live at the same time, made and ended by one process through the
 * toolstack's library: "manyguests COUNT KERNEL" makes COUNT guests of 2 MiB that wake up every
 * few seconds, waits until each has been seen to run again after all of them were there, says so,
 * and ends them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xyl_light.h"

#define GUEST_MIB       2
#define LOOKS           600             /* a second apart */

static struct xyl_err err;

static void die(const char *what, const char *which)
{
    fprintf(stderr, "manyguests: %s %s: %s\n", what, which, err.text);
    exit(1);
}

static char *copy(const char *text)
{
    char *s = strdup(text);

    if (s == NULL) {
        snprintf(err.text, sizeof(err.text), "no memory");
        die("copy of", text);
    }
    return s;
}

static uint32_t make(struct xyl_light *light, unsigned long number, const char *kernel)
{
    struct xyl_domain_config config;
    char name[32];
    uint32_t domid;

    snprintf(name, sizeof(name), "m%lu", number);
    xyl_domain_config_init(&config);
    config.name = copy(name);
    config.kernel = copy(kernel);
    config.cmdline = copy("beat");
    config.memory_mib = GUEST_MIB;
    if (xyl_domain_config_check(&config, &err) != 0 ||
        xyl_domain_create(light, &config, NULL, &domid, &err) != 0 ||
        xyl_domain_unpause(light, domid, &err) != 0) {
        die("making", name);
    }
    xyl_domain_created(light);
    xyl_domain_config_dispose(&config);
    return domid;
}

/* Of each domain's number: is it one of ours, and how long had it run at the first look? */
static bool ours[DOMID_FIRST_RESERVED];
static uint64_t ran[DOMID_FIRST_RESERVED];

/* How many have run for longer than at the first look, are not dead and have not shut down. */
static size_t count_live(struct xyl_light *light)
{
    size_t nr, live = 0;
    xyl_domain_info *all = xyl_domains(light, &nr, &err);

    if (all == NULL) {
        die("asking for all", "domains");
    }
    for (size_t i = 0; i < nr; i++) {
        domid_t n = all[i].domain;

        if (!ours[n] || (all[i].flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown)) != 0) {
            continue;
        }
        if (ran[n] == 0) {
            ran[n] = all[i].cpu_time;
        } else if (all[i].cpu_time > ran[n]) {
            live++;
        }
    }
    free(all);
    return live;
}

int main(int argc, char **argv)
{
    unsigned long count = argc == 3 ? strtoul(argv[1], NULL, 0) : 0;
    struct xyl_light *light = xyl_light_new(NULL, NULL);
    uint32_t *domid = calloc(count + 1, sizeof(*domid));
    size_t live = 0;

    if (count == 0 || light == NULL || domid == NULL) {
        fprintf(stderr, "usage: manyguests COUNT KERNEL\n");
        return 2;
    }
    for (unsigned long i = 0; i < count; i++) {
        domid[i] = make(light, i, argv[2]);
        ours[domid[i]] = true;
        if ((i + 1) % 100 == 0) {
            printf("made %lu\n", i + 1);
            fflush(stdout);
        }
    }
    for (unsigned int look = 0; live < count && look < LOOKS; look++) {
        live = count_live(light);
        usleep(1000000);
    }
    printf("live %zu\n", live);
    fflush(stdout);
    for (unsigned long i = 0; i < count; i++) {
        char which[16];

        snprintf(which, sizeof(which), "%u", domid[i]);
        if (xyl_domain_destroy(light, domid[i], &err) != 0) {
            die("end of domain", which);
        }
    }
    xyl_light_free(light);
    return live == count ? 0 : 1;
}
