/* SPDX-License-Identifier: GPL-2.0-only */
/* Xylem's own hypercall: the counters (docs/abi/counters.md). */
#include <xen/debug-hooks.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/time.h>
#include <xen/xsm.h>

#include <asm/counters.h>
#include <asm/time.h>

#define ROW_SIZE_MIN    8
#define ROW_SIZE_MAX    4096

/*
 * A number for the set of rows: FNV-1a over the names in order, so that builds that differ in rows
 * nearly surely differ here.
 */
static uint64_t layout(void)
{
    static uint64_t known;              /* each who computes it comes to the same */
    uint64_t sum = 0xcbf29ce484222325;
    struct xylem_counter_row row;

    if (READ_ONCE(known) != 0) {
        return known;
    }
    for (unsigned int i = 0; counter_describe(i, &row); i++) {
        for (unsigned int c = 0; c < sizeof(row.name); c++) {
            sum = (sum ^ (uint8_t)row.name[c]) * 0x100000001b3;
        }
    }
    WRITE_ONCE(known, sum);
    return sum;
}

/* Row @i of @op's array from @row: as long as the caller's release has it, the rest zero. */
static int put_row(const struct xylem_counters *op, unsigned int i, const void *row, size_t size)
{
    unsigned long to = op->rows + (unsigned long)i * op->row_size;
    size_t n = min_t(size_t, size, op->row_size);

    if (guest_write(to, row, n) != 0 ||
        (n < op->row_size && guest_clear(to + n, op->row_size - n) != 0)) {
        return -EFAULT;
    }
    return 0;
}

static long describe(struct xylem_counters *op)
{
    struct xylem_counter_row row;
    uint32_t n = 0;

    if (may_control_host(currd) != 0) {
        return -EPERM;
    }
    while (n < op->nr && op->first <= NR_COUNTER_ROWS && counter_describe(op->first + n, &row)) {
        if (put_row(op, n, &row, sizeof(row)) != 0) {
            return -EFAULT;
        }
        n++;
    }
    op->nr = n;
    op->layout = layout();
    return 0;
}

static void add_vcpu(struct xylem_counter_value *sum, const struct vcpu *v)
{
    const uint64_t *times = READ_ONCE(v->arch.times);

    for (unsigned int i = 0; i < NR_COUNTERS; i++) {
        sum[i].count += READ_ONCE(v->arch.counters[i]);
        if (times != NULL) {
            sum[i].time_ns += muldiv64(READ_ONCE(times[i]), 1000000, tsc_khz);
        }
    }
}

/* Sums for @d, or one of its vcpus: 0, -ENOENT. */
static long add_up(struct xylem_counter_value *sum, const struct domain *d, uint32_t vcpu)
{
    struct vcpu *v;

    if (vcpu != XYLEM_COUNTERS_ALL_VCPUS) {
        v = domain_vcpu(d, vcpu);
        if (v == NULL) {
            return -ENOENT;
        }
        add_vcpu(sum, v);
    } else {
        for_each_vcpu (d, v) {
            add_vcpu(sum, v);
        }
    }
    counter_derive(sum);
    return 0;
}

/* @sum: room for NR_COUNTER_ROWS, zero. */
static long read_into(struct xylem_counters *op, const struct domain *d,
                      struct xylem_counter_value *sum)
{
    long rc = add_up(sum, d, op->vcpu);
    uint32_t n = 0;

    for (; rc == 0 && n < op->nr && op->first < NR_COUNTER_ROWS - n; n++) {
        uint32_t row = (uint32_t)array_index_nospec(op->first + n, NR_COUNTER_ROWS);

        rc = put_row(op, n, &sum[row], sizeof(*sum));
    }
    op->nr = n;
    return rc;
}

static long read(struct xylem_counters *op)
{
    struct xylem_counter_value *sum;
    struct domain *d;
    long rc;

    if (op->domid > UINT16_MAX || (d = domain_get((domid_t)op->domid)) == NULL) {
        return may_control_host(currd) != 0 ? -EPERM : -ESRCH;
    }
    rc = may_control_domain(currd, d);
    if (rc == 0 && op->layout != layout()) {
        rc = -EAGAIN;
    }
    if (rc == 0) {
        sum = kzalloc_array(struct xylem_counter_value, NR_COUNTER_ROWS);
        rc = sum == NULL ? -ENOMEM : read_into(op, d, sum);
        kfree(sum);
    }
    domain_put(d);
    return rc;
}

static long set_timing(const struct xylem_counters *op)
{
    if (may_control_host(currd) != 0) {
        return -EPERM;
    }
    if (op->flags & ~XYLEM_COUNTERS_TIMING) {
        return -EINVAL;
    }
    entry_timing_set(op->flags & XYLEM_COUNTERS_TIMING);
    return 0;
}

static long dispatch(struct xylem_counters *op)
{
    switch (op->action) {
    case XYLEM_COUNTERS_DESCRIBE:
        return describe(op);
    case XYLEM_COUNTERS_READ:
        return read(op);
    case XYLEM_COUNTERS_SET_TIMING:
        return set_timing(op);
    default:
        return -EINVAL;
    }
}

static long counters(struct xylem_counters *op)
{
    long rc;

    if (op->zero != 0 || op->row_size < ROW_SIZE_MIN || op->row_size > ROW_SIZE_MAX) {
        return -EINVAL;
    }
    op->nr = min_t(uint32_t, op->nr, NR_COUNTER_ROWS);
    op->total = NR_COUNTER_ROWS;
    op->now_ns = (uint64_t)NOW();
    rc = dispatch(op);
    op->flags = entry_timing() ? XYLEM_COUNTERS_TIMING : 0;
    return rc;
}

long do_xylem_op(unsigned long cmd, unsigned long arg)
{
    struct xylem_counters op;
    long rc;

    if (cmd != XYLEM_OP_COUNTERS) {
        return debug_op(cmd, arg);
    }
    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    if (op.version != XYLEM_COUNTERS_VERSION) {
        op.version = XYLEM_COUNTERS_VERSION;
        rc = -EOPNOTSUPP;
    } else {
        rc = counters(&op);
    }
    if ((rc == 0 || rc == -EOPNOTSUPP) && guest_write(arg, &op, sizeof(op)) != 0) {
        rc = -EFAULT;
    }
    return rc;
}
