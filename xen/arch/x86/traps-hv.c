/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions in Xylem itself: foreseen ones are mended, claims are told, the rest is a panic. */
#include <xen/console.h>
#include <xen/cpu-watchdog.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/smp.h>

#include <asm/efi.h>
#include <asm/extable.h>
#include <asm/image.h>
#include <asm/percpu-area.h>
#include <asm/processor.h>
#include <asm/traps.h>

extern const struct bug_frame bug_frames_start[], bug_frames_end[];

static const char *const names[] = {
    [X86_EXC_DE] = "divide error", [X86_EXC_DB] = "debug", [X86_EXC_NMI] = "NMI",
    [X86_EXC_BP] = "breakpoint", [X86_EXC_OF] = "overflow", [X86_EXC_BR] = "bound range",
    [X86_EXC_UD] = "invalid opcode", [X86_EXC_NM] = "device not available",
    [X86_EXC_DF] = "double fault", [X86_EXC_TS] = "invalid TSS",
    [X86_EXC_NP] = "segment not present", [X86_EXC_SS] = "stack segment fault",
    [X86_EXC_GP] = "general protection", [X86_EXC_PF] = "page fault",
    [X86_EXC_MF] = "x87 floating point", [X86_EXC_AC] = "alignment check",
    [X86_EXC_MC] = "machine check", [X86_EXC_XM] = "SIMD floating point",
    [X86_EXC_CP] = "control protection",
};

const char *trap_name(unsigned int vector)
{
    return vector < ARRAY_SIZE(names) && names[vector] != NULL ? names[vector] : "reserved";
}

void __init early_traps_init(unsigned int cpu)
{
    extern const char early_trap_stubs[];

    for (unsigned int v = 0; v < 32; v++) {
        unsigned int ist = v == X86_EXC_DF ? IST_DF : v == X86_EXC_NMI ? IST_NMI
                         : v == X86_EXC_MC ? IST_MC : v == X86_EXC_DB ? IST_DB : 0;

        idt_set_gate(cpu, v, early_trap_stubs + 16 * v, 0, ist);
    }
}

static const void *frame_field(const int32_t *field)
{
    return (const char *)field + *field;
}

static const struct bug_frame *find_bug(unsigned long rip)
{
    for (const struct bug_frame *b = bug_frames_start; b < bug_frames_end; b++) {
        if ((unsigned long)frame_field(&b->where) == rip) {
            return b;
        }
    }
    return NULL;
}

/* A ud2 of bug.h; true for a mere warning. */
static bool handle_bug(struct cpu_user_regs *regs)
{
    const struct bug_frame *b = is_image_text(regs->rip) ? find_bug(regs->rip) : NULL;
    const char *file, *text;

    if (b == NULL) {
        return false;
    }
    file = frame_field(&b->file);
    text = frame_field(&b->text);
    if (b->kind != BUG_KIND_WARN) {
        panic_with(regs, "%s at %s:%u: %s", b->kind == BUG_KIND_BUG ? "BUG" : "claim failed",
                   file, b->line, text);
    }
    pr_err("Xylem WARN at %s:%u\n", file, b->line);
    show_stack(regs->rsp);
    regs->rip += 2;
    return true;
}

static void __noreturn fatal_page_fault(struct cpu_user_regs *regs)
{
    unsigned long va = read_cr2();
    unsigned int ec = regs->error_code;

    panic_with(regs, "page fault at %016lx: %s of %s%s (error code %04x)", va,
               ec & PFEC_FETCH ? "execution" : ec & PFEC_WRITE ? "write" : "read",
               in_guard_page(va) ? "a stack's guard page: the stack overran"
               : ec & PFEC_PRESENT ? "a protected page" : "an unmapped page",
               ec & PFEC_RESERVED ? ", reserved bits set" : "", ec);
}

static void nmi(struct cpu_user_regs *regs)
{
    unsigned int seconds;

    if (smp_stopping()) {
        for (;;) {
            asm volatile ("cli; hlt");
        }
    }
    seconds = cpu_watchdog_accused();
    if (seconds != 0) {
        panic_with(regs, "watchdog: CPU %u has done nothing for %u s", smp_processor_id(),
                   seconds);
    }
    /* It may have come in the midst of a message of this CPU, which could then never end. */
    if (!console_is_locked()) {
        pr_warn("NMI without a known cause\n");
    }
}

void hv_exception(struct cpu_user_regs *regs)
{
    unsigned int vector = regs->entry_vector;
    unsigned long fixup;

    if (vector == X86_EXC_UD && handle_bug(regs)) {
        return;
    }
    if (vector == X86_EXC_NMI) {
        nmi(regs);
        return;
    }
    if (vector == X86_EXC_DB) {
        asm volatile ("mov %0, %%dr6" :: "r" (0xffff0ff0UL));
        regs->rflags &= ~(uint64_t)X86_EFLAGS_TF;
        return;
    }
    if (vector != X86_EXC_DF && vector != X86_EXC_MC) {
        fixup = extable_search(regs->rip);
        if (fixup != 0) {
            regs->rip = fixup;
            return;
        }
        if (efi_fault(regs)) {
            return;
        }
    }
    if (vector == X86_EXC_PF) {
        fatal_page_fault(regs);
    }
    if (vector == X86_EXC_DF && in_guard_page(regs->rsp - 8)) {
        panic_with(regs, "double fault: the stack overran into its guard page");
    }
    panic_with(regs, "%s (vector %u, error code %04x)", trap_name(vector), vector,
               regs->error_code);
}
