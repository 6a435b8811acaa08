/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPUID shall tell a guest otherwise than by default: registers, bit by bit, and names. */
#ifndef XYL_CPUID_H
#define XYL_CPUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XYL_CPUID_NO_SUBLEAF 0xffffffffu

enum xyl_cpuid_reg { XYL_CPUID_EAX, XYL_CPUID_EBX, XYL_CPUID_ECX, XYL_CPUID_EDX };

/*
 * Changes of one register.  A bit of no mask stays as guests have it by default.
 * Invariants:
 *   U1  the masks are disjoint.
 *   U2  no two entries of a configuration are about one register.
 *   U3  subleaf is XYL_CPUID_NO_SUBLEAF exactly for leaves that have none.
 */
struct xyl_cpuid {
    uint32_t leaf, subleaf;
    enum xyl_cpuid_reg reg;
    uint32_t ones, zeros;       /* forced */
    uint32_t host;              /* as the host has it, as far as guests may */
};

/*
 * A feature (one bit) or a number in a register.  A number with high_bits goes on there: the high
 * part is added to the low one (family) or stands before it (model).
 */
struct xyl_cpuid_field {
    const char *name;
    uint32_t leaf, subleaf;
    enum xyl_cpuid_reg reg;
    uint8_t shift, bits, high_shift, high_bits;
    uint32_t min, max;          /* of a number */
};

#define XYL_CPUID_NAME 32       /* bytes of a name, with the NUL */

/* xyl_cpuid_has_subleaves - does U3 want a subleaf? */
bool xyl_cpuid_has_subleaves(uint32_t leaf);

/* xyl_cpuid_reg_name - "eax" to "edx". */
const char *xyl_cpuid_reg_name(enum xyl_cpuid_reg reg);

/*
 * xyl_cpuid_find - the field of that name; '-', '_' and '.' are the same, and so are letter cases.
 * Errors: -ESRCH no such name; -EOPNOTSUPP it is told in a model-specific register.
 */
int xyl_cpuid_find(const char *name, struct xyl_cpuid_field *field);

/* xyl_cpuid_name - the @i-th of all names, as xl.cfg spells it; false behind the last. */
bool xyl_cpuid_name(size_t i, char name[XYL_CPUID_NAME]);

/* xyl_cpuid_mask - the bits of the field; xyl_cpuid_number - those of them that make @value. */
uint32_t xyl_cpuid_mask(const struct xyl_cpuid_field *field);
uint32_t xyl_cpuid_number(const struct xyl_cpuid_field *field, uint32_t value);

/*
 * xyl_cpuid_bit_text - what people call a bit: its feature's or number's name, or "leaf 0x1f,0 eax
 * bit 3".  Returns the number of bits of what was named, 0 for a bit without a name.
 */
unsigned int xyl_cpuid_bit_text(const struct xyl_cpuid *of, unsigned int bit, char text[48]);

#endif
