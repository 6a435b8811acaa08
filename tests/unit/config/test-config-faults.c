/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call fails, for all N, while a configuration is read and written
 * again: an error with words, or the very same text as without a failure; no leak.
 */
#include "harness.h"
#include "xyl_cfg.h"
#include "xyl_spec.h"

#include "harness/fault-off.h"

#define N_MAX 2000

static const char text[] =
    "name = 'a\\x41' ; uuid = \"37f240f9-ff90-4c93-90a6-d56681d981bf\"\n"
    "kernel = '/k'; ramdisk = '/r'; root = '/dev/xvda1'; extra = 'a'\n"
    "extra += ' b'\n"
    "memory = 0x100; maxmem = 0400; vcpus = 2; maxvcpus = 3\n"
    "cpus = [ '0-3,^2', 'all' ]; cpus_soft = 'node:0'\n"
    "bootloader = 'pygrub'; bootloader_args = '-q  x'\n"
    "on_crash = 'rename-restart'; on_reboot = 'destroy'\n"
    "cap = 50; cpu_weight = 512\n"
    "cpuid = [ 'host,avx2=0,family=6', '0x1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx01' ]\n"
    "disk = [ '/image,raw,xvda,rw', 'format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/iso' ]\n"
    "vif = [ 'mac=00:16:3e:01:02:03,bridge=br1,rate=10Mb/s,script=mine', '' ]\n"
    "channel = [ 'name=a,connection=pty', 'name=b,connection=socket,path=/run/b' ]\n"
    "vfb = [ 'vnclisten=[::1]:3,keymap=de' ]\nvkb = [ 'unique-id=k,width=640' ]\n"
    "ioports = [ '2f8-2ff', '60' ]; iomem = [ 'fee00,1' ]; irqs = [ 5, 6 ]\n"
    "unknwon = [ [ 'x' ], 3, ]\n";

static char path[64];

static void ignore(void *ctx, const char *warning)
{
    (void)ctx;
    (void)warning;
}

/* Read @path, and write it out: for free(), NULL with @err set. */
static char *read_and_write(struct xyl_err *err)
{
    static const struct xyl_cfg_warner warner = { ignore, NULL };
    struct xyl_cfg *cfg = xyl_cfg_new();
    struct xyl_domain_config config;
    char *out = NULL;
    int rc;

    if (cfg == NULL) {
        xyl_fail(err, -ENOMEM, "out of memory");
        return NULL;
    }
    xyl_domain_config_init(&config);
    rc = xyl_cfg_parse_file(cfg, path, err);
    if (rc == 0) {
        rc = xyl_cfg_override(cfg, "memory=200", err);
    }
    if (rc == 0) {
        rc = xyl_cfg_domain(cfg, &config, &warner, err);
    }
    if (rc == 0) {
        out = xyl_cfg_domain_text(&config);
        if (out == NULL) {
            xyl_fail(err, -ENOMEM, "out of memory");
        }
    }
    xyl_domain_config_dispose(&config);
    xyl_cfg_free(cfg);
    return out;
}

static void each_fails_once(enum fault_kind kind, unsigned long at_least)
{
    struct xyl_err err = XYL_ERR_INIT;
    FILE *file;
    char *whole, *out;
    unsigned long n = 0;
    bool hit = true;

    snprintf(path, sizeof(path), "/tmp/xyl-config-%d", (int)getpid());
    file = fopen(path, "w");
    fwrite(text, 1, strlen(text), file);
    fclose(file);
    whole = read_and_write(&err);
    if (whole == NULL) {
        FAIL("without a failure: %s", err.text);
    }
    while (hit && n < N_MAX && !unit_failed()) {
        xyl_err_clear(&err);
        fault_arm(kind, ++n);
        out = read_and_write(&err);
        hit = fault_disarm();
        if (out == NULL ? err.text[0] == '\0' : strcmp(out, whole) != 0) {
            snprintf(path, sizeof(path), "call %lu: half a configuration, or no word", n);
            unit_fail(__FILE__, __LINE__, path);
        }
        free(out);
    }
    free(whole);
    unlink(path);
    CHECK(n > at_least && n < N_MAX);
}

TEST(each_allocation_of_a_configuration_fails_once)
{
    each_fails_once(FAULT_ALLOCATION, 100);
}

TEST(each_system_call_of_a_configuration_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL, 1);
}

/* The text of a disk and a card, read and written; false if either gave an error. */
static bool read_devices(char *texts[2], struct xyl_err *err)
{
    struct xyl_disk disk;
    struct xyl_vif vif;
    bool good = true;

    texts[0] = texts[1] = NULL;
    if (xyl_disk_parse("tap:aio:/image,xvda:cdrom,r", &disk, NULL, err) == 0) {
        texts[0] = xyl_disk_text(&disk);
        xyl_disk_dispose(&disk);
    } else {
        good = err->text[0] != '\0';
    }
    if (xyl_vif_parse("vifname=web,bridge=br1,ip=10.0.0.1,script=s", &vif, NULL, err) == 0) {
        texts[1] = xyl_vif_text(&vif);
        xyl_vif_dispose(&vif);
    } else {
        good = good && err->text[0] != '\0';
    }
    return good;
}

TEST(each_allocation_of_a_device_fails_once)
{
    struct xyl_err err = XYL_ERR_INIT;
    char *texts[2], *whole[2];
    unsigned long n = 0;
    bool hit = true;

    CHECK(read_devices(whole, &err) && whole[0] != NULL && whole[1] != NULL);
    while (hit && n < N_MAX) {
        xyl_err_clear(&err);
        fault_arm(FAULT_ALLOCATION, ++n);
        EXPECT(read_devices(texts, &err));
        hit = fault_disarm();
        for (size_t i = 0; i < 2; i++) {
            EXPECT(texts[i] == NULL || strcmp(texts[i], whole[i]) == 0);
            free(texts[i]);
        }
    }
    free(whole[0]);
    free(whole[1]);
    CHECK(n > 6 && n < N_MAX);
}

TEST_MAIN
