/* SPDX-License-Identifier: GPL-2.0-only */
/* platform_op: what dom0 asks of the machine.  public/platform.h; docs/abi/platform.md. */
#include <xen/acpi.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/time.h>
#include <xen/xsm.h>

#include <public/platform.h>

#include <asm/apic.h>
#include <asm/efi.h>
#include <asm/platform.h>
#include <asm/processor.h>

/* 2^33 seconds lie beyond the year 2200; below them nanoseconds fit into 64 bits. */
#define MAX_SECONDS (1UL << 33)

/* _PDC capability bits that say "the OS does this by itself" and that Xylem does not do. */
#define PDC_C1_FFH      0x0002u
#define PDC_SMP_C1PT    0x0008u
#define PDC_C_C1_FFH    0x0100u
#define PDC_SUPPORTED   (PDC_C1_FFH | PDC_SMP_C1PT | PDC_C_C1_FFH)
#define PDC_REVISION    1u

static int settime(uint64_t sec, uint32_t nsec, uint64_t stime)
{
    struct domain *d;

    if (nsec >= 1000000000 || sec >= MAX_SECONDS || sec * 1000000000UL + nsec < stime) {
        return -EINVAL;
    }
    wallclock_set(sec, nsec, stime);
    for (unsigned int id = 0; (d = domain_next((domid_t)id)) != NULL;) {
        domain_wallclock_update(d);
        id = d->domain_id + 1u;
        domain_put(d);
        if (id >= DOMID_FIRST_RESERVED) {
            break;
        }
    }
    return 0;
}

static int enter_sleep(const struct xenpf_enter_acpi_sleep *op)
{
    if (op->flags & ~XENPF_ACPI_SLEEP_EXTENDED) {
        return -EINVAL;
    }
    return acpi_enter_sleep(op->sleep_state, op->val_a, op->val_b,
                            op->flags & XENPF_ACPI_SLEEP_EXTENDED);
}

static void get_cpuinfo(struct xenpf_pcpuinfo *info)
{
    unsigned int cpu = info->xen_cpuid;

    info->max_present = nr_present_cpus - 1;
    info->flags = 0;
    info->apic_id = info->acpi_id = BAD_APICID;
    if (cpu >= nr_present_cpus) {
        info->flags = XEN_PCPU_FLAGS_INVALID;
        return;
    }
    cpu = (unsigned int)array_index_nospec(cpu, NR_CPUS);
    info->apic_id = cpu_apicid[cpu];
    info->acpi_id = cpu_acpiid[cpu];
    if (cpu_online(cpu)) {
        info->flags = XEN_PCPU_FLAGS_ONLINE;
    }
}

/* All CPUs of a machine are of one model; the boot CPU speaks for them. */
static void get_cpu_version(struct xenpf_pcpu_version *ver)
{
    struct cpuid_leaf leaf0 = cpuid(0, 0), leaf1 = cpuid(1, 0);

    ver->max_present = nr_present_cpus - 1;
    if (ver->xen_cpuid >= nr_present_cpus) {
        memset(ver->vendor_id, 0, sizeof(ver->vendor_id));
        ver->family = ver->model = ver->stepping = 0;
        return;
    }
    memcpy(ver->vendor_id, &leaf0.b, 4);
    memcpy(ver->vendor_id + 4, &leaf0.d, 4);
    memcpy(ver->vendor_id + 8, &leaf0.c, 4);
    ver->stepping = leaf1.a & 15;
    ver->family = (leaf1.a >> 8) & 15;
    ver->model = (leaf1.a >> 4) & 15;
    if (ver->family == 15) {
        ver->family += (leaf1.a >> 20) & 0xff;
    }
    if (ver->family == 6 || ver->family >= 15) {
        ver->model += (leaf1.a >> 12) & 0xf0;
    }
}

/*
 * dom0 is to tell its firmware what the OS can do: the bits that Xylem does not do are cleared.
 * @pdc  revision, number of capability words, those words.
 */
static int filter_pdc(unsigned long pdc)
{
    uint32_t head[2], caps;

    if (guest_read(head, pdc, sizeof(head)) != 0) {
        return -EFAULT;
    }
    if (head[0] != PDC_REVISION || head[1] == 0) {
        return -EINVAL;
    }
    if (guest_read(&caps, pdc + sizeof(head), sizeof(caps)) != 0) {
        return -EFAULT;
    }
    caps &= PDC_SUPPORTED;
    return guest_write(pdc + sizeof(head), &caps, sizeof(caps));
}

/* Xylem idles by HLT and leaves frequencies to the hardware: it has no use for the other tables. */
static int set_pminfo(const struct xenpf_set_processor_pminfo *op)
{
    switch (op->type) {
    case XEN_PM_PDC:
        return filter_pdc(guest_handle_addr(op->u.pdc));
    case XEN_PM_CX:
    case XEN_PM_PX:
    case XEN_PM_TX:
        return -ENOSYS;
    default:
        return -EINVAL;
    }
}

/* dispatch - @copyback: the union holds an answer for the caller. */
static int dispatch(struct xen_platform_op *op, bool *copyback)
{
    int rc;

    switch (op->cmd) {
    case XENPF_settime32:
        return settime(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
    case XENPF_settime64:
        if (op->u.settime64.mbz != 0) {
            return -EINVAL;
        }
        return settime(op->u.settime64.secs, op->u.settime64.nsecs, op->u.settime64.system_time);
    case XENPF_firmware_info:
        rc = firmware_query(&op->u.firmware_info);
        *copyback = rc == 0;
        return rc;
    case XENPF_efi_runtime_call:
        rc = efi_runtime_op(&op->u.efi_runtime_call);
        *copyback = rc == 0;
        return rc;
    case XENPF_enter_acpi_sleep:
        return enter_sleep(&op->u.enter_acpi_sleep);
    case XENPF_get_cpuinfo:
        get_cpuinfo(&op->u.pcpu_info);
        *copyback = true;
        return 0;
    case XENPF_get_cpu_version:
        get_cpu_version(&op->u.pcpu_version);
        *copyback = true;
        return 0;
    case XENPF_cpu_online:
        return smp_cpu_up(op->u.cpu_ol.cpuid);
    case XENPF_cpu_offline:
        return smp_cpu_down(op->u.cpu_ol.cpuid);
    case XENPF_set_processor_pminfo:
        return set_pminfo(&op->u.set_pminfo);
    default:
        return -ENOSYS;
    }
}

long do_platform_op(unsigned long u_op)
{
    struct xen_platform_op op;
    bool copyback = false;
    int rc = may_control_host(current->domain);

    if (rc != 0) {
        return rc;
    }
    if (guest_read(&op, u_op, sizeof(op)) != 0) {
        return -EFAULT;
    }
    if (op.interface_version != XENPF_INTERFACE_VERSION) {
        return -EACCES;
    }
    rc = dispatch(&op, &copyback);
    if (copyback && guest_write(u_op, &op, sizeof(op)) != 0) {
        return -EFAULT;
    }
    return rc;
}
