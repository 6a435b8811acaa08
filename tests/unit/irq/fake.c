/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake machine of the interrupt tests. */
#include "fake.h"

#include <xen/acpi.h>
#include <xen/errno.h>
#include <xen/mapframe.h>
#include <xen/printk.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/time.h>
#include <xen/unit.h>
#include <xen/xsm.h>

#include <asm/apic.h>
#include <asm/boot-info.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/mm.h>
#include <asm/mmio.h>

#include <stdlib.h>
#include <string.h>

struct fake_line fake_line[FAKE_GSIS];
uint8_t fake_config[256], fake_bar[4096];
unsigned int fake_eois, fake_sent, fake_last_pirq, fake_allocs, fake_ioremaps;
int fake_no_memory_in;
const spinlock_t *fake_lock;
unsigned int fake_unlocked;
void (*fake_meanwhile)(void);
struct domain *fake_last_dom, fake_dom[3];
struct vcpu fake_vcpu[3];
s_time_t fake_now;

struct acpi_info acpi_info;
unsigned int nr_gsis = FAKE_GSIS;
uint32_t cpu_apicid[NR_CPUS];
cpumask_t cpu_online_map = { { 3 } };
struct frame *frame_table;
uint64_t max_mfn;
unsigned long *frame_granules;
static struct cpu_info info;
static uint32_t cf8;
static struct timer *pending[16];

struct cpu_info *get_cpu_info(void) { return &info; }
s_time_t get_s_time(void) { return fake_now; }
void printk(const char *fmt, ...) { (void)fmt; }
void panic(const char *fmt, ...) { (void)fmt; abort(); }
void tlb_serve(void) { }
void smp_call_interrupt(void) { }
void softirq_raise_cpu(unsigned int cpu, unsigned int nr) { (void)cpu; (void)nr; }
void timers_interrupt(void) { }
int may_use_devices(const struct domain *s) { return s->is_privileged ? 0 : -EPERM; }

/* --- Heap ------------------------------------------------------------------------ */

void *kzalloc(size_t bytes)
{
    void (*fn)(void) = fake_meanwhile;

    if (fn != NULL) {
        fake_meanwhile = NULL;
        fn();
    }
    if (fake_no_memory_in != 0 && --fake_no_memory_in == 0) {
        return NULL;
    }
    fake_allocs++;
    return calloc(1, bytes);
}
void *kzalloc_array_(size_t size, size_t n) { return kzalloc(size * n); }
void kfree(void *p)
{
    fake_allocs -= p != NULL;
    free(p);
}
static struct rcu_head *waiting;                /* until nobody looks any more */
void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
    *head = (struct rcu_head){ waiting, fn };
    waiting = head;
}
static void forget_all(void)
{
    while (waiting != NULL) {
        struct rcu_head *head = waiting;

        waiting = head->next;
        head->fn(head);
    }
}
void *ioremap(uint64_t maddr, size_t bytes)
{
    if (maddr < FAKE_BAR || maddr + bytes > FAKE_BAR + sizeof(fake_bar)) {
        return NULL;
    }
    fake_ioremaps++;
    return fake_bar + (maddr - FAKE_BAR);
}
void iounmap(void *va, size_t bytes) { (void)va; (void)bytes; fake_ioremaps--; }

/* One page that any domain may share. */
static uint8_t shared_page[PAGE_SIZE] __attribute__((aligned(4096)));
static struct frame shared_frame;
static unsigned long granules[8] = { ~0ul };
int frame_get_and_type(mfn_t mfn, struct domain *d, enum frame_type type)
{
    (void)d;
    (void)type;
    return mfn_x(mfn) == 0 ? (shared_frame.ref++, 0) : -EINVAL;
}
void frame_put_and_type(struct frame *f) { f->ref--; }
void *map_frame_shared(mfn_t mfn) { (void)mfn; return shared_page; }
void unmap_frame_shared(void *va) { (void)va; }

/* --- Timers ------------------------------------------------------------------------- */

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}
static void forget(struct timer *t)
{
    for (unsigned int i = 0; i < 16; i++) {
        pending[i] = pending[i] == t ? NULL : pending[i];
    }
}
void timer_set(struct timer *t, s_time_t expires)
{
    forget(t);
    t->expires = expires;
    for (unsigned int i = 0; i < 16; i++) {
        if (pending[i] == NULL) {
            pending[i] = t;
            return;
        }
    }
    abort();
}
void timer_kill(struct timer *t) { forget(t); }
void fake_expire(void)
{
    for (unsigned int i = 0; i < 16; i++) {
        struct timer *t = pending[i];

        if (t != NULL && t->expires <= fake_now) {
            pending[i] = NULL;
            t->fn(t->data);
        }
    }
}

/* --- Controllers ----------------------------------------------------------------------- */

void apic_eoi(void) { fake_eois++; }
void apic_error(void) { }
bool apic_isr_set(unsigned int vector) { (void)vector; return true; }
void apic_send_ipi(unsigned int cpu, unsigned int vector) { (void)cpu; (void)vector; }
bool gsi_valid(unsigned int gsi) { return gsi < FAKE_GSIS; }
void ioapic_route(unsigned int gsi, unsigned int vector, unsigned int cpu, bool level, bool low)
{
    (void)cpu;
    fake_line[gsi] = (struct fake_line){ vector, 0, level, low, true };
}
void ioapic_mask(unsigned int gsi) { fake_line[gsi].masked = true; }
void ioapic_unmask(unsigned int gsi) { fake_line[gsi].masked = false; }
void ioapic_set_dest(unsigned int gsi, unsigned int cpu) { fake_line[gsi].cpu = cpu; }

bool fake_raise(unsigned int gsi)
{
    if (fake_line[gsi].masked || fake_line[gsi].vector == 0) {
        return false;
    }
    do_IRQ(NULL, fake_line[gsi].vector);
    return true;
}

void send_guest_pirq(struct domain *d, unsigned int pirq)
{
    fake_sent++;
    fake_last_dom = d;
    fake_last_pirq = pirq;
}

/* --- PCI by ports --------------------------------------------------------------------------- */

static uint8_t *config_at(uint16_t port)
{
    if ((cf8 & 0x80ffff00) != (0x80000000u | (FAKE_DEVFN << 8))) {
        return NULL;
    }
    return &fake_config[(cf8 & 0xfc) + (port - 0xcfc)];
}
static uint32_t config_read(uint16_t port, unsigned int size)
{
    uint8_t *p = config_at(port);
    uint32_t v = ~0u;

    if (p == fake_config + 0x50) {
        fake_unlocked += fake_lock != NULL && !spin_is_locked(fake_lock);
    }
    if (p != NULL) {
        v = 0;
        memcpy(&v, p, size);
    }
    return v;
}
static void config_write(uint16_t port, unsigned int size, uint32_t v)
{
    uint8_t *p = config_at(port);

    if (p >= fake_config + 0x44 && p < fake_config + 0x54) {    /* a message or its mask */
        fake_unlocked += fake_lock != NULL && !spin_is_locked(fake_lock);
    }

    if (p != NULL) {
        memcpy(p, &v, size);
    }
}
uint8_t inb(uint16_t port) { return (uint8_t)config_read(port, 1); }
uint16_t inw(uint16_t port) { return (uint16_t)config_read(port, 2); }
uint32_t inl(uint16_t port) { return config_read(port, 4); }
void outb(uint8_t v, uint16_t port) { config_write(port, 1, v); }
void outw(uint16_t v, uint16_t port) { config_write(port, 2, v); }
void outl(uint32_t v, uint16_t port)
{
    if (port == 0xcf8) {
        cf8 = v;
    } else {
        config_write(port, 4, v);
    }
}

static void put(unsigned int at, uint32_t v, unsigned int bytes)
{
    memcpy(fake_config + at, &v, bytes);
}

static void make_function(void)
{
    memset(fake_config, 0, sizeof(fake_config));
    memset(fake_bar, 0, sizeof(fake_bar));
    put(0x00, 0x12348086, 4);
    put(0x06, 0x0010, 2);
    put(0x10, FAKE_BAR, 4);
    put(0x34, 0x40, 1);
    put(0x40, 0x6005, 2);
    put(0x42, 0x0180 | 1 << 1, 2);
    put(0x60, 0x0011, 2);
    put(0x62, 3, 2);
    put(0x64, 0x800, 4);
}

/* --- Beginning and end ------------------------------------------------------------------------ */

extern const struct unit irq_unit;

void fake_reset(void)
{
    static bool booted;

    if (!booted) {
        for (unsigned int i = 0; i < 16; i++) {
            acpi_info.isa_irq[i].gsi = i;
        }
        acpi_info.isa_irq[0] = (struct acpi_isa_irq){ .gsi = 2, .overridden = true };
        acpi_info.isa_irq[9] = (struct acpi_isa_irq){ 9, true, false, true };
        frame_table = &shared_frame;
        frame_granules = granules;
        max_mfn = 1;
        irq_init();
        booted = true;
    }
    for (unsigned int i = 0; i < 3; i++) {
        memset(&fake_dom[i], 0, sizeof(fake_dom[i]));
        memset(&fake_vcpu[i], 0, sizeof(fake_vcpu[i]));
        fake_dom[i].domain_id = (domid_t)i;
        fake_dom[i].is_privileged = i == 0;
        fake_vcpu[i].domain = &fake_dom[i];
    }
    make_function();
    fake_eois = fake_sent = fake_last_pirq = 0;
    fake_last_dom = NULL;
    fake_no_memory_in = 0;
    fake_lock = NULL;
    fake_unlocked = 0;
    fake_now += SECONDS(1);
}

bool fake_end(void)
{
    bool ok = true;

    for (unsigned int i = 0; i < 3; i++) {
        ok &= irq_unit.check(&fake_dom[i]);
        ok &= irq_unit.domain_relinquish(&fake_dom[i]) == 0;
        irq_unit.domain_destroy(&fake_dom[i]);
    }
    for (unsigned int i = 0; i < nr_irqs; i++) {
        ok &= irq_descs[i].guests == NULL && irq_descs[i].msi == NULL;
        ok &= i >= FAKE_GSIS || irq_descs[i].handler != NULL || fake_line[i].vector == 0 ||
              fake_line[i].masked;                                      /* I3 */
        ok &= i < FAKE_GSIS || irq_descs[i].vector == 0;
    }
    (void)pci_dev_remove(PCI_SBDF(0, 0, FAKE_DEVFN));
    forget_all();
    return ok && fake_ioremaps == 0 && shared_frame.ref == 0 && fake_allocs == 1;
}
