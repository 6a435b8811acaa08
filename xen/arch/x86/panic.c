/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: registers, backtrace, who was running; then stop or restart. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/symbols.h>
#include <xen/time.h>

#include <asm/image.h>
#include <asm/io.h>
#include <asm/processor.h>
#include <asm/traps.h>

#define BACKTRACE_MAX   24
#define RESTART_SECONDS 5

bool opt_noreboot;
PARAM_BOOL("noreboot", opt_noreboot);

/* Whether the stack is one whose top names the CPU: not before boot has switched to it. */
static bool on_cpu_stack(void)
{
    unsigned long sp = (unsigned long)__builtin_frame_address(0);

    return sp >= PERCPU_START && sp < PERCPU_END;
}

/* How far @sp's stack reaches up: IST stacks are a page each, the CPU's own ends at cpu_info. */
static unsigned long stack_end(unsigned long sp)
{
    unsigned long page = (sp >> 12) & 511;

    if (sp >= (unsigned long)_start && sp < (unsigned long)_end) {
        return ROUNDUP(sp + 1, PAGE_SIZE);
    }
    if (sp < PERCPU_START || sp >= PERCPU_END) {
        return 0;
    }
    if (page >= PERCPU_STACK_PAGE && page < PERCPU_STACK_PAGE + 8) {
        return ROUNDDOWN(sp, 1UL << PERCPU_SHIFT) + CPU_INFO_OFFSET;
    }
    return page >= PERCPU_IST_PAGE(0) && page <= PERCPU_IST_PAGE(3) ? ROUNDUP(sp + 1, PAGE_SIZE)
                                                                     : 0;
}

bool in_guard_page(unsigned long va)
{
    unsigned long page = (va >> 12) & 511;

    if (va < PERCPU_START || va >= PERCPU_END) {
        return false;
    }
    return page == PERCPU_STACK_PAGE - 1 ||
           (page >= PERCPU_IST_PAGE(0) - 1 && page < PERCPU_IST_PAGE(4) && (page & 1));
}

void show_stack(unsigned long sp)
{
    unsigned long end;
    unsigned int n = 0;
    char name[96];

    if (in_guard_page(sp)) {
        sp = ROUNDUP(sp + 1, PAGE_SIZE);
    }
    end = stack_end(sp);

    printk("Call trace (addresses of code found on the stack at %016lx):\n", sp);
    for (sp = ROUNDUP(sp, 8UL); sp < end && n < BACKTRACE_MAX; sp += 8) {
        unsigned long addr = *(const unsigned long *)sp;

        if (is_image_text(addr)) {
            symbol_format_return(name, sizeof(name), addr);
            printk("   [<%016lx>] %s\n", addr, name);
            n++;
        }
    }
}

void show_registers(const struct cpu_user_regs *r)
{
    char name[96] = "";
    bool guest = (r->cs & 3) != 0;

    printk("----[ Xylem " XYLEM_VERSION "  x86_64 ]----\n");
    if (!guest && is_image_text(r->rip)) {
        symbol_format(name, sizeof(name), r->rip);
    }
    printk("RIP:    %04x:[<%016lx>] %s\n", r->cs, r->rip, name);
    if (on_cpu_stack()) {
        printk("CPU:    %u   RFLAGS: %016lx   CONTEXT: %s, %pv running\n", smp_processor_id(),
               r->rflags, guest ? "guest" : "hypervisor", current);
    }
    printk("rax: %016lx   rbx: %016lx   rcx: %016lx\n", r->rax, r->rbx, r->rcx);
    printk("rdx: %016lx   rsi: %016lx   rdi: %016lx\n", r->rdx, r->rsi, r->rdi);
    printk("rbp: %016lx   rsp: %016lx   r8:  %016lx\n", r->rbp, r->rsp, r->r8);
    printk("r9:  %016lx   r10: %016lx   r11: %016lx\n", r->r9, r->r10, r->r11);
    printk("r12: %016lx   r13: %016lx   r14: %016lx\n", r->r12, r->r13, r->r14);
    printk("r15: %016lx   cr0: %016lx   cr4: %016lx\n", r->r15, read_cr0(), read_cr4());
    printk("cr3: %016lx   cr2: %016lx\n", read_cr3(), read_cr2());
}

/* About one microsecond, whatever clocks there are. */
static void io_delay(void)
{
    outb(0, 0x80);
}

static void wait_seconds(unsigned int seconds)
{
    if (tsc_khz != 0) {
        uint64_t until = rdtsc() + (uint64_t)tsc_khz * 1000 * seconds;

        while (rdtsc() < until) {
            cpu_relax();
        }
        return;
    }
    for (unsigned int i = 0; i < seconds * 1000000; i++) {
        io_delay();
    }
}

/* Without trusting any of our own state: chipset reset, keyboard controller, triple fault. */
static void __noreturn force_restart(void)
{
    struct desc_ptr none = { 0, 0 };

    outb(0x02, 0xcf9);
    io_delay();
    outb(0x06, 0xcf9);
    wait_seconds(1);
    for (unsigned int i = 0; i < 10; i++) {
        outb(0xfe, 0x64);
        wait_seconds(1);
    }
    lidt(&none);
    asm volatile ("ud2");
    unreachable();
}

static void __noreturn stop_or_restart(void)
{
    if (opt_noreboot) {
        printk("Stopped: reset the machine by hand ('noreboot' was given).\n");
        console_flush();
        for (;;) {
            asm volatile ("cli; hlt");
        }
    }
    printk("Restart in %u seconds...\n", RESTART_SECONDS);
    console_flush();
    wait_seconds(RESTART_SECONDS);
    force_restart();
}

/* One panic at a time, and none inside another. */
static void enter_panic(void)
{
    static unsigned int entered;

    local_irq_disable();
    if (xchg(&entered, 1) != 0) {
        for (;;) {
            asm volatile ("cli; hlt");
        }
    }
    smp_stop_others();
    console_force();
    printk("\n");
}

static void __printf(1, 0) print_reason(const char *fmt, va_list args)
{
    char text[512];
    int n = vscnprintf(text, sizeof(text), fmt, args);

    while (n > 0 && text[n - 1] == '\n') {
        text[--n] = '\0';
    }
    printk("****************************************\n");
    printk("Panic on CPU %u: %s\n", on_cpu_stack() ? smp_processor_id() : 0, text);
    printk("****************************************\n");
}

void panic_with(const struct cpu_user_regs *regs, const char *fmt, ...)
{
    va_list args;

    enter_panic();
    show_registers(regs);
    show_stack(regs->rsp);
    va_start(args, fmt);
    print_reason(fmt, args);
    va_end(args);
    stop_or_restart();
}

void panic(const char *fmt, ...)
{
    struct cpu_user_regs regs = {
        .rip = (unsigned long)__builtin_return_address(0),
        .rsp = (unsigned long)__builtin_frame_address(0),
        .cs = SEL_HV_CS64, .rflags = local_save_flags(),
    };
    va_list args;

    /* What a call preserves; the rest is not the caller's any more. */
    asm volatile ("mov %%rbx, %0; mov %%rbp, %1; mov %%r12, %2; mov %%r13, %3"
                  : "=m" (regs.rbx), "=m" (regs.rbp), "=m" (regs.r12), "=m" (regs.r13));
    asm volatile ("mov %%r14, %0; mov %%r15, %1" : "=m" (regs.r14), "=m" (regs.r15));
    enter_panic();
    show_registers(&regs);
    show_stack(regs.rsp);
    va_start(args, fmt);
    print_reason(fmt, args);
    va_end(args);
    stop_or_restart();
}

void boot_fail(const char *fmt, ...)
{
    char text[512];
    va_list args;

    local_irq_disable();
    console_force();
    va_start(args, fmt);
    vscnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pr_err("Xylem cannot start: %s%s", text,
           text[0] != '\0' && text[strlen(text) - 1] == '\n' ? "" : "\n");
    stop_or_restart();
}
