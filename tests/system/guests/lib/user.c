/* SPDX-License-Identifier: GPL-2.0-only */
/* User mode for the test guests: a second root table, in by the iret call, out by syscall. */
#include "guest.h"

static uint64_t user_root[512] PAGE_ALIGNED;
static char user_stack[PAGE_SIZE] PAGE_ALIGNED;
static char kernel_stack[4 * PAGE_SIZE] PAGE_ALIGNED;
uint64_t user_kernel_rsp;
extern char user_back[];

const unsigned long user_stack_top = (unsigned long)user_stack + sizeof(user_stack) - 64;
const unsigned long user_trap_stack_top = (unsigned long)kernel_stack + sizeof(kernel_stack);

/* The user root holds what the kernel root has in its last slot: the guest's whole image. */
bool user_init(void)
{
    long rc;

    user_root[511] = *pte_of((void *)VIRT_BASE, 4) & ~PTE_A;
    make_readonly(user_root);
    rc = mmuext_op(MMUEXT_PIN_L4_TABLE, mfn_of(user_root), 0);
    if (rc == 0) {
        rc = mmuext_op(MMUEXT_NEW_USER_BASEPTR, mfn_of(user_root), 0);
    }
    if (rc == 0) {
        rc = HYPERCALL_2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, user_trap_stack_top);
    }
    if (rc != 0) {
        guest_failure("a user root table is refused: %ld", rc);
    }
    return rc == 0;
}

/* In the trap hook: go back to the caller of user_run, in kernel mode. */
void user_leave(struct regs *regs)
{
    regs->rip = (unsigned long)user_back;
    regs->cs = FLAT_KERNEL_CS & ~3UL;
    regs->ss = FLAT_KERNEL_SS;
    regs->rsp = user_kernel_rsp;
    regs->rflags = 0x202;
}

void user_run(const void *code, unsigned long cs)
{
    asm volatile("push %%rbp\n"
                 "push %%rbx\n"
                 "mov %%rsp, user_kernel_rsp(%%rip)\n"
                 "pushq %[ss]\n"
                 "pushq user_stack_top(%%rip)\n"
                 "push $0x202\n"
                 "push %%rsi\n"
                 "push %%rdi\n"
                 "push $0\n"
                 "push %%rcx\n"
                 "push %%r11\n"
                 "push %%rax\n"
#ifdef GUEST_HYPERCALL_PAGE
                 "add $24, %%rsp\n"
                 "jmp hypercall_page + 23 * 32\n"
#else
                 "mov $23, %%eax\n"
                 "syscall\n"
#endif
                 ".globl user_back\n"
                 "user_back:\n"
                 "pop %%rbx\n"
                 "pop %%rbp\n"
                 : "+D"(code), "+S"(cs)
                 : [ss] "i"(FLAT_USER_SS)
                 : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                   "memory", "cc");
}
