/* SPDX-License-Identifier: MIT */
/* Exceptions and fatal errors: registers, a backtrace with names, the end of the domain. */
#include <stub/console.h>
#include <stub/domain.h>
#include <stub/hypercall.h>
#include <stub/mm.h>
#include <stub/print.h>
#include <stub/thread.h>
#include <stub/trap.h>

#define NR_EXCEPTIONS 32
#define MAX_FRAMES    24

bool (*trap_hook)(struct regs *regs);

extern char trap_stubs[], image_start[], text_end[], boot_stack_guard[], boot_stack_end[];

/* The table that the build links in behind the image (stubdom/symbols.py). */
extern const uint32_t symbol_nr, symbol_offsets[], symbol_names[];
extern const char symbol_pool[];

void trap_handle(struct regs *regs);
void stack_overflowed(unsigned long rip, unsigned long rbp) __attribute__((noreturn));

const char *symbol_name(unsigned long addr, unsigned long *offset)
{
    uint32_t lo = 0, hi = symbol_nr, at = (uint32_t)(addr - VIRT_BASE);

    if (addr < (unsigned long)image_start || addr >= (unsigned long)text_end || hi == 0 ||
        at < symbol_offsets[0]) {
        return NULL;
    }
    while (hi - lo > 1) {
        uint32_t middle = lo + (hi - lo) / 2;

        if (symbol_offsets[middle] <= at) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    *offset = at - symbol_offsets[lo];
    return symbol_pool + symbol_names[lo];
}

static void print_address(unsigned long addr)
{
    unsigned long offset = 0;
    const char *name = symbol_name(addr, &offset);

    if (name != NULL) {
        stub_printf("  %#lx %s+%#lx\n", addr, name, offset);
    } else {
        stub_printf("  %#lx\n", addr);
    }
}

/* Does a frame of two words at @rbp lie on the stack of the running thread? */
static bool on_stack(unsigned long rbp)
{
    const struct thread *self = thread_self();
    unsigned long low = (unsigned long)self->stack, end = low + self->stack_size;

    if (self->stack == NULL) {
        low = (unsigned long)boot_stack_guard + PAGE_SIZE;
        end = (unsigned long)boot_stack_end;
    }
    return rbp >= low && rbp + 16 <= end && rbp % 8 == 0;
}

static void backtrace(unsigned long rip, unsigned long rbp)
{
    print_address(rip);
    for (unsigned int i = 0; i < MAX_FRAMES && on_stack(rbp); i++) {
        const unsigned long *frame = (const unsigned long *)rbp;

        if (frame[1] == 0) {
            return;
        }
        print_address(frame[1]);
        if (frame[0] <= rbp) {
            return;
        }
        rbp = frame[0];
    }
}

/* A second fatal error while the first is told: no more words. */
static void once(void)
{
    static bool begun;

    if (begun) {
        struct sched_shutdown shutdown = { .reason = SHUTDOWN_crash };

        (void)sched_op(SCHEDOP_shutdown, &shutdown);
    }
    begun = true;
    console_set_polled(true);
}

void trap_handle(struct regs *regs)
{
    if (trap_hook != NULL && trap_hook(regs)) {
        return;
    }
    once();
    stub_printf("stub: exception %lu, error %#lx, address %#lx, in thread %s\n", regs->vector,
                regs->error, (unsigned long)shared_info->vcpu_info[0].arch.cr2,
                thread_self()->name);
    stub_printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", regs->rax, regs->rbx, regs->rcx,
                regs->rdx);
    stub_printf("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", regs->rsi, regs->rdi, regs->rbp,
                regs->rsp);
    stub_printf("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", regs->r8, regs->r9, regs->r10,
                regs->r11);
    stub_printf("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", regs->r12, regs->r13, regs->r14,
                regs->r15);
    backtrace(regs->rip, regs->rbp);
    domain_shutdown(SHUTDOWN_crash);
}

/* From entry.S: no stack is left for the function at @rip, whose frame would be at @rbp. */
void stack_overflowed(unsigned long rip, unsigned long rbp)
{
    once();
    stub_printf("stub: stack of thread %s overflowed, at %#lx\n", thread_self()->name, rbp);
    backtrace(rip, rbp);
    domain_shutdown(SHUTDOWN_crash);
}

void stub_panic(const char *format, ...)
{
    unsigned long rbp = (unsigned long)__builtin_frame_address(0);
    char line[200];
    va_list args;

    once();
    va_start(args, format);
    stub_vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    stub_printf("stub: %s, in thread %s\n", line, thread_self()->name);
    backtrace((unsigned long)__builtin_return_address(0), *(unsigned long *)rbp);
    domain_shutdown(SHUTDOWN_crash);
}

/* Programs find the bound of their stack there. */
static void stack_bound_init(void)
{
    long rc = HYPERCALL_2(__HYPERVISOR_set_segment_base, SEGBASE_FS, stack_bound);

    if (rc != 0) {
        stub_panic("a base of FS is refused: %ld", rc);
    }
    stack_bound[ARRAY_SIZE(stack_bound) - 1] =
        (unsigned long)boot_stack_guard + PAGE_SIZE + STACK_RESERVE;
}

void traps_init(void)
{
    static struct trap_info table[NR_EXCEPTIONS + 1];
    long rc;

    for (unsigned int n = 0; n < NR_EXCEPTIONS; n++) {
        table[n] = (struct trap_info){
            .vector = (uint8_t)n, .cs = FLAT_KERNEL_CS,
            .address = (unsigned long)trap_stubs + n * 32,
        };
    }
    rc = HYPERCALL_1(__HYPERVISOR_set_trap_table, table);
    if (rc != 0) {
        stub_panic("the trap table is refused: %ld", rc);
    }
    stack_bound_init();
}
