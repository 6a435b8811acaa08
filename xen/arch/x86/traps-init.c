/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Points the processor at the entry code: IDT, the CPU's own stubs, and the system-call registers.
 */
#include <xen/domain.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/percpu.h>
#include <xen/spinlock.h>
#include <xen/time.h>

#include <asm/cpu-state.h>
#include <asm/entry.h>
#include <asm/irq-vectors.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/percpu-area.h>
#include <asm/processor.h>

/* Where the stubs lie in the CPU's stub page, and the addresses they jump to. */
#define STUB_SYSCALL64  0
#define STUB_SYSCALL32  64
#define STUB_SYSENTER   128
#define STUB_TARGETS    256

#define STUB_OFFSET     ((uint32_t)PERCPU_STUB_PAGE << 12)
#define REGS_OFFSET(f)  ((uint32_t)(CPU_INFO_OFFSET + offsetof(struct cpu_user_regs, f)))

/* An instruction with a 32-bit displacement from its end, at @at of the stub page. */
static unsigned int put_rip_insn(uint8_t *page, unsigned int at, const char *opcode,
                                 unsigned int opcode_len, uint32_t target)
{
    uint32_t end = at + opcode_len + 4, distance = target - (STUB_OFFSET + end);

    memcpy(page + at, opcode, opcode_len);
    memcpy(page + at + opcode_len, &distance, sizeof(distance));
    return end;
}

/*
 * `syscall` leaves the guest's rsp in place: store it in the frame, take our own stack.  All CPUs'
 * stubs have the same bytes, since stub and stack lie at the same distance in each area.
 */
static void put_syscall_stub(uint8_t *page, unsigned int at, unsigned int target)
{
    uint32_t slot = STUB_TARGETS + 8 * target;

    if (target != 2) {
        at = put_rip_insn(page, at, "\x48\x89\x25", 3, REGS_OFFSET(rsp)); /* mov %rsp, m */
        at = put_rip_insn(page, at, "\x48\x8d\x25", 3, REGS_OFFSET(r15) - 8); /* lea m, %rsp */
    }
    put_rip_insn(page, at, "\xff\x25", 2, STUB_OFFSET + slot);            /* jmp *m */
}

static unsigned int gate_ist(unsigned int vector)
{
    switch (vector) {
    case X86_EXC_DF:
        return IST_DF;
    case X86_EXC_NMI:
        return IST_NMI;
    case X86_EXC_MC:
        return IST_MC;
    case X86_EXC_DB:
        return IST_DB;
    default:
        return 0;
    }
}

/* Gates that guests may use by instruction: int3, into, int 0x80. */
static unsigned int gate_dpl(unsigned int vector)
{
    return vector == X86_EXC_BP || vector == X86_EXC_OF || vector == VECTOR_SYSCALL32 ? 3 : 0;
}

/* --- Time per reason: the same with entries that note the time ------------------------------ */

static bool timing;                     /* changed under timing_lock */
static spinlock_t timing_lock = SPINLOCK_INIT(LOCK_TIMING);

/* All gates of @cpu.  Only the lower word of one changes, so that each is whole at all times. */
static void write_gates(unsigned int cpu)
{
    const char *stubs = timing ? timed_stubs : trap_stubs;

    for (unsigned int v = 0; v < 256; v++) {
        idt_set_gate(cpu, v, (gate_ist(v) == 0 ? stubs : trap_stubs) + 16 * v, gate_dpl(v),
                     gate_ist(v));
    }
}

/* Where the stubs of @cpu jump to; sysenter comes with flags that measuring would change. */
static void write_targets(unsigned int cpu)
{
    uint8_t *page = map_frame(pte_mfn(*percpu_pte(cpu, PERCPU_STUB_PAGE)));
    uint64_t *target = (uint64_t *)(page + STUB_TARGETS);

    WRITE_ONCE(target[0], (uint64_t)(timing ? syscall64_timed : syscall64_entry));
    WRITE_ONCE(target[1], (uint64_t)(timing ? syscall32_timed : syscall32_entry));
    WRITE_ONCE(target[2], (uint64_t)sysenter_entry);
    unmap_frame(page);
}

void entry_timing_set(bool on)
{
    unsigned int cpu;

    spin_lock(&timing_lock);
    timing = on;
    for_each_online_cpu (cpu) {
        write_gates(cpu);
        write_targets(cpu);
    }
    spin_unlock(&timing_lock);
}

void entry_timing_cpu(unsigned int cpu)
{
    spin_lock(&timing_lock);
    write_gates(cpu);
    write_targets(cpu);
    spin_unlock(&timing_lock);
}

bool entry_timing(void)
{
    return READ_ONCE(timing);
}

/* IRQs on, nothing held. */
void entry_time_note(struct vcpu *v)
{
    struct cpu_info *info = get_cpu_info();
    uint64_t now = rdtsc();
    uint32_t row = info->entry_row;

    atomic_and(&info->exit_work, ~EXIT_TIMED);
    if (v->arch.times == NULL) {
        v->arch.times = kzalloc_array(uint64_t, NR_COUNTERS);
    }
    if (row < NR_COUNTERS && v->arch.times != NULL) {
        v->arch.times[array_index_nospec(row, NR_COUNTERS)] += now - info->entry_tsc;
    }
}

/* --- A CPU's own entries ------------------------------------------------------------------- */

static void write_stubs(unsigned int cpu)
{
    uint8_t *page = map_frame(pte_mfn(*percpu_pte(cpu, PERCPU_STUB_PAGE)));

    memset(page, 0xcc, PAGE_SIZE);
    put_syscall_stub(page, STUB_SYSCALL64, 0);
    put_syscall_stub(page, STUB_SYSCALL32, 1);
    put_syscall_stub(page, STUB_SYSENTER, 2);
    unmap_frame(page);
    write_targets(cpu);
}

static void write_entry_msrs(unsigned int cpu)
{
    uint64_t stub = PERCPU_AREA((unsigned long)cpu) + STUB_OFFSET;

    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    wrmsr(MSR_STAR, ((uint64_t)SEL_GUEST_CS32 << 48) | ((uint64_t)SEL_HV_CS64 << 32));
    wrmsr(MSR_LSTAR, stub + STUB_SYSCALL64);
    wrmsr(MSR_CSTAR, stub + STUB_SYSCALL32);
    wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_IOPL |
                            X86_EFLAGS_DF | X86_EFLAGS_IF | X86_EFLAGS_TF | X86_EFLAGS_AC);
    wrmsr(MSR_SYSENTER_CS, SEL_HV_CS64);
    wrmsr(MSR_SYSENTER_ESP, (uint64_t)cpu_info_of(cpu) - 8);
    wrmsr(MSR_SYSENTER_EIP, stub + STUB_SYSENTER);
}

void traps_init_cpu(unsigned int cpu)
{
    write_gates(cpu);
    write_stubs(cpu);
    write_entry_msrs(cpu);
}

void __init traps_init(void)
{
    static_assert((SEL_GUEST_CS32 & ~3) + 8 == (SEL_GUEST_DS & ~3), "as SYSRET counts");
    static_assert((SEL_GUEST_CS32 & ~3) + 16 == (SEL_GUEST_CS64 & ~3), "as SYSRET counts");
    static_assert(SEL_HV_CS64 + 8 == SEL_HV_DS, "as SYSCALL counts");
    traps_init_cpu(0);
}
