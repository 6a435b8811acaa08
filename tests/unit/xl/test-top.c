/* SPDX-License-Identifier: GPL-2.0-only */
/* xl top: rates between two looks, lines as xentop has them, counters of back ends. */
#include "harness.h"
#include "top.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct top_row rows[2], old_rows[1];

static struct top_sample sample_of(struct top_row *r, size_t nr, uint64_t when)
{
    return (struct top_sample){ .when_ns = when, .host_kib = 1 << 20, .rows = r, .nr = nr };
}

static void begin(void)
{
    memset(rows, 0, sizeof(rows));
    memset(old_rows, 0, sizeof(old_rows));
    rows[0].info = (xyl_domain_info){ .domain = 0, .cpu_time = 7000000000, .tot_pages = 1 << 16,
                                      .max_pages = ~0ull, .nr_online_vcpus = 1,
                                      .flags = XEN_DOMINF_running };
    rows[0].name = strdup("Domain-0");
    rows[1].info = (xyl_domain_info){ .domain = 5, .cpu_time = 2500000000, .tot_pages = 1 << 15,
                                      .max_pages = (1 << 15) + 256, .nr_online_vcpus = 2,
                                      .flags = XEN_DOMINF_blocked, .handle = { 9 } };
    rows[1].name = strdup("a-guest-with-a-long-name");
    old_rows[0].info = rows[1].info;
    old_rows[0].info.cpu_time = 2000000000;
}

static void end(void)
{
    free(rows[0].name);
    free(rows[1].name);
}

static char *line_of(const struct top_row *row, bool full)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (row == NULL) {
        top_header(out);
    } else {
        top_row(out, row, 1 << 20, full);
    }
    fclose(out);
    return text;
}

static void check_line(const struct top_row *row, bool full, const char *want)
{
    char *text = line_of(row, full);

    EXPECT(strcmp(text, want) == 0);
    if (strcmp(text, want) != 0) {
        printf("got:  %swant: %s", text, want);
    }
    free(text);
}

TEST(rates_need_an_older_look)
{
    struct top_sample now = sample_of(rows, 2, 3000000000), before = sample_of(NULL, 0, 0);

    begin();
    top_rates(&now, &before);
    CHECK_EQ(rows[1].cpu_permille, 0);
    before = sample_of(old_rows, 1, 1000000000);
    top_rates(&now, &before);
    CHECK_EQ(rows[1].cpu_permille, 250);
    CHECK_EQ(rows[0].cpu_permille, 0);
    /* The number belongs to another domain now. */
    rows[1].cpu_permille = 0;
    old_rows[0].info.handle[0] = 1;
    top_rates(&now, &before);
    CHECK_EQ(rows[1].cpu_permille, 0);
    end();
}

TEST(lines)
{
    begin();
    check_line(NULL, false,
               "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS "
               "NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT "
               "SSID\n");
    check_line(&rows[0], false,
               "  Domain-0 -----r          7    0.0     262144   25.0   no limit       n/a     1 "
               "   0        0        0    0        0        0        0          0          0 "
               "   0\n");
    rows[1].cpu_permille = 1234;
    check_line(&rows[1], false,
               "a-guest-wi --b---          2  123.4     131072   12.5     132096      12.5     2 "
               "   0        0        0    0        0        0        0          0          0 "
               "   0\n");
    check_line(&rows[1], true,
               "a-guest-with-a-long-name --b---          2  123.4     131072   12.5     132096 "
               "     12.5     2    0        0        0    0        0        0        0          0 "
               "         0    0\n");
    end();
}

TEST(order)
{
    struct top_sample s = sample_of(rows, 2, 0);
    static const struct { char key; unsigned int first; } orders[] = {
        { 'n', 0 }, { 'c', 0 }, { 'm', 0 }, { '%', 5 },
    };

    begin();
    rows[1].cpu_permille = 10;
    for (size_t i = 0; i < 4; i++) {
        top_sort(&s, orders[i].key);
        CHECK_EQ(rows[0].info.domain, orders[i].first);
    }
    end();
}

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[300], command[330];
    FILE *file;

    snprintf(command, sizeof(command), "mkdir -p %s", folder);
    CHECK_EQ(system(command), 0);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
}

TEST(devices)
{
    struct top_devices d = { .nr_nets = 0 };
    char top[64], path[200];

    snprintf(top, sizeof(top), "/tmp/xyl-top-%d", (int)getpid());
    snprintf(path, sizeof(path), "%s/bus/xen-backend/devices/vbd-5-51712/statistics", top);
    put_file(path, "rd_req", "7\n");
    put_file(path, "wr_sect", "80\n");
    snprintf(path, sizeof(path), "%s/bus/xen-backend/devices/vbd-5-51728/statistics", top);
    put_file(path, "rd_req", "3\n");
    snprintf(path, sizeof(path), "%s/bus/xen-backend/devices/vbd-55-51712/statistics", top);
    put_file(path, "rd_req", "1000\n");
    snprintf(path, sizeof(path), "%s/bus/xen-backend/devices/vif-5-0/statistics", top);
    put_file(path, "unused", "");
    snprintf(path, sizeof(path), "%s/class/net/vif5.0/statistics", top);
    put_file(path, "rx_bytes", "2048\n");
    put_file(path, "tx_bytes", "4096\n");
    top_devices(top, 5, &d);
    CHECK_EQ(d.nr_vbds, 2);
    CHECK_EQ(d.rd_req, 10);
    CHECK_EQ(d.wr_sect, 80);
    CHECK_EQ(d.nr_nets, 1);
    CHECK_EQ(d.tx_bytes, 2048);
    CHECK_EQ(d.rx_bytes, 4096);
    d = (struct top_devices){ .nr_nets = 0 };
    top_devices("/tmp/not-there", 5, &d);
    CHECK_EQ(d.nr_vbds + d.nr_nets, 0);
    snprintf(path, sizeof(path), "rm -r %s", top);
    CHECK_EQ(system(path), 0);
}

TEST_MAIN
