/* SPDX-License-Identifier: GPL-2.0-only */
/* NMIs that come while Xylem itself runs. */
#include <xen/console.h>
#include <xen/cpu-watchdog.h>
#include <xen/lib.h>
#include <xen/smp.h>

#include <asm/efi.h>
#include <asm/extable.h>
#include <asm/image.h>
#include <asm/percpu-area.h>
#include <asm/traps.h>

#include "harness.h"

extern const struct bug_frame bug_frames_start[], bug_frames_end[];
extern const char early_trap_stubs[];
extern char _sinit[], _einit_text[];
char _sinit[1], _einit_text[1];
const struct bug_frame bug_frames_start[1], bug_frames_end[1];
const char early_trap_stubs[1];

static struct cpu_info info;
unsigned long fake_cr2;
static bool locked;
static unsigned int told;

struct cpu_info *get_cpu_info(void) { return &info; }
bool console_is_locked(void) { return locked; }
void printk(const char *fmt, ...)
{
    (void)fmt;
    CHECK(!locked);                     /* it would wait for the message it interrupted */
    told++;
}
void panic_with(const struct cpu_user_regs *regs, const char *fmt, ...)
{
    (void)regs, (void)fmt;
    abort();
}
bool smp_stopping(void) { return false; }
unsigned int cpu_watchdog_accused(void) { return 0; }
bool efi_fault(struct cpu_user_regs *regs) { (void)regs; return false; }
unsigned long extable_search(unsigned long addr) { (void)addr; return 0; }
void show_stack(unsigned long sp) { (void)sp; }
bool in_guard_page(unsigned long va) { (void)va; return false; }
void idt_set_gate(unsigned int cpu, unsigned int vector, const void *handler, unsigned int dpl,
                  unsigned int ist)
{
    (void)cpu, (void)vector, (void)handler, (void)dpl, (void)ist;
}

static void nmi(void)
{
    struct cpu_user_regs regs = { .entry_vector = X86_EXC_NMI };

    hv_exception(&regs);
}

/* "All stands still since the button for a dump was pressed, and nothing is said." */
TEST(an_nmi_does_not_wait_for_the_message_it_interrupts)
{
    nmi();
    CHECK_EQ(told, 1);
    locked = true;
    nmi();
    CHECK_EQ(told, 1);
}

TEST_MAIN
