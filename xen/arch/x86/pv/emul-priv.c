/* SPDX-License-Identifier: GPL-2.0-only */
/* Carries out what a PV guest may do only with Xylem's help (docs/design/traps.md). */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/rangeset.h>
#include <xen/time.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/extable.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/usercopy.h>

#include <public/arch-x86/cpufeatureset.h>

#include "emul-priv.h"
#include "pv-mm.h"
#include "traps.h"

#define DR6_BS  (1UL << 14)

/* Elements of one string instruction done at a time; it is its own restart. */
#define STRING_BATCH 64

/* How an emulation ended. */
enum outcome {
    DONE,           /* skip the instruction */
    AGAIN,          /* come back to it */
    REFUSED,        /* it stays the guest's fault */
    BOUNCED,        /* another exception was raised meanwhile */
};

/* --- Code ---------------------------------------------------------------- */

/* Kind of the code segment @sel, from its descriptor's L and D bits. */
static enum code_size code_size(uint16_t sel)
{
    uint32_t rights = 0;

    if (likely(sel == SEL_GUEST_CS64)) {
        return CODE64;
    }
    /* The descriptor may lie in an LDT page that is gone by now. */
    asm volatile ("1: lar %1, %0\n"
                  "2:\n\t"
                  EXTABLE("1b", "2b") : "+r" (rights) : "r" ((uint32_t)sel) : "cc");
    return rights & (1u << 21) ? CODE64 : rights & (1u << 22) ? CODE32 : CODE16;
}

#define FETCH_BYTES 16              /* one more than is decoded: two reads of eight */

/* Bytes at @va, how many; fewer than FETCH_BYTES where the next page is not there. */
static unsigned int fetch(uint8_t bytes[FETCH_BYTES], unsigned long va)
{
    unsigned int left = (unsigned int)(PAGE_SIZE - (va & (PAGE_SIZE - 1)));

    if (likely(guest_read_16(bytes, va))) {
        return FETCH_BYTES;
    }
    return left < FETCH_BYTES && guest_read(bytes, va, left) == 0 ? left : 0;
}

/* --- Ports --------------------------------------------------------------- */

static uint64_t merge(uint64_t old, uint32_t v, unsigned int size)
{
    switch (size) {
    case 1:
        return (old & ~0xffUL) | (uint8_t)v;
    case 2:
        return (old & ~0xffffUL) | (uint16_t)v;
    default:
        return v;
    }
}

static enum outcome port_access(struct vcpu *v, struct cpu_user_regs *regs,
                                const struct priv_insn *insn)
{
    unsigned int port = insn->port_in_dx ? regs->dx : insn->port;

    if (!guest_io_allowed(v, port, insn->size)) {
        return REFUSED;
    }
    if (insn->op == PRIV_IN) {
        regs->rax = merge(regs->rax, guest_io_read(v->domain, port, insn->size), insn->size);
    } else {
        guest_io_write(v->domain, port, insn->size,
                       insn->size == 4 ? regs->eax : insn->size == 2 ? regs->ax : regs->al);
    }
    return DONE;
}

static uint64_t addr_mask(unsigned int size)
{
    return size == 8 ? ~0UL : size == 4 ? 0xffffffffUL : 0xffffUL;
}

/* Registers of string forms change only within the address size; 32 bits clear the rest. */
static void advance(uint64_t *reg, int64_t by, unsigned int addr_size)
{
    uint64_t mask = addr_mask(addr_size);

    *reg = addr_size == 2 ? (*reg & ~mask) | ((*reg + (uint64_t)by) & mask)
                          : (*reg + (uint64_t)by) & mask;
}

/* Base of the source's segment: only fs and gs have one in flat code. */
static uint64_t string_base(const struct priv_insn *insn)
{
    if (insn->op == PRIV_OUTS && insn->segment == 0x64) {
        return read_fs_base();
    }
    return insn->op == PRIV_OUTS && insn->segment == 0x65 ? read_gs_base() : 0;
}

static enum outcome memory_fault(struct vcpu *v, uint64_t va, bool write)
{
    (void)v;
    pv_inject_page_fault(va, write ? PFEC_WRITE : 0);
    return BOUNCED;
}

/* One element; @va in guest memory. */
static int string_element(struct vcpu *v, const struct priv_insn *insn, unsigned int port,
                          uint64_t va)
{
    uint32_t data = 0;
    int rc = 0;

    if (insn->op == PRIV_INS) {
        /* What a device gave must not be lost to a fault: try the memory first. */
        rc = guest_read(&data, va, insn->size);
        if (rc == 0) {
            rc = guest_write(va, &data, insn->size);
        }
        if (rc == 0) {
            data = guest_io_read(v->domain, port, insn->size);
            rc = guest_write(va, &data, insn->size);
        }
        return rc;
    }
    rc = guest_read(&data, va, insn->size);
    if (rc == 0) {
        guest_io_write(v->domain, port, insn->size, data);
    }
    return rc;
}

static enum outcome port_string(struct vcpu *v, struct cpu_user_regs *regs,
                                const struct priv_insn *insn)
{
    uint64_t mask = addr_mask(insn->addr_size), base = string_base(insn);
    uint64_t *index = insn->op == PRIV_INS ? &regs->rdi : &regs->rsi;
    int64_t step = regs->rflags & X86_EFLAGS_DF ? -(int64_t)insn->size : insn->size;

    if (!guest_io_allowed(v, regs->dx, insn->size)) {
        return REFUSED;
    }
    for (unsigned int n = 0; n < STRING_BATCH; n++) {
        uint64_t va = base + (*index & mask);

        if (insn->rep && (regs->rcx & mask) == 0) {
            return DONE;
        }
        if (string_element(v, insn, regs->dx, va) != 0) {
            return memory_fault(v, va, insn->op == PRIV_INS);
        }
        advance(index, step, insn->addr_size);
        if (!insn->rep) {
            return DONE;
        }
        advance(&regs->rcx, -1, insn->addr_size);
    }
    return (regs->rcx & mask) == 0 ? DONE : AGAIN;
}

/* --- Control registers --------------------------------------------------- */

uint64_t pv_cr4_writable(const struct vcpu *v)
{
    const struct cpu_policy *p = v->domain->arch.policy;

    return (policy_has(p, XEN_X86_FEATURE_TSC) ? X86_CR4_TSD : 0) |
           (policy_has(p, XEN_X86_FEATURE_DE) ? X86_CR4_DE : 0) |
           (policy_has(p, XEN_X86_FEATURE_FSGSBASE) ? X86_CR4_FSGSBASE : 0) |
           (policy_has(p, XEN_X86_FEATURE_XSAVE) ? X86_CR4_OSXSAVE : 0);
}

static uint64_t shown_cr0(const struct vcpu *v)
{
    return (read_cr0() & ~(uint64_t)X86_CR0_TS) | (v->arch.ctrlreg0 & X86_CR0_TS);
}

static enum outcome read_cr(struct vcpu *v, struct cpu_user_regs *regs,
                            const struct priv_insn *insn)
{
    uint64_t value;

    switch (insn->cr) {
    case 0:
        value = shown_cr0(v);
        break;
    case 2:
        value = v->vcpu_info->arch.cr2;
        break;
    case 3:
        value = xen_pfn_to_cr3(mfn_x(v->arch.kernel_root));
        break;
    case 4:
        value = v->arch.ctrlreg4 | (host_cr4 & PV_CR4_SHOWN_BITS);
        break;
    default:
        return REFUSED;
    }
    *priv_reg(regs, insn->reg) = value;
    return DONE;
}

/* Interrupted teardown of the root before comes first, as in the hypercalls: one can be left. */
static enum outcome write_cr3_guest(struct vcpu *v, uint64_t value)
{
    int rc = pt_finish(v);

    if (rc == 0) {
        rc = pv_set_kernel_root(v, _mfn(xen_cr3_to_pfn(value)));
    }
    return rc == 0 ? DONE : rc == -ERESTART || rc == -EINTR ? AGAIN : REFUSED;
}

static enum outcome write_cr(struct vcpu *v, struct cpu_user_regs *regs,
                             const struct priv_insn *insn)
{
    uint64_t value = *priv_reg(regs, insn->reg);

    switch (insn->cr) {
    case 0:
        if ((value ^ shown_cr0(v)) & ~(uint64_t)X86_CR0_TS) {
            gpr_debug("%pv: change of CR0 to %016lx refused\n", v, value);
            return REFUSED;
        }
        do_fpu_taskswitch((value & X86_CR0_TS) != 0);
        return DONE;
    case 2:
        v->vcpu_info->arch.cr2 = value;
        return DONE;
    case 3:
        return write_cr3_guest(v, value);
    case 4:
        v->arch.ctrlreg4 = value & pv_cr4_writable(v);
        write_cr4(pv_hw_cr4(v));
        debug_registers_switch(v);      /* CR4.DE says what I/O breakpoints are */
        return DONE;
    default:
        return REFUSED;
    }
}

static enum outcome move_dr(struct vcpu *v, struct cpu_user_regs *regs,
                            const struct priv_insn *insn)
{
    unsigned long value = 0;
    int rc;

    if (insn->op == PRIV_MOV_TO_DR) {
        rc = pv_set_debugreg(v, insn->cr, *priv_reg(regs, insn->reg));
    } else {
        rc = pv_get_debugreg(v, insn->cr, &value);
        if (rc == 0) {
            *priv_reg(regs, insn->reg) = value;
        }
    }
    return rc == 0 ? DONE : REFUSED;
}

/* --- MSRs, CPUID, time --------------------------------------------------- */

static void split(struct cpu_user_regs *regs, uint64_t value)
{
    regs->rax = (uint32_t)value;
    regs->rdx = value >> 32;
}

static enum outcome read_msr(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t value = 0;

    if (!pv_rdmsr(v, regs->ecx, &value)) {
        /* Kernels read before they can be told of faults (public/arch-x86/xen.h, trap_info). */
        if (v->arch.trap_table[X86_TRAP_GP].address != 0) {
            return REFUSED;
        }
        value = 0;
    }
    split(regs, value);
    return DONE;
}

static void do_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct cpuid_leaf l;

    counter_inc(v, COUNTER_EMUL_CPUID);
    policy_cpuid(v, regs->eax, regs->ecx, &l);
    regs->rax = l.a;
    regs->rbx = l.b;
    regs->rcx = l.c;
    regs->rdx = l.d;
}

/* With CR4.TSD user code faults, and is told so; the kernel is at ring 0 as it sees it. */
static enum outcome read_tsc(struct vcpu *v, struct cpu_user_regs *regs, bool aux)
{
    if (!pv_in_kernel_mode(v)) {
        return REFUSED;
    }
    split(regs, rdtsc());
    if (aux) {
        regs->rcx = (uint32_t)v->arch.tsc_aux;
    }
    return DONE;
}

static enum outcome set_xcr(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t value = regs->eax | regs->rdx << 32;

    return regs->ecx == 0 && fpu_set_xcr0(v, value) ? DONE : REFUSED;
}

/* --- Dispatch ------------------------------------------------------------ */

static enum outcome in_kernel_only(struct vcpu *v, struct cpu_user_regs *regs,
                                   const struct priv_insn *insn)
{
    switch (insn->op) {
    case PRIV_CLTS:
        do_fpu_taskswitch(0);
        return DONE;
    case PRIV_WBINVD:
        if (is_hardware_domain(v->domain)) {
            asm volatile ("wbinvd" ::: "memory");
        }
        return DONE;
    case PRIV_RDMSR:
        return read_msr(v, regs);
    case PRIV_WRMSR:
        return pv_wrmsr(v, regs->ecx, regs->eax | regs->rdx << 32) ? DONE : REFUSED;
    case PRIV_XSETBV:
        return set_xcr(v, regs);
    case PRIV_MOV_FROM_CR:
        return read_cr(v, regs, insn);
    case PRIV_MOV_TO_CR:
        return write_cr(v, regs, insn);
    case PRIV_MOV_FROM_DR:
    case PRIV_MOV_TO_DR:
        return move_dr(v, regs, insn);
    default:
        return REFUSED;
    }
}

/* cli and sti change nothing: popf could not be followed, so the guest must not count on them. */
static enum outcome interrupt_flag(const struct vcpu *v)
{
    return v->arch.iopl >= (pv_in_kernel_mode(v) ? 1 : 3) ? DONE : REFUSED;
}

static enum outcome execute(struct vcpu *v, struct cpu_user_regs *regs,
                            const struct priv_insn *insn)
{
    switch (insn->op) {
    case PRIV_NONE:
        return REFUSED;
    case PRIV_IN:
    case PRIV_OUT:
        return port_access(v, regs, insn);
    case PRIV_INS:
    case PRIV_OUTS:
        return port_string(v, regs, insn);
    case PRIV_CLI:
    case PRIV_STI:
        return interrupt_flag(v);
    case PRIV_CPUID:
        do_cpuid(v, regs);
        return DONE;
    case PRIV_RDTSC:
    case PRIV_RDTSCP:
        return read_tsc(v, regs, insn->op == PRIV_RDTSCP);
    default:
        return pv_in_kernel_mode(v) ? in_kernel_only(v, regs, insn) : REFUSED;
    }
}

static void count(struct vcpu *v, enum priv_op op)
{
    switch (op) {
    case PRIV_IN ... PRIV_OUTS:
        counter_inc(v, COUNTER_EMUL_IO);
        break;
    case PRIV_RDMSR:
    case PRIV_WRMSR:
        counter_inc(v, COUNTER_EMUL_MSR);
        break;
    case PRIV_MOV_FROM_CR ... PRIV_MOV_TO_DR:
        counter_inc(v, COUNTER_EMUL_CR);
        break;
    default:
        counter_inc(v, COUNTER_EMUL_OTHER);
        break;
    }
}

/* Skip what was carried out; a guest that steps is told of the step. */
static void skip(struct vcpu *v, struct cpu_user_regs *regs, unsigned int length)
{
    regs->rip += length;
    regs->rflags &= ~(uint64_t)X86_EFLAGS_RF;
    if (regs->rflags & X86_EFLAGS_TF) {
        v->arch.dr6 |= DR6_BS;
        pv_bounce_trap(regs, v, X86_TRAP_DB, X86_TRAP_NO_EC);
    }
}

/*
 * in and out, from the 64-bit kernel of a guest that has no ports at all: it looks for devices
 * while it boots.  False: the long way finds the same.
 */
static bool empty_port(struct vcpu *v, struct cpu_user_regs *regs, const uint8_t *bytes)
{
    unsigned int prefix = bytes[0] == 0x66, opcode = bytes[prefix], size;

    /* By dx 0xec to 0xef, with the port in a byte behind it 0xe4 to 0xe7. */
    if ((opcode & 0xf4) != 0xe4 || regs->cs != SEL_GUEST_CS64 || v->arch.iopl < 1 ||
        !pv_in_kernel_mode(v) || is_hardware_domain(v->domain) ||
        !rangeset_is_empty(v->domain->arch.ioport_caps)) {
        return false;
    }
    if ((opcode & 2) == 0) {
        size = !(opcode & 1) ? 1 : prefix ? 2 : 4;
        regs->rax = merge(regs->rax, absent_port_read(opcode & 8 ? regs->dx : bytes[prefix + 1],
                                                      size), size);
    }
    counter_inc(v, COUNTER_EMUL_IO);
    skip(v, regs, prefix + (opcode & 8 ? 1 : 2));
    return true;
}

bool pv_emulate_privileged(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    uint8_t bytes[FETCH_BYTES];
    struct priv_insn insn;
    unsigned int nr = fetch(bytes, regs->rip);
    enum outcome end;

    if (likely(nr == FETCH_BYTES) && empty_port(v, regs, bytes)) {
        return true;
    }
    priv_decode(bytes, nr, code_size(regs->cs), &insn);
    count(v, insn.op);
    end = execute(v, regs, &insn);
    if (end == DONE) {
        skip(v, regs, insn.length);
    } else if (end == REFUSED) {
        counter_inc(v, COUNTER_EMUL_FAILED);
    }
    return end != REFUSED;
}

/* --- Forced emulation ---------------------------------------------------- */

/* ud2, then "xen", in front of a cpuid: answered from the policy in any mode. */
#define FORCED_CPUID        0xa20f6e65780b0fUL
#define FORCED_CPUID_BYTES  7

bool pv_emulate_ud(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    uint64_t code = 0;

    /* Eight bytes at once, unless that leads into a page that is not there. */
    if (!guest_read_8(&code, regs->rip) &&
        guest_read(&code, regs->rip, FORCED_CPUID_BYTES) != 0) {
        return false;
    }
    if ((code & 0xffffffffffffffUL) != FORCED_CPUID) {
        return false;
    }
    do_cpuid(v, regs);
    skip(v, regs, FORCED_CPUID_BYTES);
    return true;
}
