/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulated instructions: who may, what happens, and what a refused one leaves untouched. */
#include "../harness.h"

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/pv.h>
#include <xen/rangeset.h>

#include "../../../xen/arch/x86/pv/emul-priv.h"
#include "../../../xen/arch/x86/pv/traps.h"
#include "fake-hw.h"
#include "fake.h"

static struct pv_trap traps[256];
static uint8_t code[32];

static struct cpu_user_regs *ready(unsigned int dom, bool kernel)
{
    struct cpu_user_regs *regs = guest_regs();

    fake_reset();
    fake_run(dom);
    cpu_policy_init();
    for (unsigned int i = 0; i < 2; i++) {
        fake_dom[i].arch.policy = &cpu_policies[POLICY_PV_DEFAULT];
        rangeset_destroy(fake_dom[i].arch.ioport_caps);
        fake_dom[i].arch.ioport_caps = rangeset_new();
        fake_dom[i].arch.msr_relaxed = false;
        fake_vcpu[i].arch.trap_table = traps;
    }
    if (!kernel) {
        current->arch.flags &= ~TF_KERNEL_MODE;
    }
    traps[13].address = 0x1000;
    hw_reads = hw_writes = hw_traps = 0;
    hw_root_rc = hw_rest_rc = 0;
    *regs = (struct cpu_user_regs){ .rip = (unsigned long)code, .cs = SEL_GUEST_CS64,
                                    .rflags = 0x202 };
    return regs;
}

static bool run(const char *bytes, unsigned int nr)
{
    memset(code, 0x90, sizeof(code));
    memcpy(code, bytes, nr);
    return pv_emulate_privileged(guest_regs());
}
#define RUN(s) run(s, sizeof(s) - 1)
#define SKIPPED(n) (guest_regs()->rip == (unsigned long)code + (n))

static void done(void)
{
    for (unsigned int i = 0; i < 2; i++) {
        rangeset_destroy(fake_dom[i].arch.ioport_caps);
        fake_dom[i].arch.ioport_caps = NULL;
    }
}

TEST(ports_by_iopl)
{
    struct cpu_user_regs *regs = ready(0, true);

    CHECK_EQ(rangeset_add(currd->arch.ioport_caps, 0, 0xffff), 0);
    regs->rdx = 0x3f8;
    CHECK(!RUN("\xec"));                        /* kernel counts as ring 1, IOPL is 0 */
    current->arch.iopl = 1;
    regs->rax = 0xffffffffffffff00;
    CHECK(RUN("\xec") && SKIPPED(1));
    CHECK_EQ(regs->rax, 0xffffffffffffff78);
    CHECK(hw_reads == 1 && hw_last_port == 0x3f8 && hw_last_size == 1);

    regs = ready(0, false);
    current->arch.iopl = 1;
    CHECK(!RUN("\xec"));
    current->arch.iopl = 3;
    CHECK(RUN("\xec"));
    done();
}

TEST(ports_by_bitmap)
{
    uint8_t map[0x2001];
    struct cpu_user_regs *regs = ready(0, false);

    memset(map, 0xff, sizeof(map));
    map[0x378 / 8] = 0xfe;
    map[0xfff / 8] = 0x7f;
    map[0x1000 / 8] = 0xfe;
    current->arch.iobmp = (unsigned long)map;
    current->arch.iobmp_limit = 0x10000;
    CHECK_EQ(rangeset_add(currd->arch.ioport_caps, 0, 0xffff), 0);
    regs->rdx = 0x378;
    CHECK(RUN("\xee"));
    CHECK(!RUN("\x66\xef"));                    /* the second byte is not open */
    regs->rip = (unsigned long)code;
    regs->rdx = 0xfff;
    CHECK(RUN("\x66\xed"));                     /* across two bytes of the map */
    current->arch.iobmp_limit = 0xfff;
    regs->rip = (unsigned long)code;
    CHECK(!RUN("\xec"));
    fake_fail_start = 0, fake_fail_end = ~0UL;
    CHECK(!RUN("\xec"));
    done();
}

TEST(ports_without_right)
{
    struct cpu_user_regs *regs = ready(1, true);

    current->arch.iopl = 1;
    regs->rdx = 0x3f8;
    CHECK(RUN("\xed") && regs->rax == 0xffffffff);
    regs->rip = (unsigned long)code;
    CHECK(RUN("\xef"));
    regs->rip = (unsigned long)code;
    regs->rdx = 0xcfc;
    CHECK(RUN("\xed") && regs->rax == 0xffffffff);
    CHECK(hw_reads == 0 && hw_writes == 0);
    /* The last port has no second byte. */
    regs->rip = (unsigned long)code;
    regs->rdx = 0xffff;
    CHECK_EQ(rangeset_add(currd->arch.ioport_caps, 0, 0xffff), 0);
    CHECK(RUN("\x66\xed") && hw_reads == 0);
    done();
}

/* The short way of a guest without any port gives what the long one does. */
TEST(ports_of_a_guest_that_has_none)
{
    static const struct { const char *code; unsigned int len; uint64_t rax; } forms[] = {
        { "\xec", 1, 0x11223344556677ffUL }, { "\x66\xed", 2, 0x112233445566ffffUL },
        { "\xed", 1, 0xffffffffUL }, { "\x66\xec", 2, 0x11223344556677ffUL },
        { "\x48\xed", 2, 0xffffffffUL }, { "\xe4\x60", 2, 0x11223344556677ffUL },
        { "\xee", 1, 0x1122334455667788UL }, { "\x66\xef", 2, 0x1122334455667788UL },
        /* Timer channel 2 has run out: who polls it is not kept. */
        { "\xe4\x42", 2, 0x1122334455667700UL }, { "\x48\xe4\x42", 3, 0x1122334455667700UL },
        { "\x66\xe5\x41", 3, 0x11223344556600ffUL }, { "\xe5\x3f", 2, 0x00ffffffUL },
        { "\xe5\x40", 2, 0xff00ffffUL }, { "\x48\xe5\x42", 3, 0xffffff00UL },
        { "\xe5\x43", 2, 0xffffffffUL }, { "\xe4\x61", 2, 0x11223344556677ffUL },
    };

    for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct cpu_user_regs *regs = ready(1, true);

        regs->rdx = 0x64;
        CHECK(!run(forms[i].code, forms[i].len));       /* the kernel has not asked for IOPL 1 */
        current->arch.iopl = 1;
        regs->rax = 0x1122334455667788UL;
        CHECK(run(forms[i].code, forms[i].len) && SKIPPED(forms[i].len));
        CHECK_EQ(regs->rax, forms[i].rax);
        done();
    }
    CHECK(hw_reads == 0 && hw_writes == 0);
}

TEST(ports_played_for_dom0)
{
    struct cpu_user_regs *regs = ready(0, true);

    current->arch.iopl = 1;
    CHECK(RUN("\xe6\x20") && hw_writes == 0);   /* interrupt controller */
    regs->rip = (unsigned long)code;
    CHECK(RUN("\xe4\x21") && regs->al == 0xff);
    regs->rip = (unsigned long)code;
    regs->rax = 0x8b;
    CHECK(RUN("\xe6\x70") && currd->arch.cmos_idx == 0x0b);
    regs->rip = (unsigned long)code;
    CHECK(RUN("\xe4\x71") && regs->al == 0xf4);
    regs->rip = (unsigned long)code;
    regs->rax = 0x80001000;
    regs->rdx = 0xcf8;
    CHECK(RUN("\xef") && currd->arch.pci_cf8 == 0x80001000);
    regs->rip = (unsigned long)code;
    regs->rdx = 0xcfe;
    CHECK(RUN("\x66\xed") && regs->ax == (uint16_t)(0x80001000 ^ 0x20 ^ 2));
    regs->rip = (unsigned long)code;
    regs->rax = 0x30;                           /* timer channel 0 */
    CHECK(RUN("\xe6\x43") && hw_writes == 0);
    regs->rip = (unsigned long)code;
    regs->rax = 0xb0;                           /* channel 2 */
    CHECK(RUN("\xe6\x43") && hw_writes == 1);
    done();
}

TEST(string_output)
{
    static const uint8_t data[4] = { 1, 2, 3, 4 };
    struct cpu_user_regs *regs = ready(0, true);

    current->arch.iopl = 1;
    CHECK_EQ(rangeset_add(currd->arch.ioport_caps, 0, 0xffff), 0);
    regs->rsi = (unsigned long)data;
    regs->rcx = 4;
    regs->rdx = 0x80;
    CHECK(RUN("\xf3\x6e") && SKIPPED(2));
    CHECK(hw_writes == 4 && hw_last_value == 4 && regs->rcx == 0);
    CHECK_EQ(regs->rsi, (unsigned long)data + 4);
    done();
}

TEST(long_string_comes_again)
{
    static uint8_t data[100];
    struct cpu_user_regs *regs = ready(0, true);

    current->arch.iopl = 1;
    CHECK_EQ(rangeset_add(currd->arch.ioport_caps, 0, 0xffff), 0);
    regs->rdi = (unsigned long)data;
    regs->rcx = 100;
    CHECK(RUN("\xf3\x6c") && SKIPPED(0) && regs->rcx == 36);
    CHECK(RUN("\xf3\x6c") && SKIPPED(2) && regs->rcx == 0);
    CHECK(hw_reads == 100 && data[99] == 0x78);
    done();
}

TEST(string_that_faults)
{
    struct cpu_user_regs *regs = ready(0, true);

    current->arch.iopl = 1;
    CHECK_EQ(rangeset_add(currd->arch.ioport_caps, 0, 0xffff), 0);
    regs->rdi = HV_VIRT_START + 0x1000;
    regs->rcx = 1;
    CHECK(RUN("\xf3\x6c"));
    CHECK(hw_traps == 1 && hw_vector == X86_TRAP_PF && hw_reads == 0 && SKIPPED(0));
    done();
}

TEST(user_mode_may_nothing_privileged)
{
    static const struct { const char *s; unsigned int nr; } forms[] = {
        { "\xf4", 1 }, { "\xfa", 1 }, { "\x0f\x06", 2 }, { "\x0f\x09", 2 }, { "\x0f\x30", 2 },
        { "\x0f\x32", 2 }, { "\x0f\x31", 2 }, { "\x0f\x01\xd1", 3 }, { "\x0f\x22\xc0", 3 },
        { "\x0f\x20\xc0", 3 }, { "\x0f\x23\xc0", 3 }, { "\xec", 1 }, { "\xf3\x6c", 2 },
    };

    ready(0, false);
    for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        CHECK(!run(forms[i].s, forms[i].nr));
        CHECK(SKIPPED(0));
    }
    CHECK(RUN("\x0f\xa2"));
    done();
}

TEST(control_registers)
{
    struct cpu_user_regs *regs = ready(0, true);

    CHECK(RUN("\x0f\x20\xc0") && regs->rax == fake_cr0);
    regs->rip = (unsigned long)code;
    regs->rax |= X86_CR0_TS;
    CHECK(RUN("\x0f\x22\xc0") && current->arch.ctrlreg0 == X86_CR0_TS);
    regs->rip = (unsigned long)code;
    regs->rax &= ~(uint64_t)X86_CR0_WP;
    CHECK(!RUN("\x0f\x22\xc0"));
    regs->rax = X86_CR4_TSD | X86_CR4_SMEP | X86_CR4_PCIDE | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE;
    CHECK(RUN("\x0f\x22\xe0"));
    CHECK_EQ(current->arch.ctrlreg4, X86_CR4_TSD | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE);
    CHECK(!(fake_cr4 & X86_CR4_PCIDE) && (fake_cr4 & X86_CR4_TSD));
    regs->rip = (unsigned long)code;
    CHECK(RUN("\x0f\x20\xe0"));
    CHECK_EQ(regs->rax, X86_CR4_TSD | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE | PV_CR4_SHOWN_BITS);
    done();
}

TEST(root)
{
    struct cpu_user_regs *regs = ready(0, true);

    regs->rax = 5UL << 12;
    CHECK(RUN("\x0f\x22\xd8") && mfn_x(current->arch.kernel_root) == 5);
    regs->rip = (unsigned long)code;
    CHECK(RUN("\x0f\x20\xd8") && regs->rax == 5UL << 12);
    regs->rip = (unsigned long)code;
    hw_root_rc = -ERESTART;
    CHECK(RUN("\x0f\x22\xd8") && SKIPPED(0));
    hw_root_rc = -EINVAL;
    CHECK(!RUN("\x0f\x22\xd8"));
    hw_root_rc = 0;
    hw_rest_rc = -ERESTART;                     /* teardown of an earlier one first */
    current->arch.pt_unfinished = (struct frame *)traps;
    regs->rax = 6UL << 12;
    CHECK(RUN("\x0f\x22\xd8") && SKIPPED(0) && mfn_x(current->arch.kernel_root) == 5);
    hw_rest_rc = 0;
    CHECK(RUN("\x0f\x22\xd8") && SKIPPED(3) && mfn_x(current->arch.kernel_root) == 6);
    CHECK(!RUN("\x44\x0f\x22\xc0"));            /* cr8 */
    done();
}

TEST(msrs)
{
    struct cpu_user_regs *regs = ready(0, true);

    regs->rcx = MSR_GS_BASE;
    regs->rax = 0x83044000;
    regs->rdx = 0xffffffff;
    CHECK(RUN("\x0f\x30") && hw_msr[1] == 0xffffffff83044000);
    regs->rdx = 0x8000;
    regs->rip = (unsigned long)code;
    CHECK(!RUN("\x0f\x30"));                    /* not canonical */
    regs->rcx = 0x1b;
    CHECK(RUN("\x0f\x32") && regs->rax == 0xfee00900 && regs->rdx == 0);
    regs->rip = (unsigned long)code;
    regs->rcx = 0x12345;
    CHECK(!RUN("\x0f\x32") && !RUN("\x0f\x30"));
    traps[13].address = 0;
    CHECK(RUN("\x0f\x32") && regs->rax == 0);   /* nobody to tell yet */
    regs->rip = (unsigned long)code;
    CHECK(!RUN("\x0f\x30"));
    regs->rcx = 0xc0010004;                     /* a performance counter */
    CHECK(RUN("\x0f\x30"));
    done();
}

TEST(cpuid_forced_in_any_mode)
{
    struct cpu_user_regs *regs = ready(1, false);

    memcpy(code, "\x0f\x0bxen\x0f\xa2", 7);
    regs->rax = 0x40000000;
    CHECK(pv_emulate_ud(regs) && SKIPPED(7));
    CHECK_EQ(regs->rax, 0x40000005);
    regs->rip = (unsigned long)code;
    code[4] = 'm';
    CHECK(!pv_emulate_ud(regs));
    done();
}

TEST(single_step_is_told)
{
    struct cpu_user_regs *regs = ready(0, true);

    regs->rflags |= X86_EFLAGS_TF;
    CHECK(RUN("\x0f\x06"));
    CHECK(hw_traps == 1 && hw_vector == X86_TRAP_DB && (current->arch.dr6 & (1u << 14)));
    done();
}

TEST(code_at_the_end_of_a_page)
{
    struct cpu_user_regs *regs = ready(0, true);
    unsigned long page = (unsigned long)aligned_alloc(PAGE_SIZE, 2 * PAGE_SIZE);

    memcpy((void *)(page + PAGE_SIZE - 2), "\x0f\x06", 2);
    fake_fail_start = page + PAGE_SIZE;
    fake_fail_end = page + 2 * PAGE_SIZE;
    regs->rip = page + PAGE_SIZE - 2;
    CHECK(pv_emulate_privileged(regs));
    regs->rip = page + PAGE_SIZE - 1;
    CHECK(!pv_emulate_privileged(regs));
    free((void *)page);
    done();
}

TEST_MAIN
