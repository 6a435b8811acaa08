/* SPDX-License-Identifier: GPL-2.0-only */
/* xl stat -m: the text is OpenMetrics by its rules, and says what the numbers are. */
#include "harness.h"
#include "metrics.h"

#include <stdlib.h>
#include <string.h>

static struct top_row rows[2];
static struct stat_item items[] = {
    { .name = "exits", .total = 100, .time_ns = 2500000000 },
    { .name = "irq_window", .none = true },
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

/* Two domains, of which one has no limit, and the other a name that would end a label. */
static char *text_of(void)
{
    const struct top_sample sample = { .rows = rows, .nr = 2 };
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    rows[0] = (struct top_row){ .name = (char *)"Domain-0" };
    rows[0].info.max_pages = ~0ull;
    rows[1] = (struct top_row){ .name = (char *)"a\"b\\c\nd", .devices = {
        .nr_nets = 1, .nr_vbds = 2, .tx_bytes = 3000, .rx_bytes = 4000, .oo_req = 5, .rd_req = 6,
        .wr_req = 7, .rd_sect = 8, .wr_sect = 9 } };
    rows[1].info = (xyl_domain_info){ .domain = 7, .cpu_time = 12000000034, .tot_pages = 10,
                                      .max_pages = 11, .nr_online_vcpus = 3 };
    metrics_domains(out, &sample);
    for (int of = METRICS_COUNT; of <= METRICS_TIME; of++) {
        metrics_events_head(out, (enum metrics_of)of);
        metrics_events(out, (enum metrics_of)of, items, ITEMS, rows[1].name, 7);
    }
    fclose(out);
    return text;
}

#define GUEST "{domain=\"a\\\"b\\\\c\\nd\",domid=\"7\""

TEST(values_and_units)
{
    static const char *const lines[] = {
        "# TYPE xylem_cpu_seconds counter\n# UNIT xylem_cpu_seconds seconds\n",
        "\nxylem_cpu_seconds_total" GUEST "} 12.000000034\n",
        "\nxylem_vcpus" GUEST "} 3\n",
        "# TYPE xylem_memory_bytes gauge\n# UNIT xylem_memory_bytes bytes\n",
        "\nxylem_memory_bytes" GUEST "} 40960\n",
        "\nxylem_memory_max_bytes" GUEST "} 45056\n",
        "\nxylem_network_cards" GUEST "} 1\n",
        "\nxylem_network_transmit_bytes_total" GUEST "} 3000\n",
        "\nxylem_network_receive_bytes_total" GUEST "} 4000\n",
        "\nxylem_disks" GUEST "} 2\n",
        "\nxylem_disk_read_requests_total" GUEST "} 6\n",
        "\nxylem_disk_write_requests_total" GUEST "} 7\n",
        "\nxylem_disk_read_bytes_total" GUEST "} 4096\n",
        "\nxylem_disk_write_bytes_total" GUEST "} 4608\n",
        "\nxylem_disk_waits_total" GUEST "} 5\n",
        "\nxylem_events_total" GUEST ",event=\"exits\"} 100\n",
        "\nxylem_event_seconds_total" GUEST ",event=\"exits\"} 2.500000000\n",
        "\nxylem_memory_bytes{domain=\"Domain-0\",domid=\"0\"} 0\n",
    };
    char *text = text_of();

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (strstr(text, lines[i]) == NULL) {
            FAIL("missing: %s", lines[i]);
        }
    }
    EXPECT(strstr(text, "memory_max_bytes{domain=\"Domain-0\"") == NULL);
    EXPECT(strstr(text, "irq_window") == NULL);
    free(text);
}

/* ------------------------------------------------------------ the rules */

/* What the lines read so far say. */
static struct {
    char name[64], type[16], unit[16];
    bool help;
    char seen[8192];            /* names of families and samples: "|NAME|NAME|" */
} family;

static void first_time(const char *what)
{
    char text[300];

    snprintf(text, sizeof(text), "|%s|", what);
    if (strstr(family.seen, text) != NULL) {
        FAIL("twice: %s", what);
    }
    strncat(family.seen, text, sizeof(family.seen) - strlen(family.seen) - 1);
}

/* "# TYPE NAME counter": a family begins with its type, and no line of another one follows. */
static void head(const char *line)
{
    char word[8], name[64], rest[200];

    CHECK_EQ(sscanf(line, "# %7s %63s %199[^\n]", word, name, rest), 3);
    if (strcmp(word, "TYPE") == 0) {
        CHECK(strlen(rest) < sizeof(family.type));
        first_time(name);
        snprintf(family.name, sizeof(family.name), "%s", name);
        snprintf(family.type, sizeof(family.type), "%.15s", rest);
        CHECK(strcmp(rest, "counter") == 0 || strcmp(rest, "gauge") == 0);
        CHECK(strstr(name, "_total") == NULL);
        family.help = false;
        return;
    }
    CHECK_STR(name, family.name);
    if (strcmp(word, "UNIT") == 0) {
        CHECK(strlen(name) > strlen(rest) + 1);
        CHECK_STR(name + strlen(name) - strlen(rest), rest);
        CHECK(name[strlen(name) - strlen(rest) - 1] == '_');
    } else {
        CHECK_STR(word, "HELP");
        family.help = true;
    }
}

/*
 * Labels between braces: NAME="VALUE" with commas, in which only \\, \" and \n are escapes.
 * What follows them, or NULL if they are none.
 */
static const char *labels(const char *s)
{
    bool good = *s == '{';

    for (s += good; good && *s != '}'; s += *s == ',') {
        size_t name = strspn(s, "abcdefghijklmnopqrstuvwxyz_");

        good = name > 0 && strncmp(s + name, "=\"", 2) == 0;
        for (s += good ? name + 2 : 0; good && *s != '"'; s++) {
            good = *s != '\0' && (*s != '\\' || (s[1] != '\0' && strchr("\\\"n", s[1])));
            s += good && *s == '\\';
        }
        s += good;
        good = good && (*s == ',' || *s == '}');
    }
    return good ? s + 1 : NULL;
}

static void sample(const char *line)
{
    size_t len = strlen(family.name);
    const char *end;
    char key[300];

    CHECK(family.help && strncmp(line, family.name, len) == 0);
    if (strcmp(family.type, "counter") == 0) {
        CHECK(strncmp(line + len, "_total", 6) == 0);
        len += 6;
    }
    end = labels(line + len);
    CHECK(end != NULL);
    snprintf(key, sizeof(key), "%.*s", (int)(end - line), line);
    first_time(key);
    CHECK_EQ(*end++, ' ');
    CHECK(*end != '\0' && end[strspn(end, "0123456789.")] == '\0');
}

TEST(rules_of_the_format)
{
    char *text = text_of(), *save = NULL;
    size_t nr = 0;

    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        (line[0] == '#' ? head : sample)(line);
        nr += line[0] != '#';
    }
    /* Two domains in 13 families, but for one limit; two lines of events. */
    CHECK_EQ(nr, 13 * 2 - 1 + 2);
    free(text);
}

TEST_MAIN
