/* SPDX-License-Identifier: GPL-2.0-only */
/* One call of the firmware at a time, in its own page table; its faults end the call. */
#include "private.h"

#include <xen/debug-hooks.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/spinlock.h>

#include <asm/cpu-state.h>
#include <asm/image.h>
#include <asm/processor.h>
#include <asm/time.h>
#include <asm/traps.h>

static const char *const names[EFI_NR_SERVICES] = {
    [EFI_GET_TIME] = "GetTime", [EFI_SET_TIME] = "SetTime",
    [EFI_GET_WAKEUP_TIME] = "GetWakeupTime", [EFI_SET_WAKEUP_TIME] = "SetWakeupTime",
    [EFI_GET_VARIABLE] = "GetVariable", [EFI_GET_NEXT_VARIABLE_NAME] = "GetNextVariableName",
    [EFI_SET_VARIABLE] = "SetVariable",
    [EFI_GET_NEXT_HIGH_MONOTONIC_COUNT] = "GetNextHighMonotonicCount",
    [EFI_QUERY_VARIABLE_INFO] = "QueryVariableInfo",
};

static spinlock_t efi_lock = SPINLOCK_INIT(LOCK_EFI);
static uint64_t service_at[EFI_NR_SERVICES] __ro_after_init;   /* 0: there is none */
static mfn_t efi_root __ro_after_init;
static enum efi_service running;                /* [efi_lock] */
static bool faulted;                            /* [efi_lock] for good */
/* The stack pointer of efi_left while this CPU is in the firmware, or 0. */
static DEFINE_PER_CPU(unsigned long, left_sp);

#ifdef CONFIG_DEBUG
#define NOWHERE 0x10UL                          /* no firmware has its code in page 0 */
static bool astray;

void arch_efi_lead_astray(void)
{
    astray = true;
}

static uint64_t function_of(enum efi_service service)
{
    return astray ? NOWHERE : service_at[service];
}
#else
static uint64_t function_of(enum efi_service service)
{
    return service_at[service];
}
#endif

void __init efi_call_init(const struct efi_services *services, mfn_t root)
{
    memcpy(service_at, services->service, sizeof(service_at));
    efi_root = root;
}

/* Services for the clock use the CMOS ports as Xylem does. */
static bool is_about_time(enum efi_service service)
{
    return service <= EFI_SET_WAKEUP_TIME;
}

/* The firmware finds the FPU as its convention says (UEFI 2.3.4), and the vcpu as it left it. */
static uint64_t run(enum efi_service service, const uint64_t args[EFI_MAX_ARGS])
{
    static const uint32_t mxcsr = 0x1f80;
    struct vcpu *v = current;
    uint64_t cr3 = read_cr3(), status;

    fpu_save(v);
    asm volatile ("fninit; ldmxcsr %0" :: "m" (mxcsr));
    write_cr3(mfn_x(efi_root) << PAGE_SHIFT);
    status = efi_enter(function_of(service), args, &this_cpu(left_sp));
    this_cpu(left_sp) = 0;
    write_cr3(cr3);
    fpu_restore(v);
    if (v->arch.ctrlreg0 & X86_CR0_TS) {
        write_cr0(read_cr0() | X86_CR0_TS);
    }
    return status;
}

int efi_call(enum efi_service service, const uint64_t args[EFI_MAX_ARGS], uint64_t *status)
{
    unsigned long flags;
    int rc = -EIO;

    if (service_at[service] == 0) {
        return -ENOSYS;
    }
    spin_lock(&efi_lock);
    if (!faulted) {
        running = service;
        if (is_about_time(service)) {
            flags = cmos_lock_irqsave();
            *status = run(service, args);
            cmos_unlock_irqrestore(flags);
        } else {
            *status = run(service, args);
        }
        rc = faulted ? -EIO : 0;
    }
    spin_unlock(&efi_lock);
    return rc;
}

bool efi_fault(struct cpu_user_regs *regs)
{
    unsigned long sp = this_cpu(left_sp);

    if (sp == 0 || is_image_text(regs->rip)) {
        return false;
    }
    faulted = true;
    pr_err("EFI: %s ended in a fault of the firmware's: %s at %016lx (error code %04x, address "
           "%016lx); its services are not called any more\n",
           names[running], trap_name(regs->entry_vector), regs->rip, regs->error_code, read_cr2());
    regs->rip = (unsigned long)efi_left;
    regs->rsp = sp;
    return true;
}
