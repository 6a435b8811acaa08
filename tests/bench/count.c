/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU TCG plugin (API version 1): counts executed instructions, in all and inside the
 * hypervisor's address range, with a snapshot at each marker instruction.
 *
 * A marker is `nopl 0x5859NNNN(%rax)`: bytes 0f 1f 80 and the displacement, little endian.  Each
 * execution writes one line "MARKER TOTAL HYPERVISOR USER" to the file named by the argument
 * `out=FILE`; the last line, at exit, has the marker "end".  USER counts the lower half of the
 * address space.  With `first=LOW-HIGH` a line "first-LOW" is written when an instruction in
 * [LOW, HIGH) is executed for the first time; a program that is loaded and run twice counts once.
 *
 * Debian's QEMU does not ship qemu-plugin.h; the few functions used here are declared below as
 * the plugin API's documentation describes them.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

typedef void (*tb_trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*vcpu_udata_cb)(unsigned int vcpu, void *data);
typedef void (*udata_cb)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op,
                                              void *ptr, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, vcpu_udata_cb cb,
                                            enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, udata_cb cb, void *data);

int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

#define HV_START 0xffff800000000000ULL
#define HV_END   0xffff880000000000ULL
#define MAX_RANGES 8

/*
 * Counting is per translation block, inline.  A block that a fault leaves in its middle counts
 * whole; it lies in the guest nearly always, and the hypervisor's count is the one that matters.
 */
static uint64_t user_count, kernel_count, hv_count;
static FILE *out;

static struct range {
    uint64_t low, high;
    bool seen;
} ranges[MAX_RANGES];
static size_t nr_ranges;

static void snapshot(const char *name, uint64_t number)
{
    fprintf(out, "%s%04" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", name, number,
            user_count + kernel_count + hv_count, hv_count, user_count);
    fflush(out);
}

static void on_marker(unsigned int vcpu, void *data)
{
    (void)vcpu;
    snapshot("", (uint64_t)(uintptr_t)data);
}

static void on_range(unsigned int vcpu, void *data)
{
    struct range *range = data;

    (void)vcpu;
    if (!range->seen) {
        range->seen = true;
        snapshot("first-", range->low);
    }
}

/* The marker's number, or -1. */
static int marker_of(const struct qemu_plugin_insn *insn)
{
    const uint8_t *bytes = qemu_plugin_insn_data(insn);

    if (qemu_plugin_insn_size(insn) != 7 || bytes[0] != 0x0f || bytes[1] != 0x1f ||
        bytes[2] != 0x80 || bytes[6] != 0x58 || bytes[5] != 0x59) {
        return -1;
    }
    return bytes[3] | bytes[4] << 8;
}

static void watch_ranges(struct qemu_plugin_insn *insn)
{
    uint64_t va = qemu_plugin_insn_vaddr(insn);

    for (size_t i = 0; i < nr_ranges; i++) {
        if (!ranges[i].seen && va >= ranges[i].low && va < ranges[i].high) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_range, QEMU_PLUGIN_CB_NO_REGS,
                                                   &ranges[i]);
        }
    }
}

static uint64_t *counter(uint64_t va)
{
    if (va < HV_START) {
        return &user_count;
    }
    return va < HV_END ? &hv_count : &kernel_count;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    uint64_t start = qemu_plugin_tb_vaddr(tb);

    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, counter(start),
                                             count);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        int marker = marker_of(insn);

        if (marker >= 0) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)marker);
        }
        watch_ranges(insn);
    }
}

static void on_end(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    fprintf(out, "end %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
            user_count + kernel_count + hv_count, hv_count, user_count);
    fclose(out);
}

static int add_range(const char *text)
{
    char *end;

    if (nr_ranges == MAX_RANGES) {
        return -1;
    }
    ranges[nr_ranges].low = strtoull(text, &end, 0);
    if (*end != '-') {
        return -1;
    }
    ranges[nr_ranges].high = strtoull(end + 1, &end, 0);
    nr_ranges++;
    return *end == '\0' ? 0 : -1;
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0 && out == NULL) {
            out = fopen(argv[i] + 4, "w");
        } else if (strncmp(argv[i], "first=", 6) != 0 || add_range(argv[i] + 6) != 0) {
            fprintf(stderr, "count plugin: argument %s is not understood\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL) {
        fprintf(stderr, "count plugin: out=FILE is missing or cannot be written\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
