/* SPDX-License-Identifier: GPL-2.0-only */
/* Changing what runs: what is refused changes nothing, what fails half-way is taken back. */
#include "harness.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *to_text(const struct xyl_domain_config *c)
{
    return strdup(c->kernel);
}

/* A guest of 64 MiB that may have 128, and one of two vCPUs. */
static void begin(void)
{
    world_begin("tune");
    host.domains[0].tot_pages = 1 << 18;
    host.domains[0].max_pages = 1 << 18;
    host.domains[0].max_vcpu_id = 0;
    config.maxmem_mib = 128;
    CHECK_EQ(xyl_domain_config_check(&config, &err), 0);
    CHECK_EQ(xyl_domain_create(light, &config, to_text, &domid, &err), 0);
}

static void end(void)
{
    host.fail_at = 0;
    xyl_domain_destroy(light, domid, NULL);
    world_end();
}

static const char *node(uint32_t d, const char *key)
{
    static char path[100];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", d, key);
    return store_value(path);
}

static uint64_t max_pages(void)
{
    xyl_domain_info info = { .max_pages = 0 };

    EXPECT(xyl_ctrl_domain_info(NULL, domid, &info) == 0);
    return info.max_pages;
}

TEST(vcpus)
{
    begin();
    CHECK_EQ(xyl_domain_set_vcpus(light, domid, 2, &err), 0);
    CHECK_STR(node(domid, "cpu/0/availability"), "online");
    CHECK_STR(node(domid, "cpu/1/availability"), "online");
    CHECK_EQ(xyl_domain_set_vcpus(light, domid, 1, &err), 0);
    CHECK_STR(node(domid, "cpu/1/availability"), "offline");
    CHECK_EQ(xyl_domain_set_vcpus(light, domid, 0, &err), -EINVAL);
    xyl_err_clear(&err);
    CHECK_EQ(xyl_domain_set_vcpus(light, domid, 3, &err), -EINVAL);
    CHECK(strstr(err.text, "1 to 2 vCPUs, not 3") != NULL);
    CHECK_STR(node(domid, "cpu/0/availability"), "online");
    end();
}

TEST(memory_stays_within_its_limit)
{
    begin();
    CHECK_EQ(xyl_domain_set_memory(light, domid, 100 << 10, &err), 0);
    CHECK_STR(node(domid, "memory/target"), "102400");
    CHECK_EQ(max_pages(), (100 << 8) + 256);
    CHECK_EQ(xyl_domain_set_memory(light, domid, 200 << 10, &err), -EINVAL);
    CHECK(strstr(err.text, "mem-max") != NULL);
    xyl_err_clear(&err);
    CHECK_EQ(xyl_domain_set_memory(light, domid, 10, &err), -EINVAL);
    xyl_err_clear(&err);
    CHECK_EQ(xyl_domain_set_max_memory(light, domid, 50 << 10, &err), -EINVAL);
    CHECK(strstr(err.text, "mem-set") != NULL);
    CHECK_EQ(xyl_domain_set_max_memory(light, domid, 256 << 10, &err), 0);
    CHECK_EQ(xyl_domain_set_memory(light, domid, 200 << 10, &err), 0);
    CHECK_STR(node(domid, "memory/target"), "204800");
    end();
}

TEST(domain_0_keeps_what_it_needs)
{
    begin();
    CHECK_EQ(xyl_domain_set_memory(light, 0, 127 << 10, &err), -EINVAL);
    xyl_err_clear(&err);
    CHECK_EQ(xyl_domain_set_memory(light, 0, 512 << 10, &err), 0);
    CHECK_STR(node(0, "memory/target"), "524288");
    /* What it had is its limit from now on, although it has less. */
    CHECK_STR(node(0, "memory/static-max"), "1048576");
    CHECK_EQ(xyl_domain_set_memory(light, 0, 1024 << 10, &err), 0);
    CHECK_EQ(xyl_domain_set_memory(light, 0, 1025 << 10, &err), -EINVAL);
    end();
}

TEST(what_fails_half_way_is_taken_back)
{
    unsigned int first;
    int rc = -1;

    for (unsigned int i = 1; rc < 0 && i < 20; i++) {
        begin();
        first = host.calls;
        host.fail_at = first + i;
        rc = xyl_domain_set_memory(light, domid, 100 << 10, &err);
        if (rc < 0) {
            CHECK(err.text[0] != '\0');
            CHECK_STR(node(domid, "memory/target"), "65536");
            CHECK_EQ(max_pages(), (128 << 8) + 256);
        }
        end();
    }
    CHECK_EQ(rc, 0);
}

TEST(cpus_of_nodes)
{
    uint8_t map = 0;

    begin();
    CHECK_EQ(xyl_host_cpus(light, "node:1", 4, &map, &err), 0);
    CHECK_EQ(map, 0xc);
    CHECK_EQ(xyl_host_cpus(light, "node:2", 4, &map, &err), -EINVAL);
    host.fail_at = host.calls + 1;
    CHECK_EQ(xyl_host_cpus(light, "node:0", 4, &map, &err), -EIO);
    end();
}

TEST(a_kept_configuration_can_be_replaced)
{
    xyl_domain_info info;
    char *text;

    begin();
    CHECK_EQ(xyl_ctrl_domain_info(NULL, domid, &info), 0);
    free(config.kernel);
    config.kernel = strdup("/other");
    config.uuid_given = false;
    CHECK_EQ(xyl_domain_config_keep(light, domid, &config, to_text, &err), 0);
    CHECK(config.uuid_given && memcmp(config.uuid, info.handle, 16) == 0);
    text = xyl_domain_config_load(&info);
    CHECK_STR(text, "/other");
    free(text);
    CHECK_EQ(xyl_domain_config_keep(light, 0, &config, to_text, &err), -ENOENT);
    end();
}

static char *numbers(const struct xyl_domain_config *c)
{
    char *text = NULL;

    return asprintf(&text, "%s %ld %ld %ld %ld", c->kernel, c->vcpus, c->maxvcpus, c->memory_mib,
                    c->maxmem_mib) > 0 ? text : NULL;
}

static int from_numbers(const char *text, struct xyl_domain_config *c, struct xyl_err *why)
{
    char kernel[20];

    if (sscanf(text, "%19s %ld %ld %ld %ld", kernel, &c->vcpus, &c->maxvcpus, &c->memory_mib,
               &c->maxmem_mib) != 5) {
        return xyl_fail(why, -EINVAL, "no numbers");
    }
    c->name = strdup("guest");
    c->kernel = strdup(kernel);
    return 0;
}

/* What becomes of the kept numbers; the limit moves where it is in the way. */
static const char *changed(long vcpus, long memory, long maxmem)
{
    const struct xyl_config_change change = { vcpus, memory, maxmem };
    static char kept[100];
    xyl_domain_info info;
    char *text;

    if (xyl_domain_config_change(light, domid, &change, numbers, &err) != 0 ||
        xyl_ctrl_domain_info(NULL, domid, &info) != 0) {
        return err.text;
    }
    text = xyl_domain_config_load(&info);
    snprintf(kept, sizeof(kept), "%s", text);
    free(text);
    return kept;
}

/* A reboot undid vcpu-set, mem-set and mem-max. */
TEST(what_is_set_is_kept_for_the_next_start)
{
    const struct xyl_config_change change = { 1, 1, 1 };

    begin();
    xyl_light_reader(light, from_numbers);
    CHECK_EQ(xyl_domain_config_keep(light, domid, &config, numbers, &err), 0);
    CHECK_STR(changed(2, XYL_UNSET, XYL_UNSET), "/k 2 2 64 128");
    CHECK_STR(changed(XYL_UNSET, 100, XYL_UNSET), "/k 2 2 100 128");
    CHECK_STR(changed(XYL_UNSET, XYL_UNSET, 256), "/k 2 2 100 256");
    CHECK_STR(changed(3, 300, XYL_UNSET), "/k 3 3 300 300");
    CHECK_STR(changed(XYL_UNSET, XYL_UNSET, 80), "/k 3 3 80 80");
    CHECK_EQ(xyl_domain_config_change(light, 0, &change, numbers, &err), 0);
    CHECK_EQ(xyl_domain_config_keep(light, domid, &config, to_text, &err), 0);
    CHECK_STR(changed(1, 1, 1), "no numbers");
    end();
}

TEST_MAIN
