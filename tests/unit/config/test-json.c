/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON in the very form that Xen's users' scripts read. */
#include "harness.h"
#include "xyl_cfg.h"
#include "xyl_json.h"

static char *text;
static size_t size;

static FILE *open_text(void)
{
    free(text);
    text = NULL;
    return open_memstream(&text, &size);
}

TEST(nesting_and_empty_objects)
{
    struct xyl_json json;
    FILE *out = open_text();

    xyl_json_start(&json, out);
    xyl_json_array(&json);
    xyl_json_object(&json);
    xyl_json_key_number(&json, "a", -1);
    xyl_json_key(&json, "b");
    xyl_json_object(&json);
    xyl_json_object_end(&json);
    xyl_json_key(&json, "c");
    xyl_json_array(&json);
    xyl_json_number(&json, 1);
    xyl_json_number(&json, 2);
    xyl_json_array_end(&json);
    xyl_json_object_end(&json);
    xyl_json_array_end(&json);
    CHECK(xyl_json_end(&json));
    fclose(out);
    CHECK_STR(text, "[\n    {\n        \"a\": -1,\n        \"b\": {\n\n        },\n"
              "        \"c\": [\n            1,\n            2\n        ]\n    }\n]\n");
}

TEST(strings_are_escaped)
{
    struct xyl_json json;
    FILE *out = open_text();

    xyl_json_start(&json, out);
    xyl_json_text(&json, "a\"\\\n\t\x01/\xc3\xa9\xff\xc0\x80\xed\xa0\x80");
    CHECK(xyl_json_end(&json));
    fclose(out);
    CHECK_STR(text,
              "\"a\\\"\\\\\\n\\t\\u0001/\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"\n");
}

/* What Xen's xl printed for the same guest. */
static const char sample[] =
    "[\n"
    "    {\n"
    "        \"domid\": 1,\n"
    "        \"config\": {\n"
    "            \"c_info\": {\n"
    "                \"type\": \"pv\",\n"
    "                \"name\": \"u1\",\n"
    "                \"domid\": 4294967295,\n"
    "                \"uuid\": \"37f240f9-ff90-4c93-90a6-d56681d981bf\",\n"
    "                \"run_hotplug_scripts\": \"True\"\n"
    "            },\n"
    "            \"b_info\": {\n"
    "                \"max_vcpus\": 1,\n"
    "                \"avail_vcpus\": [\n"
    "                    0\n"
    "                ],\n"
    "                \"max_memkb\": 131072,\n"
    "                \"target_memkb\": 131072,\n"
    "                \"video_memkb\": 0,\n"
    "                \"sched_params\": {\n"
    "                    \"sched\": \"credit2\",\n"
    "                    \"weight\": 256,\n"
    "                    \"cap\": 0\n"
    "                },\n"
    "                \"claim_mode\": \"False\",\n"
    "                \"kernel\": \"/lab/domu-vmlinuz\",\n"
    "                \"cmdline\": \"console=hvc0 quiet\",\n"
    "                \"ramdisk\": \"/lab/domu-initrd.gz\",\n"
    "                \"type.pv\": {\n"
    "\n"
    "                },\n"
    "                \"arch_arm\": {\n"
    "\n"
    "                },\n"
    "                \"arch_x86\": {\n"
    "                    \"msr_relaxed\": \"False\"\n"
    "                }\n"
    "            },\n"
    "            \"on_reboot\": \"restart\",\n"
    "            \"on_crash\": \"preserve\",\n"
    "            \"on_soft_reset\": \"soft_reset\"\n"
    "        }\n"
    "    }\n"
    "]\n";

TEST(a_domain_as_the_scripts_know_it)
{
    static const char settings[] = "name='u1'\nuuid='37f240f9-ff90-4c93-90a6-d56681d981bf'\n"
        "memory=128\nkernel='/lab/domu-vmlinuz'\nramdisk='/lab/domu-initrd.gz'\n"
        "extra='console=hvc0 quiet'\non_crash='preserve'";
    const struct xyl_json_live live = {
        .domid = 1, .name = "u1", .max_memkb = 131072, .target_memkb = 131072, .online_vcpus = 1,
        .sched = "credit2", .weight = 256,
    };
    struct xyl_cfg *cfg = xyl_cfg_new();
    struct xyl_domain_config config;
    struct xyl_json json;
    FILE *out = open_text();

    xyl_domain_config_init(&config);
    CHECK_EQ(xyl_cfg_parse(cfg, "f", settings, strlen(settings), NULL), 0);
    CHECK_EQ(xyl_cfg_domain(cfg, &config, NULL, NULL), 0);
    xyl_json_start(&json, out);
    xyl_json_array(&json);
    xyl_json_domain(&json, &config, &live);
    xyl_json_array_end(&json);
    CHECK(xyl_json_end(&json));
    fclose(out);
    CHECK_STR(text, sample);
    free(text);
    text = NULL;
    xyl_domain_config_dispose(&config);
    xyl_cfg_free(cfg);
}

/* As Xen's xl prints them with create -n. */
TEST(channels_and_parts_of_the_machine)
{
    static const char settings[] = "name='j'\nmemory=64\nkernel='/k'\n"
        "channel=['name=agent,connection=socket,path=/tmp/x','name=b,connection=pty']\n"
        "ioports=['2f8-2ff']; iomem=['fed00,1']; irqs=[5]";
    static const char machine[] =
        "        \"ioports\": [\n            {\n                \"first\": 760,\n"
        "                \"number\": 8\n            }\n        ],\n"
        "        \"irqs\": [\n            5\n        ],\n"
        "        \"iomem\": [\n            {\n                \"start\": 1043712,\n"
        "                \"number\": 1\n            }\n        ],\n        \"claim_mode\"";
    static const char channels[] =
        "    \"channels\": [\n        {\n            \"devid\": 0,\n"
        "            \"name\": \"agent\",\n            \"connection.socket\": {\n"
        "                \"path\": \"/tmp/x\"\n            }\n        },\n"
        "        {\n            \"devid\": 1,\n            \"name\": \"b\",\n"
        "            \"connection.pty\": {\n\n            }\n        }\n    ],\n";
    const struct xyl_json_live live = { .domid = -1 };
    struct xyl_cfg *cfg = xyl_cfg_new();
    struct xyl_domain_config config;
    struct xyl_json json;
    FILE *out = open_text();

    xyl_domain_config_init(&config);
    CHECK_EQ(xyl_cfg_parse(cfg, "f", settings, strlen(settings), NULL), 0);
    CHECK_EQ(xyl_cfg_domain(cfg, &config, NULL, NULL), 0);
    xyl_json_start(&json, out);
    xyl_json_domain(&json, &config, &live);
    CHECK(xyl_json_end(&json));
    fclose(out);
    CHECK(strstr(text, machine) != NULL);
    CHECK(strstr(text, channels) != NULL);
    xyl_domain_config_dispose(&config);
    xyl_cfg_free(cfg);
}

TEST_MAIN
