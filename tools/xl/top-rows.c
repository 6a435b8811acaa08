/* SPDX-License-Identifier: GPL-2.0-only */
/* xl top: the rows, apart from where they come from. */
#include "top.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

void top_rates(struct top_sample *now, const struct top_sample *before)
{
    uint64_t span = now->when_ns - before->when_ns;

    for (size_t i = 0; i < now->nr; i++) {
        xyl_domain_info *info = &now->rows[i].info;

        for (size_t j = 0; span > 0 && j < before->nr; j++) {
            const xyl_domain_info *old = &before->rows[j].info;

            if (old->domain == info->domain && memcmp(old->handle, info->handle, 16) == 0 &&
                info->cpu_time >= old->cpu_time) {
                now->rows[i].cpu_permille = (unsigned int)
                    ((info->cpu_time - old->cpu_time) * 1000 / span);
            }
        }
    }
}

void top_free(struct top_sample *sample)
{
    for (size_t i = 0; i < sample->nr; i++) {
        free(sample->rows[i].name);
    }
    free(sample->rows);
    sample->rows = NULL;
    sample->nr = 0;
}

/* ------------------------------------------------------------ lines */

void top_header(FILE *out)
{
    fprintf(out, "%10s %6s %10s %6s %10s %6s %10s %9s %5s %4s %8s %8s %4s %8s %8s %8s %10s %10s "
            "%4s\n", "NAME", "STATE", "CPU(sec)", "CPU(%)", "MEM(k)", "MEM(%)", "MAXMEM(k)",
            "MAXMEM(%)", "VCPUS", "NETS", "NETTX(k)", "NETRX(k)", "VBDS", "VBD_OO", "VBD_RD",
            "VBD_WR", "VBD_RSECT", "VBD_WSECT", "SSID");
}

static void put_state(FILE *out, const xyl_domain_info *info)
{
    static const struct {
        uint32_t flag;
        char letter;
    } letters[] = {
        { XEN_DOMINF_dying, 'd' }, { XEN_DOMINF_shutdown, 's' }, { XEN_DOMINF_blocked, 'b' },
        { 0, 'c' }, { XEN_DOMINF_paused, 'p' }, { XEN_DOMINF_running, 'r' },
    };
    bool crashed = (info->flags & XEN_DOMINF_shutdown) && xyl_shutdown_reason(info) == 3;

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        bool set = letters[i].flag != 0 ? info->flags & letters[i].flag : crashed;

        fputc(set ? letters[i].letter : '-', out);
    }
}

/* Per cent with one decimal, of integers. */
static void put_share(FILE *out, int width, uint64_t part, uint64_t whole)
{
    uint64_t permille = whole > 0 ? part * 1000 / whole : 0;

    fprintf(out, " %*llu.%llu", width - 2, (unsigned long long)(permille / 10),
            (unsigned long long)(permille % 10));
}

static void put_memory(FILE *out, const xyl_domain_info *info, uint64_t host_kib)
{
    uint64_t kib = info->tot_pages * 4;

    fprintf(out, " %10llu", (unsigned long long)kib);
    put_share(out, 6, kib, host_kib);
    if (info->max_pages >= 1ull << 40) {
        fprintf(out, " %10s %9s", "no limit", "n/a");
        return;
    }
    fprintf(out, " %10llu", (unsigned long long)(info->max_pages * 4));
    put_share(out, 9, info->max_pages * 4, host_kib);
}

void top_row(FILE *out, const struct top_row *row, uint64_t host_kib, bool full)
{
    const struct top_devices *d = &row->devices;

    fprintf(out, full ? "%10s " : "%10.10s ", row->name);
    put_state(out, &row->info);
    fprintf(out, " %10llu", (unsigned long long)(row->info.cpu_time / 1000000000));
    put_share(out, 6, row->cpu_permille, 1000);
    put_memory(out, &row->info, host_kib);
    fprintf(out, " %5u %4u %8llu %8llu %4u", row->info.nr_online_vcpus, d->nr_nets,
            (unsigned long long)(d->tx_bytes >> 10), (unsigned long long)(d->rx_bytes >> 10),
            d->nr_vbds);
    fprintf(out, " %8llu %8llu %8llu %10llu %10llu %4u\n", (unsigned long long)d->oo_req,
            (unsigned long long)d->rd_req, (unsigned long long)d->wr_req,
            (unsigned long long)d->rd_sect, (unsigned long long)d->wr_sect, row->info.ssidref);
}

/* ------------------------------------------------------------ order */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct top_row *)a)->name, ((const struct top_row *)b)->name);
}

static int larger(uint64_t a, uint64_t b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static int by_time(const void *a, const void *b)
{
    return larger(((const struct top_row *)a)->info.cpu_time,
                  ((const struct top_row *)b)->info.cpu_time);
}

static int by_share(const void *a, const void *b)
{
    return larger(((const struct top_row *)a)->cpu_permille,
                  ((const struct top_row *)b)->cpu_permille);
}

static int by_memory(const void *a, const void *b)
{
    return larger(((const struct top_row *)a)->info.tot_pages,
                  ((const struct top_row *)b)->info.tot_pages);
}

void top_sort(struct top_sample *sample, char key)
{
    qsort(sample->rows, sample->nr, sizeof(*sample->rows),
          key == 'c' ? by_time : key == '%' ? by_share : key == 'm' ? by_memory : by_name);
}

/* ------------------------------------------------------------ devices */

static uint64_t read_count(const char *folder, const char *file)
{
    char path[512];
    unsigned long long value = 0;
    FILE *in;

    snprintf(path, sizeof(path), "%s/statistics/%s", folder, file);
    in = fopen(path, "re");
    if (in != NULL) {
        if (fscanf(in, "%llu", &value) != 1) {
            value = 0;
        }
        fclose(in);
    }
    return value;
}

/* The next entry of @dir whose name begins with @prefix, its path in @path; false at the end. */
static bool next_device(DIR *dir, const char *folder, const char *prefix, char path[400])
{
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
            strchr(entry->d_name, '-') != NULL) {
            snprintf(path, 400, "%.120s/%.255s", folder, entry->d_name);
            return true;
        }
    }
    return false;
}

void top_devices(const char *sys, uint32_t domid, struct top_devices *d)
{
    char folder[128], prefix[32], path[400];
    DIR *dir;

    snprintf(folder, sizeof(folder), "%s/bus/xen-backend/devices", sys);
    dir = opendir(folder);
    snprintf(prefix, sizeof(prefix), "vbd-%u-", domid);
    for (; next_device(dir, folder, prefix, path); d->nr_vbds++) {
        d->oo_req += read_count(path, "oo_req");
        d->rd_req += read_count(path, "rd_req");
        d->wr_req += read_count(path, "wr_req");
        d->rd_sect += read_count(path, "rd_sect");
        d->wr_sect += read_count(path, "wr_sect");
    }
    if (dir != NULL) {
        rewinddir(dir);
    }
    snprintf(prefix, sizeof(prefix), "vif-%u-", domid);
    for (; next_device(dir, folder, prefix, path); d->nr_nets++) {
        char card[400];

        /* What dom0's end of the cable receives is what the guest sends. */
        snprintf(card, sizeof(card), "%.100s/class/net/vif%u.%.20s", sys, domid,
                 strrchr(path, '-') + 1);
        d->tx_bytes += read_count(card, "rx_bytes");
        d->rx_bytes += read_count(card, "tx_bytes");
    }
    if (dir != NULL) {
        closedir(dir);
    }
}
