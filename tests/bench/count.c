/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU TCG plugin (API version 1): counts executed instructions, in all and inside the
 * hypervisor's address range, with a snapshot at each marker instruction.
 *
 * A marker is `nopl 0x5859NNNN(%rax)`: bytes 0f 1f 80 and the displacement, little endian.  Each
 * execution writes one line "MARKER TOTAL HYPERVISOR USER CALLS SWITCHES" to the file named by the
 * argument `out=FILE`; the last line, at exit, has the marker "end".  USER counts the lower half of
 * the address space.  With `first=ADDRESS` a line "first-A" is written when the instruction at A is
 * executed for the first time, for each A below 4 GiB that differs from ADDRESS by a multiple of
 * 2 MiB: the entry of a program that a loader may have moved, and seldom something else.
 *
 * With `calls=MARKER`, CALLS are the `syscall` instructions of kernels: hypercalls; and SWITCHES
 * those of them that are another domain's than the one before.  Each domain makes a hypercall
 * before it blocks: so often did the CPU go from one to the other.  Two domains are told apart:
 * pages of memory in which there was a hypercall before MARKER are dom0's, which must have run
 * alone until then; all others are its guest's.  A kernel has several, whatever hypercall page it
 * was given.
 *
 * With `profile=FILE,from=M,to=N` each translation block has a counter of its own: cleared at
 * marker M, written to FILE at marker N (or at the end), one line "ADDRESS INSTRUCTIONS BYTES" for
 * each block that ran, BYTES being its first ones: programs that lie at one address differ in them.
 *
 * With `test=LOW-HIGH`, which may be repeated, hypervisor code in [LOW, HIGH) tests for pending
 * work.  The longest stretches of hypervisor code between two such tests (or executions of other
 * code) since marker `from` are written at the end, as lines "longest-FIRST-LAST INSTRUCTIONS 0 0"
 * with the addresses where the stretch began and ended; one stretch for each beginning.
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
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, vcpu_udata_cb cb,
                                          enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, vcpu_udata_cb cb,
                                            enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, udata_cb cb, void *data);

int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

#define HV_START 0xffff800000000000ULL
#define HV_END   0xffff880000000000ULL
#define MAX_ENTRIES 2048

/*
 * Counting is per translation block, inline.  A block that a fault leaves in its middle counts
 * whole; it lies in the guest nearly always, and the hypervisor's count is the one that matters.
 */
static uint64_t user_count, kernel_count, hv_count;
static uint64_t call_count, switch_count;
static FILE *out;

#define STEP 0x200000ULL

static struct entry {
    uint64_t va;
    bool seen;
} entries[MAX_ENTRIES];
static size_t nr_entries;
static uint64_t first_va;
static bool want_first;

static void counts_write(void)
{
    fprintf(out, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
            user_count + kernel_count + hv_count, hv_count, user_count, call_count, switch_count);
    fflush(out);
}

static void snapshot(const char *name, uint64_t number)
{
    fprintf(out, "%s%04" PRIx64, name, number);
    counts_write();
}

/* ------------------------------------------------------------ profile */

#define KEY_BYTES   24
#define NR_BUCKETS  65536

/* A block is known by its address and first bytes, however often it is translated. */
struct block {
    struct block *next;
    uint64_t va, instructions;
    uint8_t length, bytes[KEY_BYTES];
};

static struct block *buckets[NR_BUCKETS];
static const char *profile;
static long profile_from = -1, profile_to = -1;

static void block_key(const struct qemu_plugin_tb *tb, struct block *key)
{
    size_t count = qemu_plugin_tb_n_insns(tb);

    *key = (struct block){ .va = qemu_plugin_tb_vaddr(tb) };
    for (size_t i = 0; i < count && key->length < KEY_BYTES; i++) {
        const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        size_t room = KEY_BYTES - key->length, size = qemu_plugin_insn_size(insn);

        size = size < room ? size : room;
        memcpy(key->bytes + key->length, qemu_plugin_insn_data(insn), size);
        key->length += (uint8_t)size;
    }
}

static struct block *find_block(const struct qemu_plugin_tb *tb)
{
    struct block key, *block;
    struct block **bucket;

    block_key(tb, &key);
    bucket = &buckets[(key.va ^ key.va >> 16) % NR_BUCKETS];
    for (block = *bucket; block != NULL; block = block->next) {
        if (block->va == key.va && block->length == key.length &&
            memcmp(block->bytes, key.bytes, key.length) == 0) {
            return block;
        }
    }
    block = malloc(sizeof(*block));
    if (block == NULL) {
        abort();
    }
    *block = key;
    block->next = *bucket;
    *bucket = block;
    return block;
}

static void profile_clear(void)
{
    for (size_t i = 0; i < NR_BUCKETS; i++) {
        for (struct block *block = buckets[i]; block != NULL; block = block->next) {
            block->instructions = 0;
        }
    }
}

static void profile_line(FILE *to, const struct block *block)
{
    fprintf(to, "%" PRIx64 " %" PRIu64 " ", block->va, block->instructions);
    for (size_t i = 0; i < block->length; i++) {
        fprintf(to, "%02x", block->bytes[i]);
    }
    fputc('\n', to);
}

static void profile_write(void)
{
    FILE *to = profile != NULL ? fopen(profile, "w") : NULL;

    for (size_t i = 0; to != NULL && i < NR_BUCKETS; i++) {
        for (struct block *block = buckets[i]; block != NULL; block = block->next) {
            if (block->instructions > 0) {
                profile_line(to, block);
            }
        }
    }
    if (to != NULL) {
        fclose(to);
    }
    profile = NULL;
}

/* ------------------------------------------------------------ stretches without a test */

#define MAX_TESTS 16
#define MAX_STRETCHES 16

static struct { uint64_t low, high; } tests[MAX_TESTS];
static size_t nr_tests;
static struct stretch { uint64_t first, last, instructions; } longest[MAX_STRETCHES];

/* The stretch that runs, and what other code had executed when it began. */
static struct stretch running;
static uint64_t others, hv_at_start;

static void stretch_end(void)
{
    struct stretch *least = &longest[0];

    for (size_t i = 0; i < MAX_STRETCHES; i++) {
        if (longest[i].first == running.first) {
            least = &longest[i];
            break;
        }
        least = longest[i].instructions < least->instructions ? &longest[i] : least;
    }
    if (running.instructions > least->instructions) {
        *least = running;
    }
}

/* Before each block of the hypervisor; the block's own instructions are in hv_count already. */
static void on_block(unsigned int vcpu, void *data)
{
    uint64_t va = (uint64_t)(uintptr_t)data;
    bool test = others != user_count + kernel_count;

    (void)vcpu;
    for (size_t i = 0; i < nr_tests && !test; i++) {
        test = va >= tests[i].low && va < tests[i].high;
    }
    if (test) {
        stretch_end();
        others = user_count + kernel_count;
        hv_at_start = hv_count;
        running.first = va;
    }
    running.last = va;
    running.instructions = hv_count - hv_at_start;
}

static void stretches_write(void)
{
    for (size_t i = 0; i < MAX_STRETCHES; i++) {
        if (longest[i].instructions > 0) {
            fprintf(out, "longest-%" PRIx64 "-%" PRIx64 " %" PRIu64 " 0 0\n", longest[i].first,
                    longest[i].last, longest[i].instructions);
        }
    }
}

static int add_test(const char *text)
{
    char *end;

    if (nr_tests == MAX_TESTS) {
        return -1;
    }
    tests[nr_tests].low = strtoull(text, &end, 16);
    if (*end != '-') {
        return -1;
    }
    tests[nr_tests].high = strtoull(end + 1, &end, 16);
    nr_tests++;
    return *end == '\0' ? 0 : -1;
}

/* ------------------------------------------------------------ markers and entries */

#define MAX_CALL_PAGES 256

static struct call_page {
    uintptr_t at;
    bool first_domain;          /* it made hypercalls when there were no guests */
} call_pages[MAX_CALL_PAGES];
static size_t nr_call_pages;
static long guests_from = -1;
static bool guests_run;

static void on_marker(unsigned int vcpu, void *data)
{
    long marker = (long)(intptr_t)data;

    (void)vcpu;
    snapshot("", (uint64_t)marker);
    if (marker == profile_from) {
        profile_clear();
        memset(longest, 0, sizeof(longest));
    }
    if (marker == profile_to) {
        profile_write();
    }
    guests_run |= marker == guests_from;
}

static void on_entry(unsigned int vcpu, void *data)
{
    struct entry *entry = data;

    (void)vcpu;
    if (!entry->seen) {
        entry->seen = true;
        snapshot("first-", entry->va);
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

static void watch_entry(struct qemu_plugin_insn *insn)
{
    uint64_t va = qemu_plugin_insn_vaddr(insn);
    size_t i = 0;

    if (!want_first || va >> 32 != 0 || (va - first_va) % STEP != 0) {
        return;
    }
    while (i < nr_entries && entries[i].va != va) {
        i++;
    }
    if (i == MAX_ENTRIES) {
        return;
    }
    entries[i].va = va;
    nr_entries += i == nr_entries;
    qemu_plugin_register_vcpu_insn_exec_cb(insn, on_entry, QEMU_PLUGIN_CB_NO_REGS, &entries[i]);
}

/* ------------------------------------------------------------ hypercalls */

static void on_call(unsigned int vcpu, void *data)
{
    static bool guest_was_last;
    struct call_page *page = data;

    (void)vcpu;
    page->first_domain |= !guests_run;
    call_count++;
    switch_count += guest_was_last == page->first_domain;
    guest_was_last = !page->first_domain;
}

/* The page of memory that @insn lies in; NULL: there are too many. */
static struct call_page *find_page(const struct qemu_plugin_insn *insn)
{
    uintptr_t at = (uintptr_t)qemu_plugin_insn_haddr(insn) & ~(uintptr_t)0xfff;
    size_t i = 0;

    while (i < nr_call_pages && call_pages[i].at != at) {
        i++;
    }
    if (i == MAX_CALL_PAGES) {
        return NULL;
    }
    call_pages[i].at = at;
    nr_call_pages += i == nr_call_pages;
    return &call_pages[i];
}

static void watch_call(struct qemu_plugin_insn *insn)
{
    static const uint8_t syscall[2] = { 0x0f, 0x05 };
    struct call_page *page;

    if (guests_from < 0 || qemu_plugin_insn_vaddr(insn) < HV_END ||
        qemu_plugin_insn_size(insn) != sizeof(syscall) ||
        memcmp(qemu_plugin_insn_data(insn), syscall, sizeof(syscall)) != 0) {
        return;
    }
    page = find_page(insn);
    if (page == NULL) {
        fprintf(stderr, "count plugin: more than %d pages with hypercalls\n", MAX_CALL_PAGES);
        abort();
    }
    qemu_plugin_register_vcpu_insn_exec_cb(insn, on_call, QEMU_PLUGIN_CB_NO_REGS, page);
}

/* ------------------------------------------------------------ translation blocks */

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
    if (profile != NULL) {
        qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
                                                 &find_block(tb)->instructions, count);
    }
    if (nr_tests > 0 && counter(start) == &hv_count) {
        qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS,
                                             (void *)(uintptr_t)start);
    }
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        int marker = marker_of(insn);

        if (marker >= 0) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)marker);
        }
        watch_entry(insn);
        watch_call(insn);
    }
}

static void on_end(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    fputs("end", out);
    counts_write();
    stretches_write();
    fclose(out);
    profile_write();
}

/* One argument "NAME=VALUE"; 0 if it is understood. */
static int argument(const char *text)
{
    const char *value = strchr(text, '=');
    size_t length = value != NULL ? (size_t)(value++ - text) : 0;

    if (length == 3 && strncmp(text, "out", length) == 0 && out == NULL) {
        out = fopen(value, "w");
        return 0;
    }
    if (length == 5 && strncmp(text, "first", length) == 0) {
        first_va = strtoull(value, NULL, 0);
        want_first = true;
        return 0;
    }
    if (length == 5 && strncmp(text, "calls", length) == 0) {
        guests_from = strtol(value, NULL, 16);
        return 0;
    }
    if (length == 7 && strncmp(text, "profile", length) == 0) {
        profile = strdup(value);
        return profile != NULL ? 0 : -1;
    }
    if (length == 4 && strncmp(text, "test", length) == 0) {
        return add_test(value);
    }
    if (length == 4 && strncmp(text, "from", length) == 0) {
        profile_from = strtol(value, NULL, 16);
        return 0;
    }
    if (length == 2 && strncmp(text, "to", length) == 0) {
        profile_to = strtol(value, NULL, 16);
        return 0;
    }
    return -1;
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (argument(argv[i]) != 0) {
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
