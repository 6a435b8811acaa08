/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding of privileged instructions: each form, prefixes, cut-off bytes, and what is none of
 * them.
 */
#include "../harness.h"

#include <public/xen.h>

#include "../../../xen/arch/x86/pv/emul-priv.h"

static struct priv_insn dec(enum code_size code, const char *bytes, unsigned int nr)
{
    struct priv_insn insn;

    priv_decode((const uint8_t *)bytes, nr, code, &insn);
    return insn;
}
#define D64(s) dec(CODE64, s, sizeof(s) - 1)
#define D32(s) dec(CODE32, s, sizeof(s) - 1)
#define D16(s) dec(CODE16, s, sizeof(s) - 1)

TEST(one_byte_forms)
{
    static const struct { const char *s; enum priv_op op; } forms[] = {
        { "\xfa", PRIV_CLI }, { "\xfb", PRIV_STI },
        { "\xec", PRIV_IN }, { "\xee", PRIV_OUT }, { "\x6c", PRIV_INS }, { "\x6e", PRIV_OUTS },
    };

    for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct priv_insn insn = dec(CODE64, forms[i].s, 1);

        CHECK_EQ(insn.op, forms[i].op);
        CHECK_EQ(insn.length, 1);
    }
}

TEST(two_byte_forms)
{
    static const struct { const char *s; unsigned int nr; enum priv_op op; } forms[] = {
        { "\x0f\x06", 2, PRIV_CLTS }, { "\x0f\x09", 2, PRIV_WBINVD }, { "\x0f\x30", 2, PRIV_WRMSR },
        { "\x0f\x31", 2, PRIV_RDTSC }, { "\x0f\x32", 2, PRIV_RDMSR }, { "\x0f\xa2", 2, PRIV_CPUID },
        { "\x0f\x01\xd1", 3, PRIV_XSETBV }, { "\x0f\x01\xf9", 3, PRIV_RDTSCP },
    };

    for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct priv_insn insn = dec(CODE64, forms[i].s, forms[i].nr);

        CHECK_EQ(insn.op, forms[i].op);
        CHECK_EQ(insn.length, forms[i].nr);
    }
}

TEST(port_sizes)
{
    CHECK_EQ(D64("\xec").size, 1);
    CHECK_EQ(D64("\xed").size, 4);
    CHECK_EQ(D64("\x66\xed").size, 2);
    CHECK_EQ(D64("\x48\xed").size, 4);
    CHECK_EQ(D16("\xed").size, 2);
    CHECK_EQ(D16("\x66\xed").size, 4);
    CHECK(D64("\xef").port_in_dx);
    CHECK(!D64("\xe5\x71").port_in_dx);
    CHECK_EQ(D64("\xe5\x71").port, 0x71);
    CHECK_EQ(D64("\xe6\x80").length, 2);
}

TEST(strings)
{
    struct priv_insn insn = D64("\xf3\x6d");

    CHECK(insn.op == PRIV_INS && insn.rep && insn.size == 4 && insn.addr_size == 8);
    CHECK_EQ(D64("\x67\xf3\x6f").addr_size, 4);
    CHECK_EQ(D64("\x64\x6e").segment, 0x64);
    CHECK_EQ(D32("\x6e").addr_size, 4);
    CHECK_EQ(D32("\x67\x6e").addr_size, 2);
    CHECK_EQ(D64("\xf2\x66\x6f").size, 2);
}

TEST(moves)
{
    struct priv_insn insn = D64("\x0f\x22\xe0");            /* mov %rax, %cr4 */

    CHECK(insn.op == PRIV_MOV_TO_CR && insn.cr == 4 && insn.reg == 0);
    insn = D64("\x41\x0f\x20\xd9");                         /* mov %cr3, %r9 */
    CHECK(insn.op == PRIV_MOV_FROM_CR && insn.cr == 3 && insn.reg == 9);
    insn = D64("\x44\x0f\x20\xc0");                         /* mov %cr8, %rax */
    CHECK(insn.op == PRIV_MOV_FROM_CR && insn.cr == 8 && insn.reg == 0);
    insn = D64("\x0f\x23\xfb");                             /* mov %rbx, %dr7 */
    CHECK(insn.op == PRIV_MOV_TO_DR && insn.cr == 7 && insn.reg == 3);
    insn = D64("\x0f\x21\xf1");                             /* mov %dr6, %rcx */
    CHECK(insn.op == PRIV_MOV_FROM_DR && insn.cr == 6 && insn.reg == 1);
}

TEST(rex_counts_only_before_the_opcode)
{
    CHECK_EQ(D64("\x41\x66\x0f\x20\xd9").reg, 1);
    CHECK_EQ(D64("\x66\x41\x0f\x20\xd9").reg, 9);
    /* In 32-bit code it is an increment. */
    CHECK_EQ(D32("\x41\x0f\x20\xd9").op, PRIV_NONE);
}

TEST(cut_off)
{
    CHECK_EQ(D64("").op, PRIV_NONE);
    CHECK_EQ(D64("\x0f").op, PRIV_NONE);
    CHECK_EQ(D64("\x0f\x01").op, PRIV_NONE);
    CHECK_EQ(D64("\x0f\x22").op, PRIV_NONE);
    CHECK_EQ(D64("\xe4").op, PRIV_NONE);
    CHECK_EQ(D64("\x66\xf3").op, PRIV_NONE);
    /* Longer than any instruction may be. */
    CHECK_EQ(D64("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\xfa").op, PRIV_NONE);
    CHECK_EQ(D64("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\xfa").op, PRIV_CLI);
}

TEST(others_are_none)
{
    CHECK_EQ(D64("\x90").op, PRIV_NONE);
    CHECK_EQ(D64("\xf4").op, PRIV_NONE);                    /* hlt: as the ABI has it */
    CHECK_EQ(D64("\x0f\x01\xf8").op, PRIV_NONE);            /* swapgs */
    CHECK_EQ(D64("\x0f\x33").op, PRIV_NONE);                /* rdpmc */
    CHECK_EQ(D64("\x0f\x00\xd8").op, PRIV_NONE);            /* ltr */
    CHECK_EQ(D64("\xcf").op, PRIV_NONE);                    /* iret */
}

TEST(no_byte_string_reads_beyond)
{
    /* Every first two bytes, in buffers exactly as long as told: the sanitizer watches. */
    for (unsigned int a = 0; a < 256; a++) {
        for (unsigned int b = 0; b < 256; b++) {
            char *bytes = malloc(2);

            bytes[0] = (char)a;
            bytes[1] = (char)b;
            CHECK(dec(CODE64, bytes, 2).length <= 2);
            CHECK(dec(CODE32, bytes, 2).length <= 2);
            free(bytes);
        }
    }
}

TEST(registers_by_number)
{
    struct cpu_user_regs regs = { .rsp = 4, .r15 = 15, .rdi = 7, .rbx = 3 };

    CHECK_EQ(*priv_reg(&regs, 4), 4);
    CHECK_EQ(*priv_reg(&regs, 15), 15);
    CHECK_EQ(*priv_reg(&regs, 7), 7);
    CHECK_EQ(*priv_reg(&regs, 3), 3);
}

TEST_MAIN
