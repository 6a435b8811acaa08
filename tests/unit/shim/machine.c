/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake machine: RAM, domains, map slots, guest access, and all that memory code calls. */
#include "shim.h"

#include <asm/cpu-state.h>
#include <asm/current.h>
#include <asm/frame.h>
#include <asm/mmio.h>
#include <asm/percpu-area.h>
#include <asm/pv.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>
#include <xen/smp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *shim_ram;
struct domain *shim_dom[SHIM_DOMAINS];
struct frame *frame_table;
uint64_t max_mfn;
unsigned long *frame_granules;
uint64_t tlb_clock = 1;
mfn_t hv_root_mfn;
pte_t *hv_root;
struct domain *hardware_domain, *dom_io, *dom_xen;
cpumask_t cpu_online_map = { { 1 } };
unsigned int nr_online_cpus = 1;
const uint8_t zero_page[4096] __attribute__((aligned(4096)));
uint64_t shim_gdt[512];
struct cpu_features cpu_features = { .phys_bits = 40, .virt_bits = 48 };

unsigned int shim_slots, shim_flushes, shim_flushes_all;
uint64_t shim_cr3;
unsigned long shim_fail_start, shim_fail_end, shim_args[6];
unsigned int shim_vector, shim_ec, shim_injected, shim_preempt;
unsigned long shim_cr2;
bool (*shim_denied)(mfn_t), (*shim_readonly)(mfn_t);
void (*shim_on_preempt)(void);

static uint64_t flushed_at;
static unsigned long m2p[SHIM_FRAMES];
static struct cpu_info cpu_info;
static pte_t percpu_l1[512];
static unsigned int preempt_count;

struct cpu_info *get_cpu_info(void)
{
    return &cpu_info;
}

static struct domain *new_domain(domid_t id, unsigned int vcpus)
{
    struct domain *d = calloc(1, sizeof(*d));

    d->domain_id = id;
    d->max_vcpus = (uint16_t)vcpus;
    d->refs = 1;
    d->vcpu = calloc(vcpus + 1, sizeof(*d->vcpu));
    for (unsigned int i = 0; i < vcpus; i++) {
        struct vcpu *v = calloc(1, sizeof(*v));

        v->domain = d;
        v->vcpu_id = i;
        v->arch.kernel_root = v->arch.user_root = INVALID_MFN;
        v->arch.flags = TF_KERNEL_MODE;
        d->vcpu[i] = v;
    }
    d->iomem_caps = rangeset_new();
    return d;
}

static void free_domain(struct domain *d)
{
    if (d != NULL) {
        for (unsigned int i = 0; i < d->max_vcpus; i++) {
            free(d->vcpu[i]);
        }
        free(d->vcpu);
        rangeset_destroy(d->iomem_caps);
        free(d);
    }
}

static void reset_memory(void)
{
    free(shim_ram);
    free(frame_table);
    free(frame_granules);
    shim_ram = aligned_alloc(PAGE_SIZE, SHIM_FRAMES * PAGE_SIZE);
    memset(shim_ram, 0, SHIM_FRAMES * PAGE_SIZE);
    frame_table = calloc(SHIM_FRAMES, sizeof(*frame_table));
    frame_granules = calloc(1, sizeof(*frame_granules));
    *frame_granules = (1UL << (SHIM_FRAMES / 256)) - 1;
    max_mfn = SHIM_FRAMES;
    for (unsigned int i = SHIM_FRAMES - SHIM_HOLES; i < SHIM_FRAMES; i++) {
        frame_table[i].ref = FRAME_HOLE;
    }
    memset(m2p, 0xff, sizeof(m2p));
    memset(shim_extra, 0, sizeof(shim_extra));
}

void shim_reset(void)
{
    static pte_t root[512];

    reset_memory();
    for (unsigned int i = 0; i < SHIM_DOMAINS; i++) {
        free_domain(shim_dom[i]);
        shim_dom[i] = new_domain((domid_t)i, SHIM_VCPUS);
    }
    free_domain(dom_io);
    free_domain(dom_xen);
    dom_io = new_domain(DOMID_IO, 0);
    dom_xen = new_domain(DOMID_XEN, 0);
    shim_dom[0]->is_privileged = true;
    hardware_domain = shim_dom[0];
    for (unsigned int i = 0; i < 512; i++) {
        root[i] = i >= HV_L4_FIRST && i <= HV_L4_LAST
                  ? 0xbad000000000UL | PTE_P | PTE_US | i << 12 : 0;
    }
    hv_root = root;
    hv_root_mfn = _mfn(0xdead);
    memset(percpu_l1, 0, sizeof(percpu_l1));
    shim_slots = shim_flushes = shim_flushes_all = shim_injected = shim_preempt = 0;
    shim_fail_start = shim_fail_end = 0;
    shim_denied = shim_readonly = NULL;
    shim_on_preempt = NULL;
    shim_run(0, 0);
}

void shim_run(unsigned int dom, unsigned int vcpu)
{
    cpu_info.curr_vcpu = shim_dom[dom]->vcpu[vcpu];
}

/* --- Frames ----------------------------------------------------------------------------- */

mfn_t shim_alloc(unsigned int dom)
{
    for (unsigned int i = 1; i < SHIM_FRAMES - SHIM_HOLES; i++) {
        if ((uint32_t)frame_table[i].ref == 0) {
            frame_table[i].type = 0;
            frame_table[i].ref = FRAME_OWNER(dom) | FRAME_ALLOCATED | 1;
            memset(shim_page(_mfn(i)), 0, PAGE_SIZE);
            shim_dom[dom]->tot_pages++;
            return _mfn(i);
        }
    }
    return INVALID_MFN;
}

unsigned int shim_free_frames(void)
{
    unsigned int n = 0;

    for (unsigned int i = 1; i < SHIM_FRAMES - SHIM_HOLES; i++) {
        n += (uint32_t)frame_table[i].ref == 0;
    }
    return n;
}

void free_domain_frame(struct frame *f, struct domain *d)
{
    if (!(f->ref & FRAME_HV)) {
        d->tot_pages--;
    }
    f->ref = 0;
}

bool domain_next_frame(const struct domain *d, mfn_t *cursor, unsigned int *steps)
{
    uint64_t i = mfn_x(*cursor);
    bool found = false;

    for (; i < max_mfn && *steps != 0 && !found; --*steps) {
        found = (frame_table[i].ref & (FRAME_OWNER_MASK | FRAME_HV)) ==
                FRAME_OWNER(d->domain_id) && (frame_table[i].ref & FRAME_REF_MASK) != 0;
        i += !found;
    }
    *cursor = _mfn(i);
    return found;
}

unsigned long domain_release_run(struct domain *d, mfn_t at)
{
    uint64_t plain = FRAME_OWNER(d->domain_id) | FRAME_ALLOCATED | 1, i;

    for (i = mfn_x(at); i < max_mfn && frame_table[i].ref == plain; i++) {
        frame_table[i].ref = 0;
        d->tot_pages--;
    }
    return i - mfn_x(at);
}

void *map_frame(mfn_t m)
{
    BUG_ON(mfn_x(m) >= SHIM_FRAMES - SHIM_HOLES);
    shim_slots++;
    return shim_page(m);
}

void unmap_frame(const void *va)
{
    (void)va;
    BUG_ON(shim_slots == 0);
    shim_slots--;
}

void *remap_frame(void *va, mfn_t m)
{
    BUG_ON(shim_slots == 0 || mfn_x(m) >= SHIM_FRAMES - SHIM_HOLES);
    (void)va;
    return shim_page(m);
}

pte_t *map_slot_entry(const void *va) { (void)va; return NULL; }

void *remap_slot(pte_t *entry, void *va, mfn_t m)
{
    (void)entry;
    return remap_frame(va, m);
}

void clear_frame(mfn_t m)
{
    memset(shim_page(m), 0, PAGE_SIZE);
}

void copy_frame(mfn_t dst, mfn_t src)
{
    memcpy(shim_page(dst), shim_page(src), PAGE_SIZE);
}

void m2p_set(mfn_t m, unsigned long pfn)
{
    m2p[mfn_x(m)] = pfn;
}

unsigned long m2p_get(mfn_t m)
{
    return m2p[mfn_x(m)];
}

mfn_t hv_virt_to_mfn(const void *va)
{
    (void)va;
    return _mfn(0);
}

void hv_fill_root(pte_t *l4)
{
    for (unsigned int i = HV_L4_FIRST; i <= HV_L4_LAST; i++) {
        l4[i] = hv_root[i];
    }
}

pte_t *percpu_pte(unsigned int cpu, unsigned int page)
{
    (void)cpu;
    return &percpu_l1[page];
}

void *kmalloc(size_t bytes) { return malloc(bytes); }
void *kzalloc(size_t bytes) { return calloc(1, bytes); }
void *kzalloc_array_(size_t size, size_t n) { return calloc(n, size); }
void kfree(void *p) { free(p); }

/* --- TLB ------------------------------------------------------------------------------------ */

static void flush(void)
{
    tlb_clock++;
    flushed_at = tlb_clock;
}

void tlb_flush_local(void) { shim_flushes_all++; }
void tlb_flush_local_all(void) { shim_flushes_all++; flush(); }
void tlb_flush_everywhere(void) { shim_flushes_all++; flush(); }
void tlb_flush_page_local(unsigned long va) { (void)va; shim_flushes_all++; }
void tlb_flush_domain(struct domain *d) { (void)d; shim_flushes_all++; flush(); }
void tlb_flush_domain_page(struct domain *d, unsigned long va)
{
    (void)d; (void)va;
    shim_flushes_all++;
}

void smp_call(const cpumask_t *mask, void (*fn)(void *data), void *data)
{
    if (mask->bits[0] & 1) {
        fn(data);
    }
}

void tlb_flush_mask(const cpumask_t *mask, bool page, unsigned long va)
{
    (void)page; (void)va;
    if (mask->bits[0] & 1) {
        shim_flushes_all++;
        flush();
    }
}

void tlb_flush_stamp(uint64_t word)
{
    uint32_t age = ((uint32_t)tlb_clock - (uint32_t)(word >> FT_STAMP_SHIFT)) & 0x7fff;

    if (tlb_clock - flushed_at >= age) {
        shim_flushes++;
        flush();
    }
}

/* --- Guest, hypercalls, domains --------------------------------------------------------------- */

void shim_write_cr3(uint64_t v)
{
    shim_cr3 = v;
}

static bool faults(unsigned long va, size_t bytes)
{
    return !access_ok(va, bytes) || (va < shim_fail_end && va + bytes > shim_fail_start);
}

int guest_read(void *dst, unsigned long va, size_t bytes)
{
    if (faults(va, bytes)) {
        return -EFAULT;
    }
    if (bytes != 0) {
        memcpy(dst, (const void *)va, bytes);
    }
    return 0;
}

int guest_write(unsigned long va, const void *src, size_t bytes)
{
    if (faults(va, bytes)) {
        return -EFAULT;
    }
    memcpy((void *)va, src, bytes);
    return 0;
}

void hypercall_set_arg(unsigned int i, unsigned long value)
{
    shim_args[i] = value;
}

bool hypercall_preempt_check(void)
{
    if (shim_preempt != 0 && ++preempt_count % shim_preempt == 0) {
        if (shim_on_preempt != NULL) {
            shim_on_preempt();
        }
        return true;
    }
    return false;
}

void process_pending_softirqs(void)
{
}

struct domain *domain_lookup(domid_t id)
{
    return id < SHIM_DOMAINS ? shim_dom[id]
           : id == DOMID_IO ? dom_io : id == DOMID_XEN ? dom_xen : NULL;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

struct domain *domain_get(domid_t id)
{
    struct domain *d = id < SHIM_DOMAINS ? shim_dom[id] : NULL;

    if (d != NULL) {
        d->refs++;
    }
    return d;
}

void domain_put(struct domain *d)
{
    BUG_ON(d->refs <= 1);
    d->refs--;
}

void pv_inject_exception(unsigned int vector, unsigned int ec)
{
    shim_vector = vector;
    shim_ec = ec;
    shim_injected++;
}

void pv_inject_page_fault(unsigned long va, unsigned int ec)
{
    shim_cr2 = va;
    pv_inject_exception(X86_TRAP_PF, ec);
}

bool mmio_is_denied(mfn_t m) { return shim_denied != NULL && shim_denied(m); }
bool mmio_is_readonly(mfn_t m) { return shim_readonly != NULL && shim_readonly(m); }

void printk(const char *fmt, ...)
{
    if (getenv("SHIM_VERBOSE") != NULL) {
        va_list args;

        va_start(args, fmt);
        vprintf(fmt, args);
        va_end(args);
    }
}
