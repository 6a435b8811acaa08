/* SPDX-License-Identifier: GPL-2.0-only */
/* The debug keys that show what there is: domains, channels, grants, run queues, memory. */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
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

    vcpu_runstate_get(v, &state);
    printk("  vcpu %u: CPU %u%s%s%s%s, pauses %u, run for %lu ms; upcall %s%s; poll %d\n",
           v->vcpu_id, v->processor, v->sched.is_running ? ", runs" : "",
           v->pause_flags & VPF_DOWN ? ", down" : "",
           v->pause_flags & VPF_BLOCKED ? ", blocked" : "",
           v->initialised ? "" : ", no context", v->pause_count,
           state.time[RUNSTATE_running] / 1000000,
           READ_ONCE(v->vcpu_info->evtchn_upcall_pending) ? "pending" : "none",
           READ_ONCE(v->vcpu_info->evtchn_upcall_mask) ? ", masked" : "", v->poll_port);
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

void __init debug_keys_init(void)
{
    register_keyhandler('e', show_events, "show event channels");
    register_keyhandler('g', show_grants, "show grants in use");
    register_keyhandler('m', show_memory, "show memory");
    register_keyhandler('q', show_domains, "show domains and their vcpus");
    register_keyhandler('r', show_queues, "show run queues");
}
