/* SPDX-License-Identifier: GPL-2.0-only */
/* Traps of the test guests: a table for all vectors, instructions that may fault. */
#include "guest.h"

struct extable_entry {
    uint64_t insn, fixup;
};
extern const struct extable_entry extable_start[], extable_end[];

struct regs last_trap;
uint64_t last_cr2;
unsigned long trap_count;
bool (*trap_hook)(struct regs *regs);

void guest_trap(struct regs *regs);

static bool fix_up(struct regs *regs)
{
    for (const struct extable_entry *e = extable_start; e < extable_end; e++) {
        if (e->insn == regs->rip) {
            regs->rip = e->fixup;
            regs->rax = 0x1000 + regs->vector;
            return true;
        }
    }
    return false;
}

/* A trap while one is being reported: the hypervisor's dump of registers has to do. */
static void __attribute__((noreturn)) end_at_once(const struct regs *regs)
{
    (void)HYPERCALL_1(__HYPERVISOR_set_trap_table, NULL);
    for (;;) {
        asm volatile("ud2" : : "a"(regs->vector), "b"(regs->rip), "c"(last_cr2), "d"(regs->error));
    }
}

void guest_trap(struct regs *regs)
{
    static bool reporting;

    last_trap = *regs;
    last_cr2 = shared_info->vcpu_info[0].arch.cr2;
    trap_count++;
    if (trap_hook != NULL && trap_hook(regs)) {
        return;
    }
    if (regs->vector < 256 && fix_up(regs)) {
        return;
    }
    if (regs->vector == TRAP_EVENT) {
        shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
        return;
    }
    if (reporting) {
        end_at_once(regs);
    }
    reporting = true;
    guest_error("unexpected trap %#lx, error %#lx, rip %#lx, cs %#lx, rflags %#lx, rsp %#lx, "
                "cr2 %#lx", regs->vector, regs->error, regs->rip, regs->cs, regs->rflags,
                regs->rsp, last_cr2);
    guest_exit();
}

static long register_callback(unsigned int type, const char *stub, unsigned int flags)
{
    return callback_op(CALLBACKOP_register, type, (unsigned long)stub, flags);
}

void guest_traps_init(void)
{
    static struct trap_info table[257];
    long rc;

    for (unsigned int n = 0; n < 256; n++) {
        table[n] = (struct trap_info){
            .vector = (uint8_t)n, .flags = 3, .cs = FLAT_KERNEL_CS, .address = TRAP_STUB(n),
        };
    }
    rc = HYPERCALL_1(__HYPERVISOR_set_trap_table, table);
    if (rc != 0) {
        guest_failure("set_trap_table: %ld", rc);
    }
    EXPECT_EQ(register_callback(CALLBACKTYPE_event, event_stub, 0), 0);
    EXPECT_EQ(register_callback(CALLBACKTYPE_failsafe, failsafe_stub, 0), 0);
    EXPECT_EQ(register_callback(CALLBACKTYPE_syscall, syscall_stub, CALLBACKF_mask_events), 0);
}

unsigned long try_read(const volatile void *va, uint64_t *value)
{
    unsigned long trapped;
    uint64_t got = 0;

    TRY_ASM(trapped, "mov (%[va]), %[got]", COMMA [got] "+r"(got), [va] "r"(va));
    *value = got;
    return trapped;
}

unsigned long try_write(volatile void *va, uint64_t value)
{
    unsigned long trapped;

    TRY_ASM(trapped, "mov %[value], (%[va])", , [va] "r"(va) COMMA [value] "r"(value));
    return trapped;
}

/*
 * Executes one byte at VA, which must be a RET if anything: the fault is taken on VA itself, so
 * the fix-up is done by a hook that pops the return address.
 */
static const void *exec_va;

static bool exec_hook(struct regs *regs)
{
    if (regs->rip != (unsigned long)exec_va) {
        return false;
    }
    regs->rip = *(uint64_t *)regs->rsp;
    regs->rsp += 8;
    regs->rax = 0x1000 + regs->vector;
    return true;
}

unsigned long try_exec(const void *va)
{
    bool (*saved)(struct regs *) = trap_hook;
    unsigned long result = 0;

    exec_va = va;
    trap_hook = exec_hook;
    asm volatile("call *%[va]" : "+a"(result) : [va] "r"(va) : "memory", "cc");
    trap_hook = saved;
    return result;
}
