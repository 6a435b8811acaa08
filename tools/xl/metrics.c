/* SPDX-License-Identifier: GPL-2.0-only */
/* xl stat -m: the families of OpenMetrics, apart from where the numbers come from. */
#include "metrics.h"

#define NONE        UINT64_MAX      /* this domain has no such number */
#define PAGE_BYTES  4096u
#define SECT_BYTES  512u            /* in which blkback counts, whatever the disk's sectors are */

/*
 * A family.  @name: ends with @unit if there is one, and has no "_total", which a counter's samples
 * get.  @ns: the value is nanoseconds, printed as seconds.
 */
struct family {
    const char *name, *type, *unit, *help;
    uint64_t (*value)(const struct top_row *row);
    bool ns;
};

static uint64_t cpu_time(const struct top_row *row)
{
    return row->info.cpu_time;
}

static uint64_t vcpus(const struct top_row *row)
{
    return row->info.nr_online_vcpus;
}

static uint64_t memory(const struct top_row *row)
{
    return row->info.tot_pages * PAGE_BYTES;
}

static uint64_t max_memory(const struct top_row *row)
{
    return row->info.max_pages < 1ull << 40 ? row->info.max_pages * PAGE_BYTES : NONE;
}

static uint64_t cards(const struct top_row *row)
{
    return row->devices.nr_nets;
}

static uint64_t sent(const struct top_row *row)
{
    return row->devices.tx_bytes;
}

static uint64_t received(const struct top_row *row)
{
    return row->devices.rx_bytes;
}

static uint64_t disks(const struct top_row *row)
{
    return row->devices.nr_vbds;
}

static uint64_t reads(const struct top_row *row)
{
    return row->devices.rd_req;
}

static uint64_t writes(const struct top_row *row)
{
    return row->devices.wr_req;
}

static uint64_t read_bytes(const struct top_row *row)
{
    return row->devices.rd_sect * SECT_BYTES;
}

static uint64_t written_bytes(const struct top_row *row)
{
    return row->devices.wr_sect * SECT_BYTES;
}

static uint64_t waits(const struct top_row *row)
{
    return row->devices.oo_req;
}

static const struct family families[] = {
    { "xylem_cpu_seconds", "counter", "seconds", "CPU time that the domain's vCPUs had.",
      cpu_time, true },
    { "xylem_vcpus", "gauge", NULL, "vCPUs that are online.", vcpus, false },
    { "xylem_memory_bytes", "gauge", "bytes", "Memory that the domain has.", memory, false },
    { "xylem_memory_max_bytes", "gauge", "bytes",
      "Memory that the domain may have; missing if there is no limit.", max_memory, false },
    { "xylem_network_cards", "gauge", NULL, "Network cards that dom0 serves.", cards, false },
    { "xylem_network_transmit_bytes", "counter", "bytes", "Bytes that the domain sent.", sent,
      false },
    { "xylem_network_receive_bytes", "counter", "bytes", "Bytes that the domain received.",
      received, false },
    { "xylem_disks", "gauge", NULL, "Disks that dom0 serves.", disks, false },
    { "xylem_disk_read_requests", "counter", NULL, "Reads that the domain asked for.", reads,
      false },
    { "xylem_disk_write_requests", "counter", NULL, "Writes that the domain asked for.", writes,
      false },
    { "xylem_disk_read_bytes", "counter", "bytes", "Bytes that the domain read.", read_bytes,
      false },
    { "xylem_disk_write_bytes", "counter", "bytes", "Bytes that the domain wrote.", written_bytes,
      false },
    { "xylem_disk_waits", "counter", NULL, "Requests that waited as the back end had none free.",
      waits, false },
};

static void put_head(FILE *out, const char *name, const char *type, const char *unit,
                     const char *help)
{
    fprintf(out, "# TYPE %s %s\n", name, type);
    if (unit != NULL) {
        fprintf(out, "# UNIT %s %s\n", name, unit);
    }
    fprintf(out, "# HELP %s %s\n", name, help);
}

static void put_domain(FILE *out, const char *name, uint32_t domid)
{
    fputs("{domain=\"", out);
    for (; *name != '\0'; name++) {
        if (*name == '\\' || *name == '"') {
            fputc('\\', out);
        }
        fputs(*name == '\n' ? "\\n" : (char[]){ *name, '\0' }, out);
    }
    fprintf(out, "\",domid=\"%u\"", domid);
}

static void put_value(FILE *out, uint64_t value, bool ns)
{
    if (ns) {
        fprintf(out, "} %llu.%09llu\n", (unsigned long long)(value / 1000000000u),
                (unsigned long long)(value % 1000000000u));
    } else {
        fprintf(out, "} %llu\n", (unsigned long long)value);
    }
}

void metrics_domains(FILE *out, const struct top_sample *sample)
{
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
        const struct family *family = &families[f];

        put_head(out, family->name, family->type, family->unit, family->help);
        for (size_t i = 0; i < sample->nr; i++) {
            const struct top_row *row = &sample->rows[i];
            uint64_t value = family->value(row);

            if (value != NONE) {
                fprintf(out, "%s%s", family->name, family->type[0] == 'c' ? "_total" : "");
                put_domain(out, row->name, row->info.domain);
                put_value(out, value, family->ns);
            }
        }
    }
}

void metrics_events_head(FILE *out, enum metrics_of of)
{
    if (of == METRICS_COUNT) {
        put_head(out, "xylem_events", "counter", NULL,
                 "Events that the hypervisor counted, summed over vCPUs.");
    } else {
        put_head(out, "xylem_event_seconds", "counter", "seconds",
                 "Time that these events took, since it has been measured.");
    }
}

void metrics_events(FILE *out, enum metrics_of of, const struct stat_item *items, size_t nr,
                    const char *name, uint32_t domid)
{
    for (size_t i = 0; i < nr; i++) {
        if (items[i].none) {
            continue;
        }
        fputs(of == METRICS_COUNT ? "xylem_events_total" : "xylem_event_seconds_total", out);
        put_domain(out, name, domid);
        fprintf(out, ",event=\"%s\"", items[i].name);
        put_value(out, of == METRICS_COUNT ? items[i].total : items[i].time_ns,
                  of == METRICS_TIME);
    }
}
