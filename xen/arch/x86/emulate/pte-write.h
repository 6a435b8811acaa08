/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that write a page-table entry: decoding and execution, as pure functions. */
#ifndef EMULATE_PTE_WRITE_H
#define EMULATE_PTE_WRITE_H

#include <xen/types.h>

#include <public/xen.h>

#define PTW_MAX_BYTES   15      /* longest instruction */

enum ptw_op {
    PTW_MOV, PTW_XCHG, PTW_CMPXCHG, PTW_XADD,
    /* in this order: group 1 less CMP */
    PTW_ADD, PTW_OR, PTW_ADC, PTW_SBB, PTW_AND, PTW_SUB, PTW_XOR,
    PTW_BTS, PTW_BTR, PTW_BTC, PTW_NOT, PTW_NEG, PTW_INC, PTW_DEC,
};

/* One decoded instruction whose destination is memory. */
struct ptw_insn {
    enum ptw_op op;
    uint8_t length;             /* bytes */
    uint8_t size;               /* operand: 1, 2, 4 or 8 bytes */
    /* register operand, 16 + n: the old high byte n (AH ...), PTW_NO_REG */
    uint8_t reg;
    unsigned long addr;         /* effective address */
    /* source: register's value, immediate, or bit number within the operand */
    uint64_t value;
};
#define PTW_NO_REG      0xff

/*
 * ptw_decode - decode the 64-bit instruction at regs->rip, @nr bytes of which are in @bytes.
 * Returns false if it is not one of those above with a memory destination (or is cut off).
 */
bool ptw_decode(const uint8_t *bytes, unsigned int nr, const struct cpu_user_regs *regs,
                struct ptw_insn *insn);

/*
 * ptw_execute - compute what @insn writes over @old (insn->size bytes, zero-extended).
 * @regs  flags and registers are changed as the instruction does (rip is not).
 * Returns false if it writes nothing (CMPXCHG that compares unequal).
 */
bool ptw_execute(const struct ptw_insn *insn, uint64_t old, uint64_t *new,
                 struct cpu_user_regs *regs);

#endif /* EMULATE_PTE_WRITE_H */
