/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug registers: nobody runs with another's breakpoints, be their owner gone or changed. */
#include "../harness.h"

#include <asm/cpu-state.h>

#include "fake.h"

#define EXECUTE_0   0x1UL
#define IO_0        (0x1UL | (2UL << 16))

static uint64_t dr[8];

void fake_write_dr(unsigned int n, uint64_t v)
{
    dr[n] = v;
}

static void ready(void)
{
    fake_reset();
    debug_registers_load(current);
    memset(dr, 0, sizeof(dr));
}

TEST(loaded_for_who_uses_them)
{
    ready();
    debug_registers_switch(current);
    CHECK_EQ(dr[7], 0);                 /* nothing to do: not touched */
    fake_vcpu[0].arch.dr[0] = 0x1000;
    fake_vcpu[0].arch.dr7 = EXECUTE_0;
    debug_registers_switch(&fake_vcpu[0]);
    CHECK(dr[0] == 0x1000 && dr[7] == (0x400 | EXECUTE_0));
    debug_registers_switch(&fake_vcpu[1]);
    CHECK_EQ(dr[7], 0x400);
}

TEST(off_after_their_vcpu_is_gone_or_changed)
{
    ready();
    fake_vcpu[0].arch.dr7 = EXECUTE_0;
    debug_registers_switch(&fake_vcpu[0]);
    memset(&fake_vcpu[0].arch, 0xff, sizeof(fake_vcpu[0].arch));    /* destroyed */
    debug_registers_switch(&fake_vcpu[1]);
    CHECK_EQ(dr[7], 0x400);

    fake_vcpu[1].arch.dr7 = EXECUTE_0;
    debug_registers_switch(&fake_vcpu[1]);
    CHECK_EQ(dr[7], 0x400 | EXECUTE_0);
    fake_vcpu[1].arch.dr7 = 0;                                      /* a new context */
    debug_registers_switch(&fake_vcpu[1]);
    CHECK_EQ(dr[7], 0x400);
}

TEST(io_breakpoints_only_with_debug_extensions)
{
    ready();
    fake_vcpu[0].arch.ctrlreg4 = X86_CR4_DE;
    fake_vcpu[0].arch.dr7 = IO_0;
    debug_registers_load(&fake_vcpu[0]);
    CHECK_EQ(dr[7], 0x400 | IO_0);
    fake_vcpu[0].arch.ctrlreg4 = 0;
    debug_registers_load(&fake_vcpu[0]);
    CHECK_EQ(dr[7], 0x400);
    fake_vcpu[0].arch.dr7 = IO_0 | 0x4;                             /* another one stays */
    debug_registers_load(&fake_vcpu[0]);
    CHECK_EQ(dr[7], 0x400 | 0x4 | (2UL << 16));
}

TEST_MAIN
