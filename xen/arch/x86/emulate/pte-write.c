/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that write a page-table entry (SDM volume 2; APM volume 3). */
#include "pte-write.h"

#include <xen/lib.h>

#include <asm/x86-bits.h>

#define FLAG_CF 0x001UL
#define FLAG_PF 0x004UL
#define FLAG_AF 0x010UL
#define FLAG_ZF 0x040UL
#define FLAG_SF 0x080UL
#define FLAG_OF 0x800UL
#define FLAGS_ARITH (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/* --- Decoding --------------------------------------------------------------------------- */

struct decoder {
    const uint8_t *bytes;
    unsigned int nr, pos;
    bool cut;                   /* more bytes were wanted than there are */
    uint8_t rex;
    bool opsize;                /* prefix 66 */
};

#define REX_W   8
#define REX_R   4
#define REX_X   2
#define REX_B   1

static uint8_t next_byte(struct decoder *c)
{
    if (c->pos >= c->nr) {
        c->cut = true;
        return 0;
    }
    return c->bytes[c->pos++];
}

/* @size little-endian bytes, sign-extended. */
static uint64_t next_imm(struct decoder *c, unsigned int size)
{
    uint64_t v = 0;

    for (unsigned int i = 0; i < size; i++) {
        v |= (uint64_t)next_byte(c) << (8 * i);
    }
    return size == 8 ? v : (uint64_t)((int64_t)(v << (64 - 8 * size)) >> (64 - 8 * size));
}

static const uint16_t reg_offset[16] = {
    offsetof(struct cpu_user_regs, rax), offsetof(struct cpu_user_regs, rcx),
    offsetof(struct cpu_user_regs, rdx), offsetof(struct cpu_user_regs, rbx),
    offsetof(struct cpu_user_regs, rsp), offsetof(struct cpu_user_regs, rbp),
    offsetof(struct cpu_user_regs, rsi), offsetof(struct cpu_user_regs, rdi),
    offsetof(struct cpu_user_regs, r8),  offsetof(struct cpu_user_regs, r9),
    offsetof(struct cpu_user_regs, r10), offsetof(struct cpu_user_regs, r11),
    offsetof(struct cpu_user_regs, r12), offsetof(struct cpu_user_regs, r13),
    offsetof(struct cpu_user_regs, r14), offsetof(struct cpu_user_regs, r15),
};

static inline uint64_t gpr(const struct cpu_user_regs *regs, unsigned int n)
{
    return *(const uint64_t *)((const char *)regs + reg_offset[n & 15]);
}

static inline uint64_t size_mask(unsigned int size)
{
    return size == 8 ? ~0UL : (1UL << (8 * size)) - 1;
}

static uint64_t read_reg(const struct cpu_user_regs *regs, uint8_t reg, unsigned int size)
{
    return reg >= 16 ? (gpr(regs, reg - 16u) >> 8) & 0xff : gpr(regs, reg) & size_mask(size);
}

/* Writes of 4 bytes clear the upper half. */
static void write_reg(struct cpu_user_regs *regs, uint8_t reg, unsigned int size, uint64_t v)
{
    uint64_t *r = (uint64_t *)((char *)regs + reg_offset[reg & 15]);

    if (reg >= 16) {
        *r = (*r & ~0xff00UL) | ((v & 0xff) << 8);
    } else if (size == 4) {
        *r = v & 0xffffffff;
    } else {
        *r = (*r & ~size_mask(size)) | (v & size_mask(size));
    }
}

/* Prefixes; false for those that change where or how often the operand is. */
static bool decode_prefixes(struct decoder *c)
{
    for (;;) {
        uint8_t b = c->pos < c->nr ? c->bytes[c->pos] : 0;

        switch (b) {
        case 0x66:
            c->opsize = true;
            break;
        case 0x26: case 0x2e: case 0x36: case 0x3e:     /* ignored in 64-bit mode */
        case 0xf0:                                      /* LOCK: all is done by exchange */
            break;
        case 0x64: case 0x65: case 0x67: case 0xf2: case 0xf3:
            return false;
        default:
            if ((b & 0xf0) == 0x40) {
                c->rex = b;
                c->pos++;
            }
            return true;
        }
        c->pos++;
    }
}

struct modrm {
    uint8_t reg;                /* with REX.R */
    bool rip_relative;
    unsigned long addr;         /* without rip */
};

/* A memory operand; false for a register. */
static bool decode_modrm(struct decoder *c, const struct cpu_user_regs *regs, struct modrm *m)
{
    uint8_t b = next_byte(c), mod = b >> 6, rm = b & 7;
    unsigned long addr = 0;

    m->reg = (uint8_t)(((b >> 3) & 7) | (c->rex & REX_R ? 8 : 0));
    m->rip_relative = false;
    if (mod == 3) {
        return false;
    }
    if (rm == 4) {
        uint8_t sib = next_byte(c);
        unsigned int index = ((sib >> 3) & 7) | (c->rex & REX_X ? 8 : 0);
        unsigned int base = sib & 7;

        if (index != 4) {
            addr = gpr(regs, index) << (sib >> 6);
        }
        if (base == 5 && mod == 0) {
            addr += next_imm(c, 4);
        } else {
            addr += gpr(regs, base | (c->rex & REX_B ? 8 : 0));
        }
    } else if (rm == 5 && mod == 0) {
        addr = next_imm(c, 4);
        m->rip_relative = true;
    } else {
        addr = gpr(regs, rm | (c->rex & REX_B ? 8 : 0));
    }
    if (mod != 0) {
        addr += next_imm(c, mod == 1 ? 1 : 4);
    }
    m->addr = addr;
    return true;
}

/* Where the source operand comes from. */
enum source { SRC_REG, SRC_IMM, SRC_IMM8, SRC_BIT_REG, SRC_BIT_IMM, SRC_NONE };

/* Operation of a one-byte opcode; group opcodes need @ext, the reg field. */
static bool opcode_1(uint8_t op, uint8_t ext, enum ptw_op *what, enum source *src)
{
    *src = SRC_REG;
    if (op < 0x38 && (op & 7) < 2) {                    /* ADD ... XOR r/m, r */
        *what = (enum ptw_op)(PTW_ADD + (op >> 3));
        return true;
    }
    switch (op) {
    case 0x80: case 0x81: case 0x83:
        *src = op == 0x81 ? SRC_IMM : SRC_IMM8;
        *what = (enum ptw_op)(PTW_ADD + ext);
        return ext != 7;                                /* CMP */
    case 0x86: case 0x87:
        *what = PTW_XCHG;
        return true;
    case 0x88: case 0x89:
        *what = PTW_MOV;
        return true;
    case 0xc6: case 0xc7:
        *src = SRC_IMM;
        *what = PTW_MOV;
        return ext == 0;
    case 0xf6: case 0xf7:
        *src = SRC_NONE;
        *what = ext == 2 ? PTW_NOT : PTW_NEG;
        return ext == 2 || ext == 3;
    case 0xfe: case 0xff:
        *src = SRC_NONE;
        *what = ext == 0 ? PTW_INC : PTW_DEC;
        return ext < 2;
    default:
        return false;
    }
}

/* Of an opcode after 0F. */
static bool opcode_2(uint8_t op, uint8_t ext, enum ptw_op *what, enum source *src)
{
    *src = SRC_REG;
    switch (op) {
    case 0xab: case 0xb3: case 0xbb:
        *src = SRC_BIT_REG;
        *what = op == 0xab ? PTW_BTS : op == 0xb3 ? PTW_BTR : PTW_BTC;
        return true;
    case 0xba:
        *src = SRC_BIT_IMM;
        *what = (enum ptw_op)(PTW_BTS + ext - 5);
        return ext >= 5;                                /* 4 is BT */
    case 0xb0: case 0xb1:
        *what = PTW_CMPXCHG;
        return true;
    case 0xc0: case 0xc1:
        *what = PTW_XADD;
        return true;
    case 0xc3:                                          /* MOVNTI */
        *what = PTW_MOV;
        return true;
    default:
        return false;
    }
}

/* The source operand; bit operations move the address to the word that holds the bit. */
static void decode_source(struct decoder *c, const struct cpu_user_regs *regs, enum source src,
                          const struct modrm *m, struct ptw_insn *insn)
{
    unsigned int size = insn->size, bits = 8u * size;
    uint64_t v;

    insn->reg = PTW_NO_REG;
    insn->value = 0;
    switch (src) {
    case SRC_REG:
        insn->reg = size == 1 && c->rex == 0 && m->reg >= 4 ? (uint8_t)(16 + m->reg - 4) : m->reg;
        insn->value = read_reg(regs, insn->reg, size);
        break;
    case SRC_IMM:
        insn->value = next_imm(c, size == 8 ? 4 : size) & size_mask(size);
        break;
    case SRC_IMM8:
        insn->value = next_imm(c, 1) & size_mask(size);
        break;
    case SRC_BIT_IMM:
        insn->value = next_byte(c) & (bits - 1);
        break;
    case SRC_BIT_REG:
        v = read_reg(regs, m->reg, size);
        v = (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
        insn->value = v & (bits - 1);
        insn->addr += (unsigned long)((int64_t)(v - insn->value) >> 3);
        break;
    case SRC_NONE:
        break;
    }
}

static bool decode_any(const uint8_t *bytes, unsigned int nr, const struct cpu_user_regs *regs,
                       struct ptw_insn *insn)
{
    struct decoder c = { .bytes = bytes, .nr = min_t(unsigned int, nr, PTW_MAX_BYTES) };
    bool two, byte_op, ok;
    enum source src;
    struct modrm m;
    uint8_t op, ext;

    if (!decode_prefixes(&c)) {
        return false;
    }
    op = next_byte(&c);
    two = op == 0x0f;
    if (two) {
        op = next_byte(&c);
    }
    if (c.cut || !decode_modrm(&c, regs, &m)) {
        return false;
    }
    ext = m.reg & 7;
    ok = two ? opcode_2(op, ext, &insn->op, &src) : opcode_1(op, ext, &insn->op, &src);
    if (!ok || (two && op == 0xc3 && c.opsize)) {
        return false;
    }
    byte_op = !(op & 1) && src != SRC_BIT_IMM && src != SRC_BIT_REG;
    insn->size = byte_op ? 1 : c.rex & REX_W ? 8 : c.opsize ? 2 : 4;
    insn->addr = m.addr;
    decode_source(&c, regs, src, &m, insn);
    insn->length = (uint8_t)c.pos;
    if (m.rip_relative) {
        insn->addr += regs->rip + c.pos;
    }
    return !c.cut;
}

/* MOV r64, (r64) without SIB or displacement: nearly all stores of entries. */
static inline bool decode_plain_store(const uint8_t *bytes,
                                      const struct cpu_user_regs *regs, struct ptw_insn *insn)
{
    uint8_t rex = bytes[0], m = bytes[2];

    if ((rex & 0xfb) != 0x48 || bytes[1] != 0x89 || m >= 0x40 || (m & 6) == 4) {
        return false;
    }
    insn->op = PTW_MOV;
    insn->length = 3;
    insn->size = 8;
    insn->reg = (uint8_t)((m >> 3) | (rex & REX_R ? 8 : 0));
    insn->value = gpr(regs, insn->reg);
    insn->addr = gpr(regs, m & 7);
    return true;
}

bool ptw_decode(const uint8_t *bytes, unsigned int nr, const struct cpu_user_regs *regs,
                struct ptw_insn *insn)
{
    if (nr >= 3 && decode_plain_store(bytes, regs, insn)) {
        return true;
    }
    return decode_any(bytes, nr, regs, insn);
}

/* --- Execution ------------------------------------------------------------------------------ */

static uint64_t result_flags(uint64_t r, unsigned int size)
{
    uint64_t f = 0;

    if (!__builtin_parity((unsigned int)(r & 0xff))) {
        f |= FLAG_PF;
    }
    if ((r & size_mask(size)) == 0) {
        f |= FLAG_ZF;
    }
    if ((r >> (8 * size - 1)) & 1) {
        f |= FLAG_SF;
    }
    return f;
}

/* Of r = a + b + carry. */
static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t r, unsigned int size)
{
    unsigned int top = 8 * size - 1;
    uint64_t f = result_flags(r, size), out = (a & b) | ((a | b) & ~r);

    f |= (out >> top) & 1 ? FLAG_CF : 0;
    f |= ((a ^ r) & (b ^ r)) >> top & 1 ? FLAG_OF : 0;
    f |= (a ^ b ^ r) & 0x10 ? FLAG_AF : 0;
    return f;
}

/* Of r = a - b - borrow. */
static uint64_t sub_flags(uint64_t a, uint64_t b, uint64_t r, unsigned int size)
{
    unsigned int top = 8 * size - 1;
    uint64_t f = result_flags(r, size), out = (~a & b) | ((~a | b) & r);

    f |= (out >> top) & 1 ? FLAG_CF : 0;
    f |= ((a ^ b) & (a ^ r)) >> top & 1 ? FLAG_OF : 0;
    f |= (a ^ b ^ r) & 0x10 ? FLAG_AF : 0;
    return f;
}

static void set_flags(struct cpu_user_regs *regs, uint64_t mask, uint64_t f)
{
    regs->rflags = (regs->rflags & ~mask) | (f & mask);
}

/* ADD ... XOR, INC, DEC, NEG: *@new and all arithmetic flags. */
static void execute_arith(const struct ptw_insn *insn, uint64_t a, uint64_t *new,
                          struct cpu_user_regs *regs)
{
    uint64_t b = insn->value, carry = regs->rflags & FLAG_CF, r, mask = FLAGS_ARITH, f;
    unsigned int size = insn->size;

    switch (insn->op) {
    case PTW_ADD:
    case PTW_ADC:
        carry = insn->op == PTW_ADC ? carry : 0;
        r = (a + b + carry) & size_mask(size);
        f = add_flags(a, b, r, size);
        break;
    case PTW_SUB:
    case PTW_SBB:
        r = (a - b - (insn->op == PTW_SBB ? carry : 0)) & size_mask(size);
        f = sub_flags(a, b, r, size);
        break;
    case PTW_INC:
        r = (a + 1) & size_mask(size);
        f = add_flags(a, 1, r, size);
        mask &= ~FLAG_CF;
        break;
    case PTW_DEC:
        r = (a - 1) & size_mask(size);
        f = sub_flags(a, 1, r, size);
        mask &= ~FLAG_CF;
        break;
    case PTW_NEG:
        r = (0 - a) & size_mask(size);
        f = sub_flags(0, a, r, size);
        break;
    default:
        r = insn->op == PTW_AND ? a & b : insn->op == PTW_OR ? a | b : a ^ b;
        f = result_flags(r, size);
        break;
    }
    set_flags(regs, mask, f);
    *new = r;
}

static bool execute_cmpxchg(const struct ptw_insn *insn, uint64_t old, uint64_t *new,
                            struct cpu_user_regs *regs)
{
    unsigned int size = insn->size;
    uint64_t a = regs->rax & size_mask(size);

    set_flags(regs, FLAGS_ARITH, sub_flags(a, old, (a - old) & size_mask(size), size));
    if (a != old) {
        write_reg(regs, 0, size, old);
        return false;
    }
    *new = insn->value;
    return true;
}

bool ptw_execute(const struct ptw_insn *insn, uint64_t old, uint64_t *new,
                 struct cpu_user_regs *regs)
{
    uint64_t bit = 1UL << (insn->value & 63);

    switch (insn->op) {
    case PTW_MOV:
        *new = insn->value;
        break;
    case PTW_XCHG:
        *new = insn->value;
        write_reg(regs, insn->reg, insn->size, old);
        break;
    case PTW_CMPXCHG:
        return execute_cmpxchg(insn, old, new, regs);
    case PTW_XADD:
        *new = (old + insn->value) & size_mask(insn->size);
        set_flags(regs, FLAGS_ARITH, add_flags(old, insn->value, *new, insn->size));
        write_reg(regs, insn->reg, insn->size, old);
        break;
    case PTW_BTS:
    case PTW_BTR:
    case PTW_BTC:
        set_flags(regs, FLAG_CF, old & bit ? FLAG_CF : 0);
        *new = insn->op == PTW_BTS ? old | bit : insn->op == PTW_BTR ? old & ~bit : old ^ bit;
        break;
    case PTW_NOT:
        *new = ~old & size_mask(insn->size);
        break;
    default:
        execute_arith(insn, old, new, regs);
        break;
    }
    return true;
}
