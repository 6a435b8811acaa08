/* SPDX-License-Identifier: GPL-2.0-only */
/* Bringing up the other CPUs: their memory, INIT and start-up, and what they do first. */
#include <xen/smp.h>

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/rcu.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/time.h>
#include <xen/timer.h>

#include <asm/apic.h>
#include <asm/boot-info.h>
#include <asm/cpu-state.h>
#include <asm/entry.h>
#include <asm/image.h>
#include <asm/mm.h>
#include <asm/percpu-area.h>
#include <asm/processor.h>
#include <asm/smpboot.h>
#include <asm/time.h>

#define LOW_END         KB(64)
#define ANSWER_SECONDS  5           /* a loaded emulator may take its time */
#define WARP_ROUNDS     200
#define TRAMPOLINE_CS64 0x08

/* Tables that a CPU uses on its way: low memory one to one, executable, and Xylem's slots. */
static uint64_t start_l4[512] __aligned(4096) __section(".bss.page_aligned");
static uint64_t start_l3[512] __aligned(4096) __section(".bss.page_aligned");
static uint64_t start_l2[512] __aligned(4096) __section(".bss.page_aligned");

static uint64_t low_page __ro_after_init;       /* 0: there is none */
static bool guests_know_clock;                  /* tsc_stable was told: it cannot be taken back */

/* How far the CPU that is being started has come. */
enum start_state { START_ASLEEP, START_ALIVE, START_GO, START_REFUSED };
static uint32_t start_state;

static unsigned int opt_maxcpus __initdata = NR_CPUS;
PARAM_UINT("maxcpus", opt_maxcpus);
static bool opt_nosmp __initdata;
PARAM_BOOL("nosmp", opt_nosmp);

bool smp_can_start(void)
{
    return low_page != 0;
}

unsigned int __init smp_wanted_cpus(void)
{
    return opt_nosmp || opt_maxcpus == 0 || low_page == 0 ? 1 : min(opt_maxcpus, nr_present_cpus);
}

/* --- Memory ----------------------------------------------------------------------------------- */

static bool __init page_is_free(const struct boot_info *bi, uint64_t page)
{
    bool ram = false;

    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        ram |= bi->mem[i].type == BOOT_MEM_RAM && bi->mem[i].start <= page &&
               bi->mem[i].end >= page + PAGE_SIZE;
    }
    for (unsigned int i = 0; i < bi->nr_modules; i++) {
        ram &= bi->modules[i].start >= page + PAGE_SIZE || bi->modules[i].end <= page;
    }
    return ram;
}

void __init smp_find_low_page(const struct boot_info *bi)
{
    for (uint64_t page = LOW_END - PAGE_SIZE; page >= PAGE_SIZE && low_page == 0;
         page -= PAGE_SIZE) {
        if (page_is_free(bi, page)) {
            low_page = page;
        }
    }
}

/* Write the trampoline, but for what is each CPU's own; the caller unmaps it. */
static struct trampoline_args *map_trampoline(void)
{
    char *page = map_frame(_mfn(low_page >> PAGE_SHIFT));

    return (struct trampoline_args *)(page + (trampoline_args - trampoline_start));
}

static void __init prepare_trampoline(void)
{
    struct trampoline_args *args = map_trampoline();
    char *page = (char *)((unsigned long)args & PAGE_MASK);

    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    *(uint32_t *)(page + (trampoline_gdt_base - trampoline_start)) += (uint32_t)low_page;
    args->far_offset = (uint32_t)(low_page + (uint64_t)(trampoline_64 - trampoline_start));
    args->far_selector = TRAMPOLINE_CS64;
    args->cr3 = (uint32_t)image_virt_to_maddr(start_l4);
    unmap_frame(args);

    start_l2[0] = PTE_P | PTE_A | PTE_PSE;
    start_l3[0] = image_virt_to_maddr(start_l2) | HV_PTE_TABLE;
    start_l4[0] = image_virt_to_maddr(start_l3) | HV_PTE_TABLE;
    for (unsigned int i = HV_L4_FIRST; i <= HV_L4_LAST; i++) {
        start_l4[i] = hv_root[i];
    }
}

/* The area of @cpu with its stacks and tables; false: no memory.  It is kept when the CPU goes. */
static bool make_area(unsigned int cpu)
{
    uint64_t pages[PERCPU_AREA_NR_PAGES], *l1;

    if (hv_percpu_l2[cpu] != 0) {
        return true;
    }
    l1 = hv_alloc(0);
    if (l1 == NULL) {
        return false;
    }
    for (unsigned int i = 0; i < PERCPU_AREA_NR_PAGES; i++) {
        mfn_t mfn = heap_alloc(0, 0);

        if (mfn_eq(mfn, INVALID_MFN)) {
            while (i-- > 0) {
                heap_free(_mfn(pages[i] >> PAGE_SHIFT), 0);
            }
            hv_free(l1, 0);
            return false;
        }
        pages[i] = mfn_x(mfn) << PAGE_SHIFT;
    }
    percpu_area_fill(l1, pages, mfn_x(hv_virt_to_mfn(zero_page)) << PAGE_SHIFT);
    hv_percpu_l2[cpu] = (mfn_x(hv_virt_to_mfn(l1)) << PAGE_SHIFT) | HV_PTE_TABLE;
    return true;
}

/* Its copy of the per-CPU variables, in their first state. */
static bool make_variables(unsigned int cpu)
{
    size_t bytes = (size_t)(percpu_end - percpu_start);
    unsigned int order = 0;
    char *copy;

    while ((PAGE_SIZE << order) < bytes) {
        order++;
    }
    copy = per_cpu_offset[cpu] != 0 ? percpu_start + per_cpu_offset[cpu] : hv_alloc(order);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, percpu_start, bytes);
    per_cpu_offset[cpu] = (unsigned long)(copy - percpu_start);
    return true;
}

/* All that a CPU needs before its first instruction. */
static int prepare_cpu(unsigned int cpu)
{
    struct cpu_info *info = cpu_info_of(cpu);

    if (!make_area(cpu) || !make_variables(cpu)) {
        return -ENOMEM;
    }
    *info = (struct cpu_info){ .cpu = cpu, .per_cpu_offset = per_cpu_offset[cpu] };
    map_slots_init(cpu);
    sched_cpu_init(cpu);
    (void)timers_cpu_init(cpu);
    per_cpu(cpu_time, cpu) = this_cpu(cpu_time);
    if (idle_vcpu[cpu] == NULL) {
        idle_vcpu[cpu] = vcpu_create(idle_vcpu[0]->domain, cpu);
    } else {
        (void)sched_vcpu_create(idle_vcpu[cpu]);
    }
    info->curr_vcpu = idle_vcpu[cpu];
    return idle_vcpu[cpu] == NULL ? -ENOMEM : 0;
}

/* --- Are the clocks together? ----------------------------------------------------------------- */

/* The last reading of either CPU; a reading that lies before it is a warp. */
static struct {
    spinlock_t lock;
    uint64_t last, warp;
    uint32_t ready;
} warp = { .lock = SPINLOCK_INIT(LOCK_NONE) };

/* Both CPUs run this at once. */
static void warp_test(void)
{
    atomic_inc(&warp.ready);
    while (READ_ONCE(warp.ready) < 2) {
        cpu_relax();
    }
    for (unsigned int i = 0; i < WARP_ROUNDS; i++) {
        uint64_t now;

        spin_lock(&warp.lock);
        now = rdtsc();
        if (now < warp.last) {
            warp.warp = max(warp.warp, warp.last - now);
        }
        warp.last = now;
        spin_unlock(&warp.lock);
    }
    atomic_inc(&warp.ready);
    while (READ_ONCE(warp.ready) < 4) {
        cpu_relax();
    }
}

/*
 * @cpu is alive and in its test.  False: its clock is too far off, or guests were told that clocks
 * are together.
 */
static bool clocks_together(unsigned int cpu)
{
    warp_test();
    if (warp.warp == 0) {
        return true;
    }
    if (warp.warp > tsc_khz) {
        pr_err("CPU %u: its TSC is %lu ticks off: not used\n", cpu, warp.warp);
        return false;
    }
    if (tsc_stable) {
        pr_warn("CPU %u: its TSC is up to %lu ticks off\n", cpu, warp.warp);
        if (guests_know_clock) {
            return false;
        }
        tsc_stable = false;
    }
    return true;
}

/* --- The CPU that starts -------------------------------------------------------------------- */

/* Its first C: its own stack, the tables of the trampoline, IRQs off. */
static void __noreturn cpu_starts(void)
{
    unsigned int cpu = smp_processor_id();

    write_cr3(mfn_x(hv_root_mfn) << PAGE_SHIFT);
    cpu_desc_init(cpu);
    traps_init_cpu(cpu);
    cpu_init_cpu();
    apic_enable_cpu();
    apic_init_cpu();
    WRITE_ONCE(start_state, START_ALIVE);
    warp_test();
    while (READ_ONCE(start_state) == START_ALIVE) {
        cpu_relax();
    }
    if (READ_ONCE(start_state) == START_REFUSED) {
        for (;;) {
            asm volatile ("cli; hlt");
        }
    }
    tlb_idle_enter();
    atomic_inc(&nr_online_cpus);
    cpumask_set(cpu, &cpu_online_map);
    tlb_flush_local_all();          /* of what changed while nobody told us */
    run_on_empty_stack(idle_loop);
}

/* --- The CPU that starts it ----------------------------------------------------------------- */

static bool wait_state(const uint32_t *word, uint32_t not)
{
    uint64_t until = rdtsc() + (uint64_t)tsc_khz * 1000 * ANSWER_SECONDS;

    while (READ_ONCE(*word) == not) {
        if (rdtsc() > until) {
            return false;
        }
        tlb_serve();
        cpu_relax();
    }
    return true;
}

/* SDM 3A, 8.4.4.1: INIT, 10 ms, start-up, and once more if it was not taken. */
static bool send_start(unsigned int cpu, struct trampoline_args *args)
{
    args->stack = (uint64_t)cpu_info_of(cpu) - 8;
    args->entry = (uint64_t)cpu_starts;
    WRITE_ONCE(start_state, START_ASLEEP);
    warp.last = warp.warp = warp.ready = 0;
    WRITE_ONCE(args->ticket, cpu + 1);
    smp_mb();
    apic_send_init(cpu);
    udelay(10000);
    for (unsigned int i = 0; i < 2 && READ_ONCE(args->ticket) != 0; i++) {
        apic_send_startup(cpu, (uint8_t)(low_page >> PAGE_SHIFT));
        udelay(300);
    }
    if (!wait_state(&args->ticket, cpu + 1) && xchg(&args->ticket, 0) != 0) {
        return false;
    }
    return wait_state(&start_state, START_ASLEEP);
}

int smp_start(unsigned int cpu)
{
    struct trampoline_args *args;
    bool good;
    int rc = prepare_cpu(cpu);

    if (rc != 0) {
        pr_err("CPU %u: no memory for it\n", cpu);
        return rc;
    }
    args = map_trampoline();
    good = send_start(cpu, args);
    unmap_frame(args);
    if (!good) {
        pr_err("CPU %u (APIC id %u) does not answer: left out\n", cpu, cpu_apicid[cpu]);
        return -EIO;
    }
    good = clocks_together(cpu);
    WRITE_ONCE(start_state, good ? START_GO : START_REFUSED);
    if (!good) {
        return -EIO;
    }
    while (!cpu_online(cpu)) {
        tlb_serve();
        cpu_relax();
    }
    sched_cpu_join(cpu);
    return 0;
}

void __init smp_boot(void)
{
    unsigned int wanted = smp_wanted_cpus();

    if (low_page == 0 && nr_present_cpus > 1) {
        pr_warn("No page of memory below 64 KiB is free: other CPUs cannot be started\n");
    }
    if (low_page != 0 && nr_present_cpus > 1) {
        prepare_trampoline();
        for (unsigned int cpu = 1; cpu < wanted; cpu++) {
            (void)smp_start(cpu);
        }
        softirq_raise(SOFTIRQ_SCHED);   /* this one is to be known as idle, too */
    }
    guests_know_clock = true;
    printk("Brought up %u CPU%s of %u; microcode and errata as the firmware left them\n",
           nr_online_cpus, nr_online_cpus == 1 ? "" : "s", nr_present_cpus);
}
