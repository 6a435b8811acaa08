/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of the architecture, also for assembly (Intel SDM volumes 3 and 4, AMD APM volume 2). */
#ifndef ASM_X86_BITS_H
#define ASM_X86_BITS_H

#define X86_CR0_PE              0x00000001
#define X86_CR0_MP              0x00000002
#define X86_CR0_EM              0x00000004
#define X86_CR0_TS              0x00000008
#define X86_CR0_ET              0x00000010
#define X86_CR0_NE              0x00000020
#define X86_CR0_WP              0x00010000
#define X86_CR0_AM              0x00040000
#define X86_CR0_NW              0x20000000
#define X86_CR0_CD              0x40000000
#define X86_CR0_PG              0x80000000

#define X86_CR4_VME             0x00000001
#define X86_CR4_PVI             0x00000002
#define X86_CR4_TSD             0x00000004
#define X86_CR4_DE              0x00000008
#define X86_CR4_PSE             0x00000010
#define X86_CR4_PAE             0x00000020
#define X86_CR4_MCE             0x00000040
#define X86_CR4_PGE             0x00000080
#define X86_CR4_PCE             0x00000100
#define X86_CR4_OSFXSR          0x00000200
#define X86_CR4_OSXMMEXCPT      0x00000400
#define X86_CR4_UMIP            0x00000800
#define X86_CR4_FSGSBASE        0x00010000
#define X86_CR4_PCIDE           0x00020000
#define X86_CR4_OSXSAVE         0x00040000
#define X86_CR4_SMEP            0x00100000
#define X86_CR4_SMAP            0x00200000

#define X86_EFLAGS_CF           0x00000001
#define X86_EFLAGS_TF           0x00000100
#define X86_EFLAGS_IF           0x00000200
#define X86_EFLAGS_DF           0x00000400
#define X86_EFLAGS_IOPL         0x00003000
#define X86_EFLAGS_NT           0x00004000
#define X86_EFLAGS_RF           0x00010000
#define X86_EFLAGS_VM           0x00020000
#define X86_EFLAGS_AC           0x00040000

#define MSR_APIC_BASE           0x0000001b
#define MSR_PAT                 0x00000277
#define MSR_EFER                0xc0000080
#define EFER_SCE                0x001
#define EFER_LME                0x100
#define EFER_LMA                0x400
#define EFER_NXE                0x800
#define MSR_STAR                0xc0000081
#define MSR_LSTAR               0xc0000082
#define MSR_CSTAR               0xc0000083
#define MSR_SYSCALL_MASK        0xc0000084
#define MSR_FS_BASE             0xc0000100
#define MSR_GS_BASE             0xc0000101
#define MSR_KERNEL_GS_BASE      0xc0000102
#define MSR_TSC_AUX             0xc0000103

/* Exception vectors. */
#define X86_EXC_DE              0
#define X86_EXC_DB              1
#define X86_EXC_NMI             2
#define X86_EXC_BP              3
#define X86_EXC_OF              4
#define X86_EXC_BR              5
#define X86_EXC_UD              6
#define X86_EXC_NM              7
#define X86_EXC_DF              8
#define X86_EXC_TS              10
#define X86_EXC_NP              11
#define X86_EXC_SS              12
#define X86_EXC_GP              13
#define X86_EXC_PF              14
#define X86_EXC_MF              16
#define X86_EXC_AC              17
#define X86_EXC_MC              18
#define X86_EXC_XM              19
#define X86_EXC_CP              21

/* Page-fault error code. */
#define PFEC_PRESENT            0x01
#define PFEC_WRITE              0x02
#define PFEC_USER               0x04
#define PFEC_RESERVED           0x08
#define PFEC_FETCH              0x10

/* Interrupt stack table slots (1-based in a gate), and their stacks in the per-CPU area. */
#define IST_DF                  1
#define IST_NMI                 2
#define IST_MC                  3
#define IST_DB                  4

#endif /* ASM_X86_BITS_H */
