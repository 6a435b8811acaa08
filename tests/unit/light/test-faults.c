/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call fails, for all N, on each path of the lifecycle library: the
 * caller hears of it, what was there before is there still, and a later destroy leaves nothing.
 */
#include "harness.h"
#include "device.h"
#include "world.h"

#include "harness/fault-off.h"

#define N_MAX 500

static void begin(void)
{
    world_begin("faults");
    host.wait = host_backends;
    host.domains[0].tot_pages = host.domains[0].max_pages = 1 << 18;
    config.maxmem_mib = 128;
    config.disks = calloc(1, sizeof(*config.disks));
    config.vifs = calloc(1, sizeof(*config.vifs));
    config.nr_disks = config.nr_vifs = 1;
    xyl_disk_init(&config.disks[0]);
    config.disks[0].target = strdup("/image");
    config.disks[0].vdev = strdup("xvda");
    xyl_vif_init(&config.vifs[0]);
    config.cpuid = calloc(1, sizeof(*config.cpuid));
    config.cpuid[0] = (struct xyl_cpuid){ 7, 0, XYL_CPUID_EBX, .zeros = 1u << 5 };
    config.nr_cpuid = 1;
    config.channels = calloc(1, sizeof(*config.channels));
    config.nr_channels = 1;
    config.channels[0].name = strdup("agent");
    config.channels[0].path = strdup("/run/b");
    config.vfbs = calloc(1, sizeof(*config.vfbs));
    config.nr_vfbs = 1;
    xyl_vfb_init(&config.vfbs[0]);
    xyl_domain_config_check(&config, &err);
}

static int add_disk(void)
{
    struct xyl_disk disk;
    int rc;

    xyl_disk_init(&disk);
    disk.target = strdup("/other");
    disk.vdev = strdup("xvdb");
    rc = xyl_disk_add(light, domid, &disk, &err);
    xyl_disk_dispose(&disk);
    return rc;
}

static int add_vif(void)
{
    struct xyl_vif vif;
    int rc;

    xyl_vif_init(&vif);
    vif.bridge = strdup("br1");
    rc = xyl_vif_add(light, domid, &vif, &err);
    xyl_vif_dispose(&vif);
    return rc;
}

static int remove_disk(void)
{
    return xyl_device_remove(light, domid, XYL_VBD, 51712, false, &err);
}

static int remove_vif(void)
{
    return xyl_device_remove(light, domid, XYL_VIF, 0, false, &err);
}

static int list_devices(void)
{
    size_t nr;
    struct xyl_device_info *all = xyl_devices(light, domid, XYL_VBD, &nr, &err);
    int rc = all == NULL ? -1 : 0;

    if (all != NULL && nr != 1) {
        unit_fail(__FILE__, __LINE__, "a device is not listed");
    }
    free(all);
    return rc;
}

static int load_devices(void)
{
    int rc = xyl_devices_load(light, domid, &config, &err);

    if (config.nr_disks != 1 || config.nr_vifs != 1 || config.disks[0].target == NULL) {
        unit_fail(__FILE__, __LINE__, "a device is lost");
    }
    return rc;
}

static int list_domains(void)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(light, &nr, &err);
    int rc = all == NULL ? -1 : 0;

    if (all != NULL && nr != 2) {
        unit_fail(__FILE__, __LINE__, "a domain is not listed");
    }
    free(all);
    return rc;
}

static int find_domain(void)
{
    uint32_t found = 0;
    int rc = xyl_domain_find(light, "guest", &found, &err);

    if (rc == -ESRCH || (rc == 0 && found != domid)) {
        unit_fail(__FILE__, __LINE__, "a domain that is there is not found");
    }
    return rc;
}

static int rename_domain(void)
{
    return xyl_domain_rename(light, domid, "other", &err);
}

static int lock_domain(void)
{
    int rc = xyl_domain_lock(light, domid, &err);

    xyl_domain_unlock(light);
    return rc;
}

static int keep_config(void)
{
    return xyl_domain_config_keep(light, domid, &config, world_text, &err);
}

static int set_vcpus(void)
{
    return xyl_domain_set_vcpus(light, domid, 2, &err);
}

static int set_memory(void)
{
    return xyl_domain_set_memory(light, domid, 48 << 10, &err);
}

static int set_max_memory(void)
{
    return xyl_domain_set_max_memory(light, domid, 256 << 10, &err);
}

/* The guest's kernel takes the request. */
static bool guest_answers(void)
{
    char path[100];

    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    store_set(path, "");
    return true;
}

static int ask_to_shut_down(void)
{
    host.wait = guest_answers;
    return xyl_domain_request(light, domid, "poweroff", &err);
}

static int destroy(void)
{
    return xyl_domain_destroy(light, domid, &err);
}

/* What a failure may have done nevertheless: TAKEN is half-way, and can be asked for again. */
enum then { UNCHANGED, TAKEN };

static const struct operation {
    const char *name;
    int (*run)(void);
    enum then then;
} operations[] = {
    { "attach a disk", add_disk, UNCHANGED },
    { "attach a card", add_vif, UNCHANGED },
    { "detach a disk", remove_disk, TAKEN },
    { "detach a card", remove_vif, TAKEN },
    { "list devices", list_devices, UNCHANGED },
    { "load devices", load_devices, UNCHANGED },
    { "list domains", list_domains, UNCHANGED },
    { "find", find_domain, UNCHANGED },
    { "rename", rename_domain, UNCHANGED },
    { "lock", lock_domain, UNCHANGED },
    { "keep the configuration", keep_config, UNCHANGED },
    { "vcpu-set", set_vcpus, UNCHANGED },
    { "mem-set", set_memory, UNCHANGED },
    { "mem-max", set_max_memory, UNCHANGED },
    { "shutdown", ask_to_shut_down, UNCHANGED },
    { "destroy", destroy, TAKEN },
};

static void complain(const char *what, enum fault_kind kind, unsigned long n, const char *why)
{
    char text[200];

    snprintf(text, sizeof(text), "%s, %s %lu fails: %s", what,
             kind == FAULT_ALLOCATION ? "allocation" : "system call", n, why);
    unit_fail(__FILE__, __LINE__, text);
}

/*
 * After everything: a destroy without failures, and nothing is there.  A lock that could not be
 * had leaves an empty file, which only its owner may remove; the next one who locks does.
 */
static void end(const char *what, enum fault_kind kind, unsigned long n)
{
    host.wait = host_backends;
    xyl_domain_unlock(light);
    if (host_domains() != 0) {
        /* -ESRCH if it was half destroyed already: taking the lock finishes that. */
        xyl_domain_destroy(light, domid, NULL);
    }
    xyl_domain_unlock(light);
    if (world_remains() != 0 || host_domains() != 0 || world_files(true) != 0) {
        complain(what, kind, n, "something remains");
    }
    world_end();
}

/* Run it with its @n-th call failing; false if it has no so many, or something is wrong. */
static bool run_with(const struct operation *op, enum fault_kind kind, unsigned long n)
{
    size_t before, files, open_files = fault_open_files();
    bool hit;
    int rc;

    begin();
    if (world_create() != 0) {
        complain(op->name, kind, n, "the guest is not there to begin with");
    }
    before = world_remains();
    files = world_files(true);
    fault_arm(kind, n);
    rc = op->run();
    hit = fault_disarm();
    if (rc < 0 && err.text[0] == '\0') {
        complain(op->name, kind, n, "without a word");
    }
    if (rc < 0 && op->then == UNCHANGED &&
        (world_remains() != before || world_files(true) != files)) {
        complain(op->name, kind, n, "something is not as it was");
    }
    if (rc < 0 && !hit) {
        complain(op->name, kind, n, "fails anyhow");
    }
    end(op->name, kind, n);
    if (fault_open_files() != open_files) {
        complain(op->name, kind, n, "a file stays open");
    }
    return hit && !unit_failed();
}

static void each_fails_once(enum fault_kind kind)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        unsigned long n = 1;

        while (n < N_MAX && run_with(&operations[i], kind, n)) {
            n++;
        }
        CHECK(n < N_MAX && !unit_failed());
    }
}

TEST(each_allocation_fails_once)
{
    each_fails_once(FAULT_ALLOCATION);
}

TEST(each_system_call_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL);
}

static bool create_with(enum fault_kind kind, unsigned long n)
{
    size_t open_files = fault_open_files();
    bool hit;
    int rc;

    begin();
    fault_arm(kind, n);
    rc = world_create();
    hit = fault_disarm();
    if (rc < 0 && err.text[0] == '\0') {
        complain("create", kind, n, "without a word");
    }
    if (rc < 0 && (world_remains() != 0 || host_domains() != 0 || world_files(true) != 0)) {
        complain("create", kind, n, "something remains");
    }
    end("create", kind, n);
    if (fault_open_files() != open_files) {
        complain("create", kind, n, "a file stays open");
    }
    return hit && !unit_failed();
}

TEST(a_failed_creation_leaves_nothing)
{
    static const enum fault_kind kinds[] = { FAULT_ALLOCATION, FAULT_SYSTEM_CALL };

    for (size_t i = 0; i < 2; i++) {
        unsigned long n = 1;

        while (n < N_MAX && create_with(kinds[i], n)) {
            n++;
        }
        CHECK(n > 5 && n < N_MAX && !unit_failed());
    }
}

TEST_MAIN
