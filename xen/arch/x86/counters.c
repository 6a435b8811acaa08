/* SPDX-License-Identifier: GPL-2.0-only */
/* What the per-vcpu counters are called, and those computed from others. */
#include <xen/hypercall.h>
#include <xen/lib.h>

#include <asm/counters.h>

#define CALL_NAME(nr, name, args) [nr] = #name,
static const char *const call_names[NR_HYPERCALLS_ABI] = { HYPERCALLS(CALL_NAME) };

#define COUNTER_TEXT(symbol, name, kind) { name, XYLEM_COUNTER_##kind },
static const struct {
    const char *name;
    uint16_t kind;
} named[] = { COUNTERS(COUNTER_TEXT) };

/* Names follow the ABI's words with hyphens for underscores; those without are numbers. */
static void describe_call(unsigned int nr, struct xylem_counter_row *row)
{
    row->kind = XYLEM_COUNTER_HYPERCALL;
    row->number = (uint16_t)nr;
    if (call_names[nr] == NULL) {
        (void)snprintf(row->name, sizeof(row->name), "hypercall-%u", nr);
        return;
    }
    (void)snprintf(row->name, sizeof(row->name), "hypercall-%s", call_names[nr]);
    for (char *c = row->name; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : *c;
    }
}

/* Exceptions with a stack of their own (#DB, NMI, #DF, #MC) and sysenter are not. */
static bool is_timed(unsigned int i)
{
    switch (i) {
    case COUNTER_EXCEPTION(1) ... COUNTER_EXCEPTION(2):
    case COUNTER_EXCEPTION(8):
    case COUNTER_EXCEPTION(18):
        return false;
    case COUNTER_SYSCALL:
    case COUNTER_SYSCALL32:
    case COUNTER_SOFT_INT:
    case COUNTER_IRQ:
    case NR_COUNTERS:                   /* all of them */
        return true;
    default:
        return i < COUNTER_FIRST_NAMED;
    }
}

bool counter_describe(unsigned int i, struct xylem_counter_row *row)
{
    memset(row, 0, sizeof(*row));
    row->flags = is_timed(i) ? XYLEM_COUNTER_TIMED : 0;
    if (i < COUNTER_EXCEPTION(0)) {
        describe_call(i, row);
    } else if (i < COUNTER_FIRST_NAMED) {
        row->kind = XYLEM_COUNTER_EXCEPTION;
        row->number = (uint16_t)(i - COUNTER_EXCEPTION(0));
        (void)snprintf(row->name, sizeof(row->name), "exception-%u", row->number);
    } else if (i < NR_COUNTERS) {
        row->kind = named[i - COUNTER_FIRST_NAMED].kind;
        (void)snprintf(row->name, sizeof(row->name), "%s", named[i - COUNTER_FIRST_NAMED].name);
    } else if (i < NR_COUNTER_ROWS) {
        row->kind = XYLEM_COUNTER_DERIVED;
        (void)snprintf(row->name, sizeof(row->name), "exits");
    } else {
        return false;
    }
    return true;
}

/* A multicall is one entry, however many calls it makes. */
void counter_derive(struct xylem_counter_value *v)
{
    struct xylem_counter_value *exits = &v[NR_COUNTERS];

    *exits = (struct xylem_counter_value){ .count = -v[COUNTER_MULTICALL].count };
    for (unsigned int i = 0; i < NR_COUNTERS; i++) {
        if (i < COUNTER_FIRST_NAMED || named[i - COUNTER_FIRST_NAMED].kind == XYLEM_COUNTER_ENTRY) {
            exits->count += v[i].count;
            exits->time_ns += v[i].time_ns;
        }
    }
}
