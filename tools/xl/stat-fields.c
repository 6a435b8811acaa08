/* SPDX-License-Identifier: GPL-2.0-only */
/* xl stat: what each field counts, apart from where the numbers come from. */
#include "stat.h"

#include <string.h>

const struct stat_field stat_fields[] = {
    { "efer_reload", NULL, "EFER is the same for all" },
    { "exits", "exits", "entries into the hypervisor from a guest" },
    { "fpu_reload", "fpu-load", "FPU states loaded" },
    { "halt_exits", "halt", "times a vCPU blocked" },
    { "halt_wakeup", "wakeup", "times it could run again" },
    { "host_state_reload", "state-load", "vCPU states loaded" },
    { "hypercalls", "*hypercall", "hypercalls, those inside multicalls too" },
    { "insn_emulation", "emulated-cpuid+emulated-msr+emulated-io+emulated-cr-dr+emulated-other"
      "+emulated-pte-write", "instructions carried out for the guest" },
    { "insn_emulation_fail", "emulated-failed", "left to the guest as a fault" },
    { "invlpg", "tlb-flush-page", "single pages flushed" },
    { "io_exits", "emulated-io", "port accesses carried out for the guest" },
    { "irq_exits", "interrupt", "interrupts that came while the guest ran" },
    { "irq_injections", "event-upcall", "event callbacks into the guest" },
    { "irq_window", NULL, "events wait without an exit until the guest takes them" },
    { "largepages", NULL, "PV guests have pages of 4 KiB" },
    { "mmio_exits", NULL, "device memory is mapped to who may use it" },
    { "mmu_cache_miss", "page-table-validate", "frames that became page tables" },
    { "mmu_flooded", NULL, "there are no shadow page tables" },
    { "mmu_pde_zapped", NULL, "there are no shadow page tables" },
    { "mmu_pte_updated", "pte-update", "entries that hypercalls asked to write" },
    { "mmu_pte_write", "emulated-pte-write", "stores to page tables that trapped" },
    { "mmu_recycled", NULL, "there are no shadow page tables" },
    { "mmu_shadow_zapped", "page-table-release", "frames that ceased to be page tables" },
    { "mmu_unsync", NULL, "there are no shadow page tables" },
    { "nmi_injections", "nmi", "NMI callbacks into the guest" },
    { "nmi_window", NULL, "an NMI waits for the guest's iret without an exit" },
    { "pf_fixed", "ldt-page-fault+emulated-pte-write", "page faults that the guest never saw" },
    { "pf_guest", "exception-14-ldt-page-fault-emulated-pte-write", "page faults of the guest" },
    { "remote_tlb_flush", "tlb-flush-remote", "flushes that had to reach other CPUs" },
    { "request_irq", NULL, "no interrupt window is ever asked for" },
    { "signal_exits", NULL, "no process runs the vCPU" },
    { "tlb_flush", "tlb-flush", "whole flushes" },
    { NULL, NULL, NULL },
};

static const struct stat_field *field_named(const char *name)
{
    for (const struct stat_field *f = stat_fields; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            return f;
        }
    }
    return NULL;
}

size_t stat_nr(const struct xyl_counters *c)
{
    size_t nr = 0;

    for (const struct stat_field *f = stat_fields; f->name != NULL; f++) {
        nr++;
    }
    for (uint32_t i = 0; i < c->nr; i++) {
        nr += field_named(c->rows[i].name) == NULL;
    }
    return nr;
}

void stat_name(const struct xyl_counters *c, struct stat_item *items)
{
    for (const struct stat_field *f = stat_fields; f->name != NULL; f++) {
        *items++ = (struct stat_item){ .name = f->name, .none = f->rows == NULL };
    }
    for (uint32_t i = 0; i < c->nr; i++) {
        if (field_named(c->rows[i].name) == NULL) {
            *items++ = (struct stat_item){ .name = c->rows[i].name };
        }
    }
}

/* Add (or with @sign -1 subtract) the row of that name, or all of a kind. */
static void add_term(const struct xyl_counters *c, const struct xylem_counter_value *values,
                     const char *term, size_t len, int sign, struct stat_item *sum)
{
    for (uint32_t i = 0; i < c->nr; i++) {
        const char *name = c->rows[i].name;
        bool match = strlen(name) == len && memcmp(name, term, len) == 0;

        if (term[0] == '*') {
            match = c->rows[i].kind == XYLEM_COUNTER_HYPERCALL;
        }
        if (match) {
            sum->total += (uint64_t)sign * values[i].count;
            sum->time_ns += (uint64_t)sign * values[i].time_ns;
        }
    }
}

/*
 * Names have dashes too, so a term is the longest name of a counter that fits; what this
 * hypervisor does not count ends at the next sign and is nothing.
 */
static size_t term_length(const struct xyl_counters *c, const char *term)
{
    size_t best = 0;

    for (uint32_t i = 0; i < c->nr; i++) {
        size_t len = strlen(c->rows[i].name);

        if (len > best && strncmp(c->rows[i].name, term, len) == 0 &&
            strchr("+-", term[len]) != NULL) {
            best = len;
        }
    }
    return best > 0 ? best : term[0] == '*' ? strlen(term) : strcspn(term, "+-");
}

static void add_field(const struct xyl_counters *c, const struct xylem_counter_value *values,
                      const char *rows, struct stat_item *sum)
{
    struct stat_item one = { .total = 0 };
    int sign = 1;

    while (*rows != '\0') {
        size_t len = term_length(c, rows);

        add_term(c, values, rows, len, sign, &one);
        rows += len;
        sign = *rows == '-' ? -1 : 1;
        rows += *rows != '\0';
    }
    /* Rows are not read at one moment: a difference may be a little below nothing. */
    sum->total += (int64_t)one.total > 0 ? one.total : 0;
    sum->time_ns += (int64_t)one.time_ns > 0 ? one.time_ns : 0;
}

void stat_add(const struct xyl_counters *c, const struct xylem_counter_value *values,
              struct stat_item *items)
{
    for (const struct stat_field *f = stat_fields; f->name != NULL; f++, items++) {
        if (f->rows != NULL) {
            add_field(c, values, f->rows, items);
        }
    }
    for (uint32_t i = 0; i < c->nr; i++) {
        if (field_named(c->rows[i].name) == NULL) {
            items->total += values[i].count;
            items->time_ns += values[i].time_ns;
            items++;
        }
    }
}
