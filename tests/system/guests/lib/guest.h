/* SPDX-License-Identifier: GPL-2.0-only */
/* What a small test guest has: hypercalls, console, traps, page tables, its verdict. */
#ifndef XYLEM_TESTS_GUEST_H
#define XYLEM_TESTS_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_TOOLS__ 1
#include <public/errno.h>
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

#include <stub/domain.h>
#include <stub/evtchn.h>
#include <stub/frames.h>
#include <stub/hypercall.h>
#include <stub/print.h>
#include <stub/trap.h>

/* Errno values of the ABI (positive here; calls return them negated). */
enum {
    E_PERM = XEN_EPERM, E_NOENT = XEN_ENOENT, E_SRCH = XEN_ESRCH, E_IO = XEN_EIO,
    E_NXIO = XEN_ENXIO, E_2BIG = XEN_E2BIG, E_BADF = XEN_EBADF,
    E_AGAIN = XEN_EAGAIN, E_NOMEM = XEN_ENOMEM, E_ACCES = XEN_EACCES, E_FAULT = XEN_EFAULT,
    E_BUSY = XEN_EBUSY, E_EXIST = XEN_EEXIST, E_NODEV = XEN_ENODEV, E_INVAL = XEN_EINVAL,
    E_NOSPC = XEN_ENOSPC, E_NOSYS = XEN_ENOSYS, E_OPNOTSUPP = XEN_EOPNOTSUPP, E_TIME = XEN_ETIME,
    E_ISCONN = XEN_EISCONN, E_RANGE = XEN_ERANGE, E_NOBUFS = XEN_ENOBUFS,
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
/* Wait until what was printed has been taken: before the ring is put at risk. */
void guest_drain(void);

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
/* Is WORD one of the words of the guest's command line? */
bool guest_option(const char *word);

bool guest_is_dom0(void);

long domctl(struct xen_domctl *op);         /* fills in the interface version */
long sysctl(struct xen_sysctl *op);

/* Page tables.  A VA here lies in the initial mapping (image, BSS, bootstrap area). */
#define PTE_RWP (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_ROP (PTE_P | PTE_US | PTE_A)

/* The entry that maps VA at LEVEL (1 is a PTE), as a readable address; NULL if there is none. */
volatile uint64_t *pte_of(const void *va, unsigned int level);
uint64_t pte_maddr(const void *va, unsigned int level);
/* Remap a page of our own; ERROR verdict if refused. */
void make_readonly(const void *va);
void make_writable(const void *va);

/* Traps. */
#define TRAP_EVENT     0x100
#define TRAP_FAILSAFE  0x101
#define TRAP_SYSCALL   0x102
#define TRAP_SYSCALL32 0x103
extern struct regs last_trap;               /* copy of the last frame that came in */
extern uint64_t last_cr2;                   /* vcpu_info's fault address then */
extern unsigned long trap_count;
extern uint64_t failsafe_selectors[4];      /* ds es fs gs of the last failsafe frame */
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
