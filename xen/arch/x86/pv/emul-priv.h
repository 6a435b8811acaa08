/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged instructions of PV guests: decoding as a pure function, and what carries them out. */
#ifndef PV_EMUL_PRIV_H
#define PV_EMUL_PRIV_H

#include <xen/types.h>

#include <asm/processor.h>

struct cpu_user_regs;
struct domain;
struct vcpu;

#define PRIV_MAX_BYTES  15

enum priv_op {
    PRIV_NONE,                  /* none of these */
    PRIV_IN, PRIV_OUT,          /* by register */
    PRIV_INS, PRIV_OUTS,        /* by string */
    PRIV_CLI, PRIV_STI, PRIV_CLTS, PRIV_WBINVD,
    PRIV_RDMSR, PRIV_WRMSR, PRIV_RDTSC, PRIV_RDTSCP, PRIV_CPUID, PRIV_XSETBV,
    PRIV_MOV_FROM_CR, PRIV_MOV_TO_CR, PRIV_MOV_FROM_DR, PRIV_MOV_TO_DR,
};

/* A code segment's kind: it decides default sizes and whether 0x40-0x4f are prefixes. */
enum code_size { CODE16, CODE32, CODE64 };

struct priv_insn {
    enum priv_op op;
    uint8_t length;             /* bytes */
    uint8_t size;               /* operand of port access: 1, 2, 4 */
    uint8_t addr_size;          /* of rcx, rsi, rdi in string forms: 2, 4, 8 */
    bool rep;
    bool port_in_dx;            /* else `port` */
    uint8_t port;
    uint8_t segment;            /* string source: 0 ds, else the prefix byte (0x26 ...) */
    uint8_t reg;                /* general register of moves, 0-15 */
    uint8_t cr;                 /* control or debug register number, 0-15 */
};

/*
 * priv_decode - decode one instruction of @nr bytes at most; op is PRIV_NONE if it is none of the
 * above or is cut off.
 */
void priv_decode(const uint8_t *bytes, unsigned int nr, enum code_size code,
                 struct priv_insn *insn);
/* priv_reg - general register @i (0 rax, 1 rcx, 2 rdx, 3 rbx, 4 rsp ... 15 r15) of a frame. */
uint64_t *priv_reg(struct cpu_user_regs *regs, unsigned int i);

/* --- Ports (emul-io.c) --------------------------------------------------- */

/*
 * absent_port_read - what a guest that is not dom0 reads at ports it has no right to: all ones,
 * but that timer channel 2 has run out: its count, port 0x42, is 0 and its output, in port 0x61,
 * high.  Linux measures its clock by waiting for that count to leave 0xff, 100,000 reads long.
 */
uint32_t absent_port_read(unsigned int port, unsigned int size);
/*
 * guest_io_read / guest_io_write - an access of @size bytes by @d, once it was found to be allowed
 * by the guest's own rules.  Ports @d has no right to read as absent_port_read() says, dom0's as
 * all ones; writes go nowhere.
 */
uint32_t guest_io_read(struct domain *d, unsigned int port, unsigned int size);
void guest_io_write(struct domain *d, unsigned int port, unsigned int size, uint32_t value);
/*
 * guest_io_allowed - may the present mode of current @v touch [port, port + size) at all: by its
 * virtual I/O privilege level, else by the I/O bitmap it registered.
 */
bool guest_io_allowed(struct vcpu *v, unsigned int port, unsigned int size);

/* --- MSRs (msr.c) -------------------------------------------------------- */

/* False: #GP is due. */
bool pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
bool pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);

#endif /* PV_EMUL_PRIV_H */
