/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that depends on the CPU model: patched once at boot, so that it costs nothing afterwards. */
#ifndef ASM_ALTERNATIVE_H
#define ASM_ALTERNATIVE_H

#include <asm/layout.h>

/* Facts about the machine that select a patch (alternatives_apply()). */
#define ALT_SMAP            0   /* CR4.SMAP is on */
#define ALT_SYSRET_SAFE     1   /* SYSRET to a non-canonical address faults in the guest */
#define ALT_VERW            2   /* buffers must be overwritten before a return to the guest */
#define NR_ALTS             3

/* What is written over the site. */
#define ALT_BYTES           0   /* `data`, `len` bytes */
#define ALT_JMP             1   /* a jump to image offset `data` */

#ifdef __ASSEMBLY__

/* 3-byte no-op that becomes stac or clac. */
.macro ALT_3BYTES feature, b0, b1, b2
771:    .byte   0x0f, 0x1f, 0x00
        .pushsection .init.alt_patches, "a", @progbits
        .long   771b - XYLEM_VIRT_START
        .byte   \feature, ALT_BYTES, 3, 0
        .quad   \b0 | (\b1 << 8) | (\b2 << 16)
        .popsection
.endm
.macro STAC
        ALT_3BYTES ALT_SMAP, 0x0f, 0x01, 0xcb
.endm
.macro CLAC
        ALT_3BYTES ALT_SMAP, 0x0f, 0x01, 0xca
.endm
/* Where @feature holds, the code from @site (5 bytes or more) becomes a jump to @target. */
.macro ALT_JUMP feature, site, target
        .pushsection .init.alt_patches, "a", @progbits
        .long   \site - XYLEM_VIRT_START
        .byte   \feature, ALT_JMP, 5, 0
        .quad   \target - XYLEM_VIRT_START
        .popsection
.endm

#else

#include <xen/types.h>

/* One patch; distances from the image's start. */
struct alt_patch {
    uint32_t site;
    uint8_t feature, kind, len, pad;
    uint64_t data;
};
static_assert(sizeof(struct alt_patch) == 16, "as the macros write it");

#ifndef UNIT_TEST
#define ALT_STR_(x) #x
#define ALT_STR(x)  ALT_STR_(x)
#define ALT_3BYTES(feature, data)                                            \
    "771: .byte 0x0f, 0x1f, 0x00\n\t"                                        \
    ".pushsection .init.alt_patches, \"a\", @progbits\n\t"                   \
    ".long 771b - 0xffff810000000000\n\t"                                    \
    ".byte " ALT_STR(feature) ", 0, 3, 0\n\t.quad " #data "\n\t"             \
    ".popsection\n\t"

/* Between these Xylem may touch pages of the guest. */
static __always_inline void stac(void)
{
    asm volatile (ALT_3BYTES(ALT_SMAP, 0xcb010f) ::: "memory");
}
static __always_inline void clac(void)
{
    asm volatile (ALT_3BYTES(ALT_SMAP, 0xca010f) ::: "memory");
}
#else
static inline void stac(void) { }
static inline void clac(void) { }
#endif

/* alternatives_select - @feature holds on this machine (boot, before alternatives_apply()). */
void alternatives_select(unsigned int feature);
/* alternatives_apply - patch the image (boot CPU, IRQs off, before others run). */
void alternatives_apply(void);
/*
 * alternative_encode - the bytes that @p puts at its site.
 * @out  at least 8 bytes; returns how many.
 */
unsigned int alternative_encode(const struct alt_patch *p, uint8_t *out);

#endif
#endif /* ASM_ALTERNATIVE_H */
