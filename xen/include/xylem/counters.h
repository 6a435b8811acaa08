/* SPDX-License-Identifier: GPL-2.0-only */
/* The call that reads Xylem's event counters: shared by hypervisor, tools and test guests. */
#ifndef XYLEM_COUNTERS_H
#define XYLEM_COUNTERS_H

#include <stdint.h>

/*
 * Xylem's own hypercall: a number that the Xen ABI leaves free.  rdi is the command, rsi the
 * address of its struct.  Unknown commands: -ENOSYS, as all of it on another hypervisor.
 */
#define XYLEM_HYPERCALL             63
#define XYLEM_OP_COUNTERS           1           /* struct xylem_counters */

/* The version of struct xylem_counters; another one: -EOPNOTSUPP, and version says which is. */
#define XYLEM_COUNTERS_VERSION      1

#define XYLEM_COUNTERS_DESCRIBE     0           /* rows: struct xylem_counter_row */
#define XYLEM_COUNTERS_READ         1           /* rows: struct xylem_counter_value */
#define XYLEM_COUNTERS_SET_TIMING   2           /* flags: on or off, for all vcpus */

#define XYLEM_COUNTERS_ALL_VCPUS    0xffffffffu

#define XYLEM_COUNTERS_TIMING       1u          /* flags: time per reason is measured */

/*
 * Docs and errors: docs/abi/counters.md.  Elements are as long as the caller says in row_size:
 * what its release does not know is not written, what this one does not know is zero.
 */
struct xylem_counters {
    uint32_t version;       /* in, out */
    uint32_t action;        /* in: XYLEM_COUNTERS_* */
    uint32_t domid;         /* in (READ): 0x7ff0 the caller's own */
    uint32_t vcpu;          /* in (READ): one, or the sum of all */
    uint32_t first;         /* in: number of the first row wished for */
    uint32_t nr;            /* in: room in rows; out: rows written */
    uint32_t row_size;      /* in: bytes from one element to the next */
    uint32_t total;         /* out: rows there are */
    uint32_t flags;         /* in (SET_TIMING), out: XYLEM_COUNTERS_TIMING */
    uint32_t zero;          /* in: 0 */
    uint64_t layout;        /* out (DESCRIBE), in (READ): which set of rows the numbers mean */
    uint64_t rows;          /* in: address of the array; 0 with nr 0 asks for total and layout */
    uint64_t now_ns;        /* out: time since start, for rates */
};

#define XYLEM_COUNTER_NAME_BYTES    48

/* What a row counts.  number: of the hypercall, the vector; else 0. */
#define XYLEM_COUNTER_OTHER         0
#define XYLEM_COUNTER_HYPERCALL     1
#define XYLEM_COUNTER_EXCEPTION     2
#define XYLEM_COUNTER_ENTRY         3           /* another way into Xylem */
#define XYLEM_COUNTER_DERIVED       4           /* computed from others when read */

#define XYLEM_COUNTER_TIMED         1u          /* its value's time_ns is filled while timing */

struct xylem_counter_row {
    char name[XYLEM_COUNTER_NAME_BYTES];        /* the row's identity for all releases */
    uint16_t kind;
    uint16_t number;
    uint32_t flags;
};

struct xylem_counter_value {
    uint64_t count;
    uint64_t time_ns;
};

#endif /* XYLEM_COUNTERS_H */
