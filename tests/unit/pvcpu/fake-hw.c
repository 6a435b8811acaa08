/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports, registers and neighbours of the emulation, which note what was done to them. */
#include "fake-hw.h"

#include <asm/cpu-state.h>
#include <asm/mm.h>
#include <asm/pci.h>
#include <asm/pv.h>
#include <asm/time.h>
#include <xen/acpi.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include "../../../xen/arch/x86/pv/pv-mm.h"
#include "../../../xen/arch/x86/pv/traps.h"
#include "fake.h"

struct acpi_info acpi_info;
struct frame *frame_table;
unsigned long *frame_granules;
unsigned int hw_reads, hw_writes, hw_last_port, hw_last_size, hw_traps, hw_vector;
uint32_t hw_last_value, hw_in_value = 0x12345678;
uint64_t hw_msr[4];
int hw_root_rc, hw_rest_rc;

uint32_t fake_in(unsigned int port, unsigned int size)
{
    hw_reads++;
    hw_last_port = port;
    hw_last_size = size;
    return hw_in_value;
}

void fake_out(unsigned int port, unsigned int size, uint32_t v)
{
    hw_writes++;
    hw_last_port = port;
    hw_last_size = size;
    hw_last_value = v;
}

uint64_t fake_read_cr0(void) { return fake_cr0; }
void fake_write_cr4(uint64_t v) { fake_cr4 = v; }

static uint64_t *msr_place(uint32_t msr)
{
    return msr == MSR_FS_BASE ? &hw_msr[0] : msr == MSR_GS_BASE ? &hw_msr[1]
         : msr == MSR_KERNEL_GS_BASE ? &hw_msr[2] : &hw_msr[3];
}
uint64_t fake_rdmsr(uint32_t msr) { return *msr_place(msr); }
void fake_wrmsr(uint32_t msr, uint64_t v) { *msr_place(msr) = v; }

uint32_t pci_guest_cfg_read(struct domain *d, uint32_t cf8, unsigned int offset, unsigned int size)
{
    (void)d;
    return cf8 ^ (offset << 4) ^ size;
}
void pci_guest_cfg_write(struct domain *d, uint32_t cf8, unsigned int offset, unsigned int size,
                         uint32_t v)
{
    (void)d, (void)cf8, (void)offset, (void)size;
    hw_last_value = v;
}
uint8_t cmos_read(uint8_t idx) { return (uint8_t)(idx ^ 0xff); }
void cmos_write(uint8_t idx, uint8_t v) { hw_last_port = idx; hw_last_value = v; }

long do_fpu_taskswitch(int set)
{
    struct vcpu *v = current;

    v->arch.ctrlreg0 = set != 0 ? X86_CR0_TS : 0;
    return 0;
}
bool fpu_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
    v->arch.xcr0 = xcr0;
    return (xcr0 & 1) != 0;
}
int pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value)
{
    v->arch.dr[reg & 3] = value;
    return reg < 4 ? 0 : -EPERM;
}
int pv_get_debugreg(const struct vcpu *v, unsigned int reg, unsigned long *value)
{
    *value = v->arch.dr[reg & 3];
    return reg < 4 ? 0 : -ENODEV;
}
int pt_finish_rest(struct vcpu *v)
{
    if (hw_rest_rc == 0) {
        v->arch.pt_unfinished = NULL;
    }
    return hw_rest_rc;
}
int pv_set_kernel_root(struct vcpu *v, mfn_t mfn)
{
    if (hw_root_rc == 0) {
        v->arch.kernel_root = mfn;
    }
    return hw_root_rc;
}
uint64_t pv_hw_cr4(const struct vcpu *v)
{
    return host_cr4 | (v->arch.ctrlreg4 & PV_CR4_GUEST_BITS);
}
void debug_registers_switch(const struct vcpu *v) { (void)v; }
void tsc_aux_load(const struct vcpu *v) { (void)v; }
bool pv_bounce_trap(struct cpu_user_regs *regs, struct vcpu *v, unsigned int vector, uint32_t ec)
{
    (void)regs, (void)v, (void)ec;
    hw_traps++;
    hw_vector = vector;
    return true;
}
void pv_inject_page_fault(unsigned long va, unsigned int ec)
{
    (void)va, (void)ec;
    hw_traps++;
    hw_vector = X86_TRAP_PF;
}
void pv_fill_hypercall_page(void *va) { (void)va; }
int frame_get_and_type(mfn_t mfn, struct domain *d, enum frame_type type)
{
    (void)mfn, (void)d, (void)type;
    return -EINVAL;
}
void frame_put_and_type(struct frame *f) { (void)f; }
void *map_frame(mfn_t mfn) { (void)mfn; return NULL; }
void unmap_frame(const void *va) { (void)va; }
