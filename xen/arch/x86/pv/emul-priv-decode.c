/* SPDX-License-Identifier: GPL-2.0-only */
/* Decodes the privileged instructions that PV guests get emulated.  SDM vol. 2, APM vol. 3. */
#include "emul-priv.h"

#include <public/xen.h>

/* What the prefixes said. */
struct prefixes {
    bool opsize, addrsize, rep;
    uint8_t segment, rex;
};

/* Reader that does not run over the end. */
struct reader {
    const uint8_t *bytes;
    unsigned int nr, at;
    bool short_of;
};

static uint8_t next_byte(struct reader *r)
{
    if (r->at >= r->nr) {
        r->short_of = true;
        return 0;
    }
    return r->bytes[r->at++];
}

/* Returns the first byte that is no prefix.  A REX counts only right before the opcode. */
static uint8_t read_prefixes(struct reader *r, enum code_size code, struct prefixes *p)
{
    for (;;) {
        uint8_t b = next_byte(r);

        if (r->short_of) {
            return 0;
        }
        if (code == CODE64 && (b & 0xf0) == 0x40) {
            p->rex = b;
            continue;
        }
        switch (b) {
        case 0x66:
            p->opsize = true;
            break;
        case 0x67:
            p->addrsize = true;
            break;
        case 0xf2:
        case 0xf3:
            p->rep = true;
            break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
            p->segment = b;
            break;
        default:
            return b;
        }
        p->rex = 0;
    }
}

static void decode_port(struct priv_insn *insn, uint8_t opcode, unsigned int wide, struct reader *r)
{
    insn->size = opcode & 1 ? (uint8_t)wide : 1;
    switch (opcode & 0xfe) {
    case 0xe4:
        insn->op = PRIV_IN;
        insn->port = next_byte(r);
        break;
    case 0xe6:
        insn->op = PRIV_OUT;
        insn->port = next_byte(r);
        break;
    case 0xec:
        insn->op = PRIV_IN;
        insn->port_in_dx = true;
        break;
    case 0xee:
        insn->op = PRIV_OUT;
        insn->port_in_dx = true;
        break;
    case 0x6c:
        insn->op = PRIV_INS;
        insn->port_in_dx = true;
        break;
    default:                                    /* 0x6e */
        insn->op = PRIV_OUTS;
        insn->port_in_dx = true;
        break;
    }
}

/* mov to or from a control or debug register; the memory forms of ModRM mean registers too. */
static void decode_move(struct priv_insn *insn, uint8_t opcode, const struct prefixes *p,
                        struct reader *r)
{
    static const enum priv_op ops[] = {
        PRIV_MOV_FROM_CR, PRIV_MOV_FROM_DR, PRIV_MOV_TO_CR, PRIV_MOV_TO_DR,
    };
    uint8_t modrm = next_byte(r);

    insn->op = ops[opcode & 3];
    insn->cr = (uint8_t)(((modrm >> 3) & 7) | (p->rex & 4 ? 8 : 0));
    insn->reg = (uint8_t)((modrm & 7) | (p->rex & 1 ? 8 : 0));
}

static void decode_0f01(struct priv_insn *insn, struct reader *r)
{
    switch (next_byte(r)) {
    case 0xd1:
        insn->op = PRIV_XSETBV;
        break;
    case 0xf9:
        insn->op = PRIV_RDTSCP;
        break;
    default:
        break;
    }
}

static void decode_0f(struct priv_insn *insn, const struct prefixes *p, struct reader *r)
{
    uint8_t opcode = next_byte(r);

    switch (opcode) {
    case 0x01:
        decode_0f01(insn, r);
        break;
    case 0x06:
        insn->op = PRIV_CLTS;
        break;
    case 0x08:
    case 0x09:
        insn->op = PRIV_WBINVD;
        break;
    case 0x20 ... 0x23:
        decode_move(insn, opcode, p, r);
        break;
    case 0x30:
        insn->op = PRIV_WRMSR;
        break;
    case 0x31:
        insn->op = PRIV_RDTSC;
        break;
    case 0x32:
        insn->op = PRIV_RDMSR;
        break;
    case 0xa2:
        insn->op = PRIV_CPUID;
        break;
    default:
        break;
    }
}

static void decode_opcode(struct priv_insn *insn, uint8_t opcode, const struct prefixes *p,
                          enum code_size code, struct reader *r)
{
    unsigned int wide = (code == CODE16) != p->opsize ? 2 : 4;

    switch (opcode) {
    case 0x0f:
        decode_0f(insn, p, r);
        break;
    case 0x6c ... 0x6f:
    case 0xe4 ... 0xe7:
    case 0xec ... 0xef:
        decode_port(insn, opcode, wide, r);
        break;
    case 0xfa:
        insn->op = PRIV_CLI;
        break;
    case 0xfb:
        insn->op = PRIV_STI;
        break;
    default:
        break;
    }
}

void priv_decode(const uint8_t *bytes, unsigned int nr, enum code_size code,
                 struct priv_insn *insn)
{
    struct reader r = { .bytes = bytes, .nr = nr < PRIV_MAX_BYTES ? nr : PRIV_MAX_BYTES };
    struct prefixes p = { 0 };
    uint8_t opcode = read_prefixes(&r, code, &p);

    *insn = (struct priv_insn){ .op = PRIV_NONE, .rep = p.rep, .segment = p.segment };
    insn->addr_size = code == CODE64 ? (p.addrsize ? 4 : 8)
                                     : (code == CODE16) != p.addrsize ? 2 : 4;
    if (!r.short_of) {
        decode_opcode(insn, opcode, &p, code, &r);
    }
    if (r.short_of) {
        insn->op = PRIV_NONE;
    }
    insn->length = (uint8_t)r.at;
}

uint64_t *priv_reg(struct cpu_user_regs *regs, unsigned int i)
{
    switch (i & 15) {
    case 0:  return &regs->rax;
    case 1:  return &regs->rcx;
    case 2:  return &regs->rdx;
    case 3:  return &regs->rbx;
    case 4:  return &regs->rsp;
    case 5:  return &regs->rbp;
    case 6:  return &regs->rsi;
    case 7:  return &regs->rdi;
    case 8:  return &regs->r8;
    case 9:  return &regs->r9;
    case 10: return &regs->r10;
    case 11: return &regs->r11;
    case 12: return &regs->r12;
    case 13: return &regs->r13;
    case 14: return &regs->r14;
    default: return &regs->r15;
    }
}
