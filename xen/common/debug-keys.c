/* SPDX-License-Identifier: GPL-2.0-only */
/* The debug keys that show what there is: domains, channels, grants, run queues, memory. */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/softirq.h>
#include <xen/time.h>
#include <xen/unit.h>

/* Call @show for each domain; printing is slow, so timers get their turn in between. */
static void for_each_domain(char key, const char *what, void (*show)(struct domain *d))
{
    struct domain *d;

    printk("'%c' pressed: %s, now %ld ns\n", key, what, NOW());
    for (domid_t id = 0; (d = domain_next(id)) != NULL;) {
        id = (domid_t)(d->domain_id + 1);
        show(d);
        domain_put(d);
        process_pending_softirqs();
    }
}

static void show_vcpu(const struct vcpu *v)
{
    struct vcpu_runstate_info state;
    uint8_t pending, masked;

    vcpu_runstate_get(v, &state);
    spin_lock(&v->domain->lock);        /* its death does not unmap this meanwhile */
    pending = READ_ONCE(v->vcpu_info->evtchn_upcall_pending);
    masked = READ_ONCE(v->vcpu_info->evtchn_upcall_mask);
    spin_unlock(&v->domain->lock);
    printk("  vcpu %u: CPU %u%s%s%s%s, pauses %u, run for %lu ms; upcall %s%s; poll %d\n",
           v->vcpu_id, v->processor, v->sched.is_running ? ", runs" : "",
           v->pause_flags & VPF_DOWN ? ", down" : "",
           v->pause_flags & VPF_BLOCKED ? ", blocked" : "",
           v->initialised ? "" : ", no context", v->pause_count,
           state.time[RUNSTATE_running] / 1000000,
           pending ? "pending" : "none", masked ? ", masked" : "", v->poll_port);
}

static void show_domain(struct domain *d)
{
    static const char life[][8] = { "alive", "dying", "dead" };
    struct vcpu *v;

    printk("Domain %u: %s%s, references %u, pauses %u; %lu of %lu pages, claim %lu\n", d->domain_id,
           life[d->dying], d->is_shutting_down ? ", shut down" : "", d->refs - 1, d->pause_count,
           d->tot_pages, d->max_pages, d->claimed_pages);
    if (d->is_shutting_down) {
        printk("  shutdown code %u\n", d->shutdown_code);
    }
    for_each_vcpu (d, v) {
        show_vcpu(v);
    }
    if (!units_check(d)) {
        printk("  invariants of this domain do not hold\n");
    }
}

static void show_domains(char key)
{
    for_each_domain(key, "domains and their vcpus", show_domain);
}

static void show_ports(struct domain *d)
{
    units_dump(d, "event channels");
}

static void show_events(char key)
{
    for_each_domain(key, "event channels", show_ports);
}

static void show_table(struct domain *d)
{
    units_dump(d, "grant tables");
}

static void show_grants(char key)
{
    for_each_domain(key, "grants in use", show_table);
}

static void show_queues(char key)
{
    printk("'%c' pressed: run queues of scheduler %s, now %ld ns\n", key, sched_policy->name,
           NOW());
    for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
        if (cpu_online(cpu)) {
            sched_dump(cpu);
        }
    }
}

static void show_account(struct domain *d)
{
    printk("  domain %u: %lu of %lu pages, claim %lu\n", d->domain_id, d->tot_pages, d->max_pages,
           d->claimed_pages);
}

static void show_memory(char key)
{
    struct window_use use;
    bool ok = hv_window_check(&use);

    printk("'%c' pressed: %lu pages of RAM, %lu free (%lu not scrubbed yet), %lu claimed\n", key,
           total_ram_pages(), heap_free_pages(), heap_dirty_pages(), heap_claimed_pages());
    printk("  Xylem's own: %lu pages, and %lu for the tables that map them%s\n", use.entries,
           use.tables, ok ? "" : "; the tables' counts are wrong");
    kmalloc_dump();
    for_each_domain(key, "pages of domains", show_account);
#ifdef CONFIG_DEBUG
    printk("  invariants of the heap %s\n", heap_check() ? "hold" : "do not hold");
#endif
}

static void show_heap(char key)
{
    printk("'%c' pressed: free pages of the heap, %lu of them not scrubbed yet\n", key,
           heap_dirty_pages());
    for (unsigned int bits = PAGE_SHIFT; bits <= 52; bits++) {
        uint64_t pages = heap_free_pages_below(bits) -
                         (bits == PAGE_SHIFT ? 0 : heap_free_pages_below(bits - 1));

        if (pages != 0) {
            printk("  at addresses of %2u bits: %lu\n", bits, pages);
        }
    }
}

static void show_timers(char key)
{
    unsigned int cpu;

    printk("'%c' pressed: timers, now %ld ns\n", key, NOW());
    for_each_online_cpu (cpu) {
        timers_dump(cpu);
    }
}

static void show_running(char key)
{
    unsigned int cpu;

    printk("'%c' pressed: guests' registers on each CPU\n", key);
    for_each_online_cpu (cpu) {
        struct vcpu *v = READ_ONCE(cpu_info_of(cpu)->curr_vcpu);

        if (is_idle_vcpu(v)) {
            printk("CPU %u is idle\n", cpu);
        } else {
            printk("CPU %u, as it last left the guest:\n", cpu);
            spin_lock(&v->domain->lock);        /* as in show_vcpu() */
            arch_dump_guest_registers(v);
            spin_unlock(&v->domain->lock);
        }
    }
}

static void show_dom0(char key)
{
    struct vcpu *v;

    printk("'%c' pressed: registers of domain 0\n", key);
    for_each_vcpu (hardware_domain, v) {
        arch_dump_guest_registers(v);
    }
}

/* Each of those that only show, in the order of 'h'. */
static void show_all(char key)
{
    (void)key;
    for (const char *k = "0Hadegimqrt"; *k != '\0'; k++) {
        handle_keypress(*k);
        process_pending_softirqs();
    }
}

void __init debug_keys_init(void)
{
    register_keyhandler('*', show_all, "show all that follows but for restarts");
    register_keyhandler('0', show_dom0, "show domain 0's registers");
    register_keyhandler('H', show_heap, "show free pages of the heap by address");
    register_keyhandler('a', show_timers, "show timers");
    register_keyhandler('d', show_running, "show guests' registers on each CPU");
    register_keyhandler('e', show_events, "show event channels");
    register_keyhandler('g', show_grants, "show grants in use");
    register_keyhandler('m', show_memory, "show memory");
    register_keyhandler('q', show_domains, "show domains and their vcpus");
    register_keyhandler('r', show_queues, "show run queues");
    arch_debug_keys_init();
}
