/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls, instructions and stores that spare nothing, the guest itself least of all. */
#include "fuzz.h"

char wild_stack[4 * PAGE_SIZE] PAGE_ALIGNED;
unsigned long wild_left;

static void wild_traps(void)
{
    static struct trap_info table[8];

    for (unsigned int i = 0; i < 7; i++) {
        table[i] = (struct trap_info){ .vector = (uint8_t)pick(32), .flags = (uint8_t)noise(),
                                       .cs = one_in(2) ? FLAT_KERNEL_CS : (uint16_t)noise(),
                                       .address = one_in(2) ? TRAP_STUB(14) : any_value() };
    }
    (void)HYPERCALL_1(__HYPERVISOR_set_trap_table, table);
}

static void wild_instruction(void)
{
    unsigned long trapped;

    switch (pick(8)) {
    case 0:
        TRY_ASM(trapped, "wrmsr", , "c"((uint32_t)any_value()) COMMA "d"((uint32_t)noise()));
        break;
    case 1:
        TRY_ASM(trapped, "rdmsr", , "c"(0xc0000080u + pick(8)), "rdx");
        break;
    case 2:
        TRY_ASM(trapped, "out %%al, (%%dx)", , "d"(pick(0x10000)));
        break;
    case 3:
        TRY_ASM(trapped, "mov %[value], %%cr4", , [value] "r"(any_value()));
        break;
    case 4:
        TRY_ASM(trapped, "mov %[value], %%cr3", , [value] "r"(pool_mfn[table_of(4)] << 12));
        break;
    case 5:
        TRY_ASM(trapped, "mov %[value], %%gs", , [value] "r"(any_value()));
        break;
    case 6:
        TRY_ASM(trapped, "int $0x80", , "d"(0));
        break;
    default:
        TRY_ASM(trapped, "ud2", , "d"(0));
        break;
    }
}

/* Any number, any words: iret with whatever lies on the stack among them. */
static void wild_call(void)
{
    (void)hypercall(pick(64), any_value(), one_in(2) ? (unsigned long)args[0].page : any_value(),
                    any_value(), any_value(), any_value());
}

void wild_loop(void)
{
    while (wild_left-- > 0) {
        switch (pick(8)) {
        case 0:
            wild_traps();
            break;
        case 1:
            wild_instruction();
            break;
        case 2:
            wild_call();
            break;
        case 3:
            (void)try_write((uint64_t *)(VIRT_BASE + 0x100000 + pick(1u << 17) * 8UL),
                            any_value());
            break;
        default:
            step();
            break;
        }
    }
    guest_exit();
}
