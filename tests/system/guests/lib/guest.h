/* SPDX-License-Identifier: GPL-2.0-only */
/* What a small test guest has: hypercalls, console, traps, page tables, its verdict. */
#ifndef XYLEM_TESTS_GUEST_H
#define XYLEM_TESTS_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_TOOLS__ 1
#include <public/xen.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <public/callback.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/domctl.h>
#include <public/sysctl.h>

#define VIRT_BASE  0xffffffff80000000UL
#define PAGE_SIZE  4096UL
#define PAGE_ALIGNED __attribute__((aligned(4096)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Errno values of the ABI (positive here; calls return them negated). */
enum {
    E_PERM = 1, E_NOENT = 2, E_SRCH = 3, E_INTR = 4, E_IO = 5, E_NXIO = 6, E_2BIG = 7, E_BADF = 9,
    E_AGAIN = 11, E_NOMEM = 12, E_ACCES = 13, E_FAULT = 14, E_BUSY = 16, E_EXIST = 17,
    E_NODEV = 19, E_INVAL = 22, E_NOSPC = 28, E_NOSYS = 38, E_OPNOTSUPP = 95, E_TIME = 62,
    E_ISCONN = 106,
};

/*
 * Each guest defines these: its name, and its work.  The guest ends when test_main returns; the
 * worst verdict given meanwhile wins (SUCCESS if none).
 */
extern const char test_name[];
void test_main(void);

/* Verdicts: ERROR blames the test or its surroundings, FAILURE the hypervisor. */
void guest_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
void guest_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void guest_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));
void guest_exit(void) __attribute__((noreturn));

/* FAILURE with the place unless COND holds; the test goes on. */
#define EXPECT(cond)                                                                               \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            guest_failure("%s:%d: %s", __FILE__, __LINE__, #cond);                                 \
        }                                                                                          \
    } while (0)

/* FAILURE unless the call gives the value; both are printed. */
#define EXPECT_EQ(call, value)                                                                     \
    do {                                                                                           \
        long expect_got = (long)(call), expect_want = (long)(value);                               \
        if (expect_got != expect_want) {                                                           \
            guest_failure("%s:%d: %s is %ld (%#lx), not %ld (%#lx)", __FILE__, __LINE__, #call,    \
                          expect_got, expect_got, expect_want, expect_want);                       \
        }                                                                                          \
    } while (0)

/* guest_now - system time in ns, as the first vcpu's clock gives it. */
uint64_t guest_now(void);
void guest_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int guest_vsnprintf(char *out, size_t size, const char *format, va_list args);
int guest_snprintf(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
/* Is WORD one of the words of the guest's command line? */
bool guest_option(const char *word);

extern struct start_info *start_info;
extern struct shared_info *shared_info;     /* mapped by guest_start */
bool guest_is_dom0(void);

/* Hypercalls, by direct syscall or through the hypercall page as the guest was built. */
static inline long hypercall(unsigned long nr, unsigned long a1, unsigned long a2,
                             unsigned long a3, unsigned long a4, unsigned long a5)
{
    register unsigned long r10 asm("r10") = a4;
    register unsigned long r8 asm("r8") = a5;
    long result;

#ifdef GUEST_HYPERCALL_PAGE
    extern char hypercall_page[];
    unsigned long stub = (unsigned long)hypercall_page + nr * 32;

    asm volatile("call *%[stub]"
                 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                 : [stub] "b"(stub) : "rcx", "r11", "memory");
#else
    asm volatile("syscall"
                 : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                 : "0"(nr) : "rcx", "r11", "memory");
#endif
    return result;
}

#define HYPERCALL_0(nr)                hypercall(nr, 0, 0, 0, 0, 0)
#define HYPERCALL_1(nr, a)             hypercall(nr, (unsigned long)(a), 0, 0, 0, 0)
#define HYPERCALL_2(nr, a, b) \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), 0, 0, 0)
#define HYPERCALL_3(nr, a, b, c)                                                                   \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), 0, 0)
#define HYPERCALL_4(nr, a, b, c, d)                                                                \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), (unsigned long)(d), 0)

static inline long memory_op(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_memory_op, cmd, arg);
}

static inline long event_op(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static inline long grant_op(unsigned int cmd, void *arg, unsigned int count)
{
    return HYPERCALL_3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static inline long sched_op(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_sched_op, cmd, arg);
}

static inline long xen_version(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_xen_version, cmd, arg);
}

static inline long mmu_update(struct mmu_update *list, unsigned int count, unsigned int *done)
{
    return HYPERCALL_4(__HYPERVISOR_mmu_update, list, count, done, DOMID_SELF);
}

static inline long update_va_mapping(const void *va, uint64_t pte, unsigned long flags)
{
    return HYPERCALL_3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

/* One mmuext operation; MFN and LINEAR are put where the command reads them. */
long mmuext_op(unsigned int cmd, unsigned long arg1, unsigned long arg2);
long domctl(struct xen_domctl *op);         /* fills in the interface version */
long sysctl(struct xen_sysctl *op);

/* Page tables.  A VA here lies in the initial mapping (image, BSS, bootstrap area). */
#define PTE_P   0x001UL
#define PTE_RW  0x002UL
#define PTE_US  0x004UL
#define PTE_A   0x020UL
#define PTE_D   0x040UL
#define PTE_PSE 0x080UL
#define PTE_NX  (1UL << 63)
#define PTE_ADDR 0x000ffffffffff000UL
#define PTE_RWP (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_ROP (PTE_P | PTE_US | PTE_A)

unsigned long va_to_pfn(const void *va);
void *pfn_to_va(unsigned long pfn);
unsigned long mfn_of(const void *va);       /* by the p2m list */
void *mfn_to_va(unsigned long mfn);         /* by the M2P; only for frames of our own */
/* The entry that maps VA at LEVEL (1 is a PTE), as a readable address; NULL if there is none. */
volatile uint64_t *pte_of(const void *va, unsigned int level);
uint64_t pte_maddr(const void *va, unsigned int level);
/* Remap a page of our own; ERROR verdict if refused. */
void make_readonly(const void *va);
void make_writable(const void *va);

/* Traps. */
struct regs {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};
#define TRAP_EVENT     0x100
#define TRAP_FAILSAFE  0x101
#define TRAP_SYSCALL   0x102
#define TRAP_SYSCALL32 0x103
extern struct regs last_trap;               /* copy of the last frame that came in */
extern uint64_t last_cr2;                   /* vcpu_info's fault address then */
extern unsigned long trap_count;
extern uint64_t failsafe_selectors[4];      /* ds es fs gs of the last failsafe frame */
/* Called before anything else; true: handled, go back to regs->rip. */
extern bool (*trap_hook)(struct regs *regs);
extern char trap_stubs[], event_stub[], failsafe_stub[], syscall_stub[], syscall32_stub[];
extern char trap_return[];
#define TRAP_STUB(n) ((unsigned long)trap_stubs + (n) * 32)
/* Install our stubs for all vectors, with DPL and flags as the arrays of guest_start. */
void guest_traps_init(void);

/*
 * Run one instruction (text) that may fault.  TRAPPED (unsigned long) becomes 0, or 0x1000 plus
 * the vector.  OUTS and INS are asm operands beyond rax; the instruction may not use rax.
 */
#define TRY_ASM(trapped, insn, outs, ins, ...)                                                     \
    asm volatile("xor %%eax, %%eax\n"                                                              \
                 "1: " insn "\n"                                                                   \
                 "2:\n"                                                                            \
                 ".pushsection .extable, \"a\"\n"                                                  \
                 ".quad 1b, 2b\n"                                                                  \
                 ".popsection\n"                                                                   \
                 : "=&a"(trapped) outs : ins : "memory", "cc", ##__VA_ARGS__)
#define COMMA ,

/* User mode.  user_run() executes CODE there until a trap's hook calls user_leave(). */
bool user_init(void);
void user_run(const void *code, unsigned long cs);
void user_leave(struct regs *regs);
extern const unsigned long user_stack_top, user_trap_stack_top;
extern uint64_t user_kernel_rsp;

/* 0, or 0x1000 plus the vector of the trap that the access took. */
unsigned long try_read(const volatile void *va, uint64_t *value);
unsigned long try_write(volatile void *va, uint64_t value);
unsigned long try_exec(const void *va);
#define TRAPPED(vector) (0x1000UL + (vector))

/*
 * Markers for benchmarks: an instruction that does nothing, which a QEMU plugin recognises.
 * A marker's number is in its address operand.
 */
#define MARKER(n) asm volatile("nopl 0x5859" #n "(%%rax)" : : : "memory")

#endif
