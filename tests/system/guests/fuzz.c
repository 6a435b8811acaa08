/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do random hypercalls hurt anybody but their maker?
 *
 * A seeded stream of numbers chooses calls and arguments: mostly plausible ones (pages that play
 * the part of tables of some level, frames of ours and of others, ports, grants that peers gave),
 * the rest noise.  What keeps this guest alive is left alone: its image, root, trap table,
 * callbacks and console port.  So its end is the hypervisor's fault, and so is a broken invariant:
 * the hypervisor, built with its assertions, audits itself every thousand calls.  Then come the
 * wild calls, which spare nothing; there the guest may die of what it does.
 * Several run side by side as domUs (scenario_hostile.py).  Words on the command line: seed=N,
 * calls=N, wild=N, peers=N (the first of four domains to meet), noaudit (where others run
 * meanwhile on other CPUs).
 * Spec: docs/design/hardening.md, "Random calls".
 */
#include "fuzz/fuzz.h"

#include <xylem/counters.h>
#include <xylem/debug.h>

const char test_name[] = "fuzz";

#define AUDIT_EVERY 1000
#define MEND_EVERY  64

static struct multicall_entry batch[SLOTS] PAGE_ALIGNED;
static uint64_t second_root[512] PAGE_ALIGNED;          /* as good as the first one */
static unsigned long seed, count, passed;
static volatile bool failing;       /* a copy or an allocation of the call under way is to fail */

/*
 * How many calls a list is said to have.  What lies behind ours are calls too, that nobody chose:
 * if it is said to be longer, then by more than anybody accepts.
 */
static unsigned long batch_length(unsigned int n)
{
    return !one_in(40) ? n : tame ? noise() | 1u << 31 : noise();
}

/* Notes what a call gave us, and whether it gave what is dom0's alone. */
static void learn(const struct call *c, const char *page)
{
    const struct gnttab_map_grant_ref *map = (const void *)page;

    passed += c->result >= 0;
    if (c->result >= 0 && !guest_is_dom0() &&
        (c->nr == __HYPERVISOR_domctl || c->nr == __HYPERVISOR_sysctl ||
         c->nr == __HYPERVISOR_platform_op)) {
        guest_failure("seed %lu: call %lu, command %u of hypercall %lu, gives %ld", seed, count,
                      *(const uint32_t *)page, c->nr, c->result);
    }
    if (c->nr == __HYPERVISOR_memory_op && c->result > 0) {
        found[pick(ARRAY_SIZE(found))] = ((const xen_pfn_t *)(page + PAGE_SIZE / 2))[pick(96)];
    }
    if (c->nr == __HYPERVISOR_grant_table_op && c->arg[0] == GNTTABOP_map_grant_ref &&
        c->result == 0 && map->status == GNTST_okay) {
        unsigned int at = pick(ARRAY_SIZE(mapped));

        mapped[at].at = map->host_addr;
        mapped[at].handle = map->handle;
    }
}

static void no_failure(void)
{
    (void)HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_FAIL_READ, 0);
    failing = false;
}

/* A call by itself; at times something in it fails on demand. */
static void make_call(struct call *c)
{
    if (one_in(12)) {
        failing = true;
        (void)HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_FAIL_READ + pick(3), 1 + pick(12));
    }
    c->result = hypercall(c->nr, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]);
    if (failing) {
        no_failure();
    }
}

static void make_batch(void)
{
    static struct call calls[SLOTS];
    unsigned int n = 2 + pick(SLOTS - 1);

    for (unsigned int i = 0; i < n; i++) {
        fuzz_any(&calls[i], args[i].page);
        batch[i].op = one_in(40) ? pick(70) : calls[i].nr;
        if (tame && (batch[i].op == __HYPERVISOR_set_trap_table ||
                     batch[i].op != calls[i].nr)) {
            batch[i].op = one_in(2) ? __HYPERVISOR_iret : __HYPERVISOR_multicall;
        }
        batch[i].result = -1;
        memcpy(batch[i].args, calls[i].arg, sizeof(calls[i].arg));
    }
    if (HYPERCALL_2(__HYPERVISOR_multicall, one_in(40) ? (void *)(args[0].hole - 8) : batch,
                    batch_length(n)) != 0) {
        return;
    }
    for (unsigned int i = 0; i < n; i++) {
        calls[i].nr = batch[i].op;
        calls[i].result = (long)batch[i].result;
        learn(&calls[i], args[i].page);
    }
}

/* Accesses that are emulated, go through tables that change all the time, or fault. */
static void touch(void)
{
    uint64_t was, *at = (uint64_t *)pool[pick(POOL)] + pick(16);

    if (one_in(2)) {
        at = (uint64_t *)((1UL + pick(8)) << 39 | (uint64_t)pick(4) << 30 | pick(4) << 21 |
                          pick(16) << 12);
    }
    (void)try_read(at, &was);
    (void)try_write(at, any_entry(1 + pick(2)));
}

/* Pages of the pool that are gone are replaced, and some are made blank. */
static void mend(void)
{
    unsigned int i = pick(POOL);
    uint64_t mfn;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    if (update_va_mapping(pool[i], pool_mfn[i] << 12 | PTE_RWP, UVMF_INVLPG) == 0) {
        for (unsigned int word = 0; word < 512; word++) {
            (void)try_write((uint64_t *)pool[i] + word, 0);
        }
        return;
    }
    if (update_va_mapping(pool[i], pool_mfn[i] << 12 | PTE_ROP, UVMF_INVLPG) == 0) {
        (void)mmuext_op(MMUEXT_UNPIN_TABLE, pool_mfn[i], 0);
        return;
    }
    set_xen_guest_handle(r.extent_start, &mfn);
    if (memory_op(XENMEM_increase_reservation, &r) == 1) {
        pool_mfn[i] = mfn;
        (void)update_va_mapping(pool[i], mfn << 12 | PTE_RWP, UVMF_INVLPG);
    }
}

void step(void)
{
    struct call c;

    switch (pick(8)) {
    case 0:
        touch();
        return;
    case 1:
        make_batch();
        return;
    default:
        if (one_in(16)) {
            fuzz_grant_entries();
        }
        fuzz_any(&c, args[SLOTS - 1].page);
        make_call(&c);
        learn(&c, args[SLOTS - 1].page);
        return;
    }
}

static bool selectors_were_lost(void)
{
    uint64_t all = 0;

    for (unsigned int i = 0; i < 4; i++) {
        all |= failsafe_selectors[i] & 0xffff;
    }
    return all != 0;
}

/*
 * Events, NMIs and breakpoints that calls of ours bring about.  A trap of a wild call leads to the
 * next one, on an empty stack.  One that comes before a failure on demand did ends with a copy
 * too, that of its frame by iret: this one must not fail.  A selector that calls of ours chose may
 * have lost its descriptor by the time it is loaded again: the failsafe callback tells, and it is
 * null then.
 */
static bool hook(struct regs *regs)
{
    if (failing) {
        no_failure();
    }
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    if (regs->vector == 1) {
        (void)HYPERCALL_2(__HYPERVISOR_set_debugreg, 7, 0);
        return true;
    }
    if (regs->vector == TRAP_EVENT || regs->vector == 2 || tame) {
        return regs->vector == TRAP_EVENT || regs->vector == 2 ||
               (regs->vector == TRAP_FAILSAFE && selectors_were_lost());
    }
    regs->rip = (unsigned long)wild_loop;
    regs->rsp = (unsigned long)wild_stack + sizeof(wild_stack) - 8;
    regs->cs = FLAT_KERNEL_CS & ~3UL;
    regs->ss = FLAT_KERNEL_SS;
    return true;
}

static unsigned long number(const char *word, unsigned long otherwise)
{
    const char *at = (const char *)start_info->cmd_line;
    size_t n = strlen(word);
    unsigned long value = 0;

    for (; strlen(at) > n; at++) {
        if (memcmp(at, word, n) == 0) {
            for (at += n; *at >= '0' && *at <= '9'; at++) {
                value = value * 10 + (unsigned long)(*at - '0');
            }
            return value;
        }
    }
    return otherwise;
}

static void audit(void)
{
    long bad = guest_option("noaudit") ? 0 : HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_AUDIT, 0);

    if (bad != 0) {
        guest_failure("seed %lu: %ld invariants do not hold after call %lu", seed, bad, count);
        guest_exit();
    }
}

/* The first page of our grant table; a second root, which holds what the first one does. */
static void prepare(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    const volatile uint64_t *root = (const uint64_t *)start_info->pt_base;
    xen_pfn_t frame;

    for (unsigned int i = 0; i < POOL; i++) {
        pool_mfn[i] = mfn_of(pool[i]);
    }
    for (unsigned int i = 0; i < WINDOW; i++) {
        window_mfn[i] = mfn_of(window[i]);
    }
    note_vital();
    set_xen_guest_handle(setup.frame_list, &frame);
    if (grant_op(GNTTABOP_setup_table, &setup, 1) != 0 || setup.status != GNTST_okay ||
        update_va_mapping(entries, frame << 12 | PTE_RWP, UVMF_INVLPG) != 0) {
        guest_error("no grant table: %d", setup.status);
    }
    second_root[511] = root[511];
    make_readonly(second_root);
    root_mfn[0] = mfn_of((const void *)start_info->pt_base);
    root_mfn[1] = mfn_of(second_root);
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L4_TABLE, root_mfn[1], 0), 0);
    EXPECT_EQ(update_va_mapping(pool[POOL], 0, UVMF_INVLPG), 0);
    EXPECT_EQ(update_va_mapping(window[WINDOW], 0, UVMF_INVLPG), 0);
    for (unsigned int i = 0; i < SLOTS; i++) {
        EXPECT_EQ(update_va_mapping(args[i].hole, 0, UVMF_INVLPG), 0);
    }
    trap_hook = hook;
    shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
}

void test_main(void)
{
    unsigned long calls;

    if (HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_AUDIT, 0) == -E_NOSYS) {
        guest_skip("the hypervisor is built without assertions");
        return;
    }
    seed = number("seed=", 1);
    calls = number("calls=", 20000);
    peers = number("peers=", 1);
    wild_left = number("wild=", 0);
    state = seed * 0x9e3779b97f4a7c15UL + 1;
    prepare();
    for (count = 0; count < calls; count++) {
        if (count % AUDIT_EVERY == 0) {
            audit();
        }
        if (count % MEND_EVERY == 0) {
            mend();
        }
        step();
    }
    audit();
    guest_printf("seed %lu: %lu steps, %lu calls not refused\n", seed, calls, passed);
    guest_drain();                      /* the ring may not live long */
    if (wild_left > 0) {
        tame = false;
        wild_loop();
    }
}
