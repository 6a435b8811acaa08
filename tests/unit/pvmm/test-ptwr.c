/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated page-table stores: the decoder against this machine's own processor, then against
 * attacks.
 */
#include <sys/mman.h>

#include "guest.h"

#include "../../../xen/arch/x86/emulate/pte-write.h"

/* --- Against the processor ---------------------------------------------------------------- */

struct state {
    uint64_t rax, rcx, rdi, rsi, rflags;
};

static uint8_t *code;

/* Run one instruction natively on @s. */
static void run_native(const uint8_t *insn, unsigned int n, struct state *s)
{
    static const uint8_t before[] = {
        0x53, 0x48, 0x89, 0xfb,             /* push rbx; mov rbx, rdi */
        0xff, 0x73, 0x20, 0x9d,             /* push [rbx + 32]; popf */
        0x48, 0x8b, 0x03, 0x48, 0x8b, 0x4b, 0x08,
        0x48, 0x8b, 0x7b, 0x10, 0x48, 0x8b, 0x73, 0x18,
    };
    static const uint8_t after[] = {
        0x9c, 0x48, 0x89, 0x03, 0x48, 0x89, 0x4b, 0x08, /* pushf; rax and rcx back */
        0x8f, 0x43, 0x20, 0x5b, 0xc3,                   /* pop [rbx + 32]; pop rbx; ret */
    };

    memcpy(code, before, sizeof(before));
    memcpy(code + sizeof(before), insn, n);
    memcpy(code + sizeof(before) + n, after, sizeof(after));
    ((void (*)(struct state *))(void *)code)(s);
}

static uint64_t seed = 88172645463325252UL;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> (seed & 3) * 8) ^ (seed << 32);
}

/* An opcode, how it is followed, and flags it leaves undefined. */
static const struct form {
    uint8_t bytes[2];
    uint8_t nr;
    uint8_t ext;                /* reg field, 8: a register operand */
    uint8_t imm;                /* 0 none, 1 byte, 4 operand size (at most 4), 5: bit number */
    uint64_t undefined;
} forms[] = {
    { { 0x88 }, 1, 8, 0, 0 }, { { 0x89 }, 1, 8, 0, 0 },
    { { 0xc6 }, 1, 0, 1, 0 }, { { 0xc7 }, 1, 0, 4, 0 },
    { { 0x86 }, 1, 8, 0, 0 }, { { 0x87 }, 1, 8, 0, 0 },
    { { 0x00 }, 1, 8, 0, 0 }, { { 0x01 }, 1, 8, 0, 0 },
    { { 0x08 }, 1, 8, 0, 0x10 }, { { 0x09 }, 1, 8, 0, 0x10 },
    { { 0x10 }, 1, 8, 0, 0 }, { { 0x11 }, 1, 8, 0, 0 },
    { { 0x18 }, 1, 8, 0, 0 }, { { 0x19 }, 1, 8, 0, 0 },
    { { 0x20 }, 1, 8, 0, 0x10 }, { { 0x21 }, 1, 8, 0, 0x10 },
    { { 0x28 }, 1, 8, 0, 0 }, { { 0x29 }, 1, 8, 0, 0 },
    { { 0x30 }, 1, 8, 0, 0x10 }, { { 0x31 }, 1, 8, 0, 0x10 },
    { { 0x80 }, 1, 0, 1, 0 }, { { 0x80 }, 1, 1, 1, 0x10 }, { { 0x80 }, 1, 2, 1, 0 },
    { { 0x80 }, 1, 3, 1, 0 }, { { 0x80 }, 1, 4, 1, 0x10 }, { { 0x80 }, 1, 5, 1, 0 },
    { { 0x80 }, 1, 6, 1, 0x10 },
    { { 0x81 }, 1, 0, 4, 0 }, { { 0x81 }, 1, 4, 4, 0x10 }, { { 0x81 }, 1, 5, 4, 0 },
    { { 0x83 }, 1, 1, 1, 0x10 }, { { 0x83 }, 1, 2, 1, 0 }, { { 0x83 }, 1, 3, 1, 0 },
    { { 0x83 }, 1, 6, 1, 0x10 },
    { { 0xf6 }, 1, 2, 0, 0 }, { { 0xf7 }, 1, 2, 0, 0 }, { { 0xf6 }, 1, 3, 0, 0 },
    { { 0xf7 }, 1, 3, 0, 0 },
    { { 0xfe }, 1, 0, 0, 0 }, { { 0xff }, 1, 0, 0, 0 }, { { 0xfe }, 1, 1, 0, 0 },
    { { 0xff }, 1, 1, 0, 0 },
    { { 0x0f, 0xb0 }, 2, 8, 0, 0 }, { { 0x0f, 0xb1 }, 2, 8, 0, 0 },
    { { 0x0f, 0xc0 }, 2, 8, 0, 0 }, { { 0x0f, 0xc1 }, 2, 8, 0, 0 },
    { { 0x0f, 0xab }, 2, 8, 0, 0x894 }, { { 0x0f, 0xb3 }, 2, 8, 0, 0x894 },
    { { 0x0f, 0xbb }, 2, 8, 0, 0x894 },
    { { 0x0f, 0xba }, 2, 5, 5, 0x894 }, { { 0x0f, 0xba }, 2, 6, 5, 0x894 },
    { { 0x0f, 0xba }, 2, 7, 5, 0x894 },
};

static unsigned int encode(const struct form *f, uint8_t *insn, unsigned int prefix,
                           unsigned int mode,
                           bool high_byte)
{
    unsigned int n = 0, reg = f->ext == 8 ? (high_byte ? 5 : 1) : f->ext;
    bool byte_op = !(f->bytes[f->nr - 1] & 1) && f->imm != 5;

    if (prefix & 1) {
        insn[n++] = 0x66;
    }
    if (prefix & 2) {
        insn[n++] = (prefix & 4) ? 0x48 : 0x40;
    }
    for (unsigned int i = 0; i < f->nr; i++) {
        insn[n++] = f->bytes[i];
    }
    switch (mode) {
    case 0:
        insn[n++] = (uint8_t)(reg << 3 | 7);                /* [rdi] */
        break;
    case 1:
        insn[n++] = (uint8_t)(0x40 | reg << 3 | 7);         /* [rdi + 8] */
        insn[n++] = 8;
        break;
    case 2:
        insn[n++] = (uint8_t)(0x80 | reg << 3 | 7);         /* [rdi - 16] */
        insn[n++] = 0xf0, insn[n++] = 0xff, insn[n++] = 0xff, insn[n++] = 0xff;
        break;
    default:
        insn[n++] = (uint8_t)(reg << 3 | 4);                /* [rdi + rsi * 8] */
        insn[n++] = 0xf7;
        break;
    }
    if (f->imm == 1 || f->imm == 5) {
        insn[n++] = (uint8_t)rnd();
    } else if (f->imm == 4) {
        unsigned int size = byte_op ? 1 : (prefix & 4) && (prefix & 2) ? 4 : prefix & 1 ? 2 : 4;

        while (size-- > 0) {
            insn[n++] = (uint8_t)rnd();
        }
    }
    return n;
}

/* True if both agree. */
static bool compare(const struct form *f, const uint8_t *insn, unsigned int n, uint64_t mask_rcx)
{
    uint64_t memory[64], before[64], new, old = 0;
    struct state s = { .rsi = 2, .rflags = 0x202 };
    struct cpu_user_regs regs = { .rip = 0x1000 };
    struct ptw_insn p;
    uint8_t *at;
    uint64_t care = 0x8d5 & ~f->undefined;

    for (unsigned int i = 0; i < 64; i++) {
        memory[i] = before[i] = rnd();
    }
    s.rax = rnd();
    s.rcx = rnd();
    if (mask_rcx) {
        s.rcx = (uint64_t)((int64_t)(rnd() % 1024) - 512);      /* a bit not too far away */
    }
    s.rdi = (uint64_t)&memory[32];
    if ((rnd() & 3) == 0) {
        memory[32] = memory[33] = memory[30] = memory[34] = before[32] = before[33] = before[30] =
            before[34] = s.rax;                                 /* for CMPXCHG to succeed */
    }
    s.rflags |= rnd() & 0x8d5;
    regs.rax = s.rax, regs.rcx = s.rcx, regs.rdi = s.rdi, regs.rsi = s.rsi, regs.rflags = s.rflags;
    run_native(insn, n, &s);
    if (!ptw_decode(insn, n, &regs, &p) || p.length != n) {
        return false;
    }
    at = (uint8_t *)before + (p.addr - (unsigned long)memory);
    memcpy(&old, at, p.size);
    if (ptw_execute(&p, old, &new, &regs)) {
        memcpy(at, &new, p.size);
    }
    return memcmp(memory, before, sizeof(memory)) == 0 && regs.rax == s.rax && regs.rcx == s.rcx &&
           ((regs.rflags ^ s.rflags) & care) == 0;
}

TEST(agrees_with_the_processor)
{
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct form *f = &forms[i];
        bool bits = f->undefined == 0x894 && f->imm == 0;

        for (unsigned int round = 0; round < 600; round++) {
            unsigned int prefix = round & 7, mode = (round >> 3) & 3;
            bool high = f->ext == 8 && !(f->bytes[f->nr - 1] & 1) && !(prefix & 2) && (round & 32);
            uint8_t insn[16];
            unsigned int n = encode(f, insn, prefix, mode, high);

            if (!compare(f, insn, n, bits)) {
                char why[100];

                snprintf(why, sizeof(why), "form %02x %02x /%u, prefixes %u, mode %u, round %u",
                         f->bytes[0],
                         f->bytes[1], f->ext, prefix, mode, round);
                unit_fail(__FILE__, __LINE__, why);
                return;
            }
        }
    }
    munmap(code, 4096);
}

TEST(decodes_only_what_writes)
{
    static const struct {
        uint8_t bytes[12];
        uint8_t nr;
    } no[] = {
        { { 0x8b, 0x07 }, 2 }, { { 0x89, 0xc7 }, 2 },           /* load; register form */
        { { 0x80, 0x3f, 0 }, 3 }, { { 0x39, 0x07 }, 2 },        /* cmp */
        { { 0x0f, 0xba, 0x27, 1 }, 4 }, { { 0x0f, 0xa3, 0x07 }, 3 },    /* bt */
        { { 0x64, 0x89, 0x07 }, 3 }, { { 0x65, 0x89, 0x07 }, 3 },       /* fs:, gs: */
        { { 0x67, 0x89, 0x07 }, 3 }, { { 0xf3, 0x89, 0x07 }, 3 },
        { { 0xff, 0x37 }, 2 }, { { 0xff, 0x17 }, 2 },           /* push, call */
        { { 0xc7, 0x0f, 1, 2, 3, 4 }, 6 },                      /* /1 */
        { { 0x38, 0x07 }, 2 }, { { 0x0f, 0x0b }, 2 }, { { 0xf4 }, 1 }, { { 0x90 }, 1 },
        { { 0x0f, 0xc7, 0x0f }, 3 },                            /* cmpxchg8b */
    };
    static const uint8_t yes[] = { 0xf0, 0x48, 0x81, 0x8c, 0xf7, 0x78, 0x56, 0x34, 0x12, 1, 2, 3,
                                   4 };
    struct cpu_user_regs regs = { .rdi = 0x1000, .rsi = 2, .rip = 0x5000 };
    static const uint8_t rip[] = { 0x48, 0x89, 0x05, 0x10, 0, 0, 0 };
    struct ptw_insn p;

    for (unsigned int i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        CHECK(!ptw_decode(no[i].bytes, no[i].nr, &regs, &p));
    }
    for (unsigned int n = 0; n < sizeof(yes); n++) {
        CHECK(!ptw_decode(yes, n, &regs, &p));                  /* cut off */
    }
    CHECK(ptw_decode(yes, sizeof(yes), &regs, &p));
    CHECK_EQ(p.addr, 0x1000 + 16 + 0x12345678);
    CHECK(p.op == PTW_OR && p.size == 8 && p.value == 0x04030201);
    CHECK(ptw_decode(rip, sizeof(rip), &regs, &p));
    CHECK_EQ(p.addr, 0x5000 + 7 + 0x10);
}

TEST(decoder_survives_noise)
{
    for (unsigned int i = 0; i < 300000; i++) {
        struct cpu_user_regs regs = { .rip = rnd(), .rax = rnd(), .rdi = rnd(), .rflags = rnd() };
        uint64_t words[2] = { rnd(), rnd() }, new;
        struct ptw_insn p;
        uint8_t *bytes = malloc(16);

        memcpy(bytes, words, 16);
        if (ptw_decode(bytes, i % 17, &regs, &p)) {
            CHECK(p.size == 1 || p.size == 2 || p.size == 4 || p.size == 8);
            CHECK(p.length <= PTW_MAX_BYTES);
            (void)ptw_execute(&p, rnd() & (p.size == 8 ? ~0UL : (1UL << (8 * p.size)) - 1), &new,
                              &regs);
        }
        free(bytes);
    }
}

/* --- The fault ------------------------------------------------------------------------------ */

#define EC_STORE 7u             /* present, write, user (the guest's kernel runs at CPL 3) */

static struct guest g, h;
static uint8_t text[64];

static struct cpu_user_regs fault_regs(const uint8_t *insn, unsigned int n, unsigned long va)
{
    struct cpu_user_regs regs = { .rip = (unsigned long)text, .rdi = va, .rflags = 0x202 };

    memset(text, 0x90, sizeof(text));
    memcpy(text, insn, n);
    return regs;
}

/* The L1 is mapped read-only at VA(100), as Linux has it. */
static bool start(void)
{
    shim_reset();
    return guest_start(&g, 0) &&
           do_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables) == 0 &&
           mmu_set(slot_ma(g.l1, 100), entry(g.l1, READ_ONLY)) == 0;
}

static const uint8_t mov_rax[] = { 0x48, 0x89, 0x07 };
static const uint8_t and_byte[] = { 0xf0, 0x80, 0x27, 0xfd };  /* lock andb $~RW, (%rdi) */
static const uint8_t xchg_rax[] = { 0x48, 0x87, 0x07 };
static const uint8_t btr_5[] = { 0xf0, 0x48, 0x0f, 0xba, 0x37, 0x05 };

TEST(linux_stores)
{
    struct cpu_user_regs r;

    CHECK(start());
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(100) + 5 * 8);
    r.rax = entry(g.page[4], KERNEL);
    CHECK(pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK_EQ(r.rip, (unsigned long)text + 3);
    CHECK_EQ(types(g.page[4]), 1);
    AUDIT();
    shim_page(g.l1)[5] |= PTE_D;
    r = fault_regs(and_byte, sizeof(and_byte), VA(100) + 5 * 8);
    CHECK(pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK_EQ(shim_page(g.l1)[5] & (PTE_P | PTE_RW | PTE_D), PTE_P | PTE_D);
    CHECK_EQ(types(g.page[4]), 0);
    AUDIT();
    r = fault_regs(btr_5, sizeof(btr_5), VA(100) + 5 * 8);
    CHECK(pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK(r.rflags & 1);
    CHECK_EQ(shim_page(g.l1)[5] & PTE_A, 0);
    AUDIT();
    r = fault_regs(xchg_rax, sizeof(xchg_rax), VA(100) + 5 * 8);
    CHECK(pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK_EQ(pte_mfn(r.rax).mfn, mfn_x(g.page[4]));
    CHECK_EQ(shim_page(g.l1)[5], 0);
    CHECK_EQ(refs(g.page[4]), 1);
    AUDIT();
    CHECK_EQ(shim_injected, 0);
}

TEST(single_step_is_reported)
{
    struct cpu_user_regs r;

    CHECK(start());
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(100));
    r.rflags |= 0x100;
    CHECK(pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK_EQ(shim_injected, 1);
    CHECK_EQ(shim_vector, X86_TRAP_DB);
    CHECK(current->arch.dr6 & 0x4000);
}

TEST(refused_stores_are_the_guests_own_fault)
{
    static const uint8_t nop[] = { 0x90 };
    static const uint8_t mov32[] = { 0x89, 0x07 };
    struct cpu_user_regs r, was;

    CHECK(start());
    r = was = fault_regs(mov_rax, sizeof(mov_rax), VA(100) + 6 * 8);
    r.rax = entry(g.l1, KERNEL);                        /* a writable mapping of the table */
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK_EQ(r.rip, was.rip);
    CHECK_EQ(shim_page(g.l1)[6], 0);
    CHECK(!pv_page_fault(&r, r.rdi + 4, EC_STORE));     /* not the address that faulted */
    r.rdi += 4;
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));         /* straddles entries */
    r = fault_regs(nop, 1, VA(100));
    CHECK(!pv_page_fault(&r, VA(100), EC_STORE));
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(0));    /* writable: nothing to emulate */
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 101), entry(g.l2, READ_ONLY)), 0);
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(101));  /* only L1 tables */
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(200));  /* not mapped */
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    r = fault_regs(mov_rax, sizeof(mov_rax), HV_VIRT_START);
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    r = fault_regs(mov32, sizeof(mov32), VA(100) + 6 * 8);      /* half an entry */
    r.rax = 0x77;
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));         /* frame 0 is not the guest's */
    r.rax = 0x76;
    CHECK(pv_page_fault(&r, r.rdi, EC_STORE));
    CHECK_EQ(shim_page(g.l1)[6], 0x76);
    AUDIT();
    /* From user mode, without the assist, or with the instruction out of reach. */
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(100));
    current->arch.flags = 0;
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    current->arch.flags = TF_KERNEL_MODE;
    shim_fail_start = (unsigned long)text;
    shim_fail_end = shim_fail_start + 1;
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    shim_fail_end = 0;
    CHECK(pv_page_fault(&r, r.rdi, EC_STORE));
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(100));
    CHECK_EQ(do_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    AUDIT();
}

TEST(another_domains_table_is_not_written)
{
    struct cpu_user_regs r;
    struct mmu_update u;

    shim_reset();
    CHECK(guest_start(&h, 2));
    CHECK(guest_start(&g, 0));
    CHECK_EQ(do_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    u = (struct mmu_update){ slot_ma(g.l1, 100), entry(h.l1, READ_ONLY) };
    CHECK_EQ(mmu_batch(&u, 1, NULL, 2), 0);
    r = fault_regs(mov_rax, sizeof(mov_rax), VA(100));
    CHECK(!pv_page_fault(&r, r.rdi, EC_STORE));
    AUDIT();
}

TEST_MAIN
