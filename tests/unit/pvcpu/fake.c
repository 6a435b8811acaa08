/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake CPU, and the few services that all PV CPU code calls. */
#include "fake.h"

#include <asm/current.h>
#include <asm/entry.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct domain fake_dom[2];
struct vcpu fake_vcpu[2];
struct shared_info fake_shared[2];
struct domain *hardware_domain = &fake_dom[0];
unsigned int fake_crashes, fake_swaps;
uint64_t fake_cr3, fake_cr4, fake_cr0 = 0x80050033;
unsigned long fake_cr2, fake_fail_start, fake_fail_end;
cpumask_t cpu_online_map = { { 1 } };
unsigned int nr_online_cpus = 1;

static struct cpu_info cpu_info;

struct cpu_info *get_cpu_info(void)
{
    return &cpu_info;
}

static void reset_one(unsigned int i)
{
    struct vcpu *v = &fake_vcpu[i];
    struct domain *d = &fake_dom[i];

    memset(v, 0, sizeof(*v));
    memset(&fake_shared[i], 0, sizeof(fake_shared[i]));
    d->domain_id = (domid_t)i;
    d->shared_info = &fake_shared[i];
    d->arch.vm_assist = 0;
    v->domain = d;
    v->vcpu_info = &fake_shared[i].vcpu_info[0];
    v->arch.flags = TF_KERNEL_MODE;
    v->arch.kernel_root = _mfn(1);
    v->arch.user_root = _mfn(2);
}

void fake_reset(void)
{
    reset_one(0);
    reset_one(1);
    memset(&cpu_info, 0, sizeof(cpu_info));
    fake_crashes = fake_swaps = 0;
    fake_cr3 = 1UL << PAGE_SHIFT;
    fake_fail_start = fake_fail_end = 0;
    fake_run(0);
}

void fake_run(unsigned int i)
{
    cpu_info.curr_vcpu = &fake_vcpu[i];
}

void swap_gs(void)
{
    fake_swaps++;
}

void fake_write_cr3(uint64_t v)
{
    fake_cr3 = v;
}

void domain_crash_(struct domain *d, const char *file, unsigned int line)
{
    (void)file, (void)line;
    d->is_shutting_down = false;
    fake_crashes++;
}

void printk(const char *fmt, ...)
{
    (void)fmt;
}

static bool refused(unsigned long va, size_t bytes)
{
    return !access_ok(va, bytes) || (va < fake_fail_end && va + bytes > fake_fail_start);
}

int guest_read(void *dst, unsigned long guest_va, size_t bytes)
{
    if (refused(guest_va, bytes)) {
        return -EFAULT;
    }
    memcpy(dst, (const void *)guest_va, bytes);
    return 0;
}

int guest_write(unsigned long guest_va, const void *src, size_t bytes)
{
    if (refused(guest_va, bytes)) {
        return -EFAULT;
    }
    memcpy((void *)guest_va, src, bytes);
    return 0;
}

void *kmalloc(size_t bytes) { return malloc(bytes); }
void *kzalloc(size_t bytes) { return calloc(1, bytes); }
void *kzalloc_array_(size_t size, size_t n) { return calloc(n, size); }
void kfree(void *p) { free(p); }

void entry_time_note(struct vcpu *v)
{
    (void)v;
}
