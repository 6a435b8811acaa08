/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific registers beyond those of x86-bits.h.  SDM vol. 4; APM vol. 2, app. A. */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#include <asm/processor.h>

#define MSR_TSC                 0x00000010
#define MSR_PLATFORM_ID         0x00000017
/* MSR_APIC_BASE */
#define APIC_BASE_BSP           (1UL << 8)
#define APIC_BASE_X2APIC        (1UL << 10)
#define APIC_BASE_ENABLE        (1UL << 11)
#define APIC_BASE_ADDR_MASK    0x000ffffffffff000UL
#define MSR_SPEC_CTRL           0x00000048
#define MSR_PRED_CMD            0x00000049
#define MSR_UCODE_REV           0x0000008b      /* BIOS_SIGN_ID; PATCH_LEVEL on AMD */
#define MSR_PLATFORM_INFO       0x000000ce
#define MSR_MTRR_CAP            0x000000fe
#define MSR_ARCH_CAPABILITIES   0x0000010a
#define MSR_FLUSH_CMD           0x0000010b
#define MSR_MISC_FEATURES_ENABLES 0x00000140
#define MSR_SYSENTER_CS         0x00000174
#define MSR_SYSENTER_ESP        0x00000175
#define MSR_SYSENTER_EIP        0x00000176
#define MSR_MCG_CAP             0x00000179
#define MSR_MCG_STATUS          0x0000017a
#define MSR_MCG_CTL             0x0000017b
#define MSR_MISC_ENABLE         0x000001a0
#define MSR_DEBUGCTL            0x000001d9
#define MSR_MTRR_DEF_TYPE       0x000002ff
#define MSR_TSC_DEADLINE        0x000006e0
#define MSR_X2APIC(reg)         (0x00000800u + ((reg) >> 4))    /* register by its MMIO offset */
#define MSR_X2APIC_FIRST        0x00000800
#define MSR_X2APIC_LAST         0x000008ff
#define MSR_XSS                 0x00000da0
/* MSR_EFER */
#define EFER_SVME               (1UL << 12)
#define EFER_FFXSE              (1UL << 14)
#define MSR_AMD_SYSCFG          0xc0010010
#define MSR_AMD_HWCR            0xc0010015
#define MSR_AMD_DE_CFG          0xc0011029
#define AMD_DE_CFG_LFENCE       (1UL << 1)      /* lfence serialises */

#endif /* ASM_MSR_H */
