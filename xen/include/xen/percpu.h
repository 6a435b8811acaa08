/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-CPU variables: DEFINE_PER_CPU in a .c file, DECLARE_PER_CPU in a header. */
#ifndef XEN_PERCPU_H
#define XEN_PERCPU_H

#include <asm/current.h>
#include <xen/atomic.h>

#define NR_CPUS 256             /* most CPUs this build can bring up */

/*
 * The linker gathers the section into one template; each CPU has a copy, and
 * per_cpu_offset[cpu] is the distance from the template to it.
 */
#ifndef UNIT_TEST
#define DEFINE_PER_CPU(type, name)  __section(".data.percpu") __typeof__(type) per_cpu__##name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) per_cpu__##name
extern unsigned long per_cpu_offset[NR_CPUS];
#define per_cpu_ptr_(name, off) \
    ({ unsigned long p_; asm ("" : "=r" (p_) : "0" (&per_cpu__##name)); \
       (__typeof__(&per_cpu__##name))(p_ + (off)); })
#define per_cpu(name, cpu) (*per_cpu_ptr_(name, per_cpu_offset[cpu]))
#define this_cpu(name)     (*per_cpu_ptr_(name, get_cpu_info()->per_cpu_offset))
#else
#define DEFINE_PER_CPU(type, name)  __typeof__(type) per_cpu__##name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) per_cpu__##name
#define per_cpu(name, cpu) (*((void)(cpu), &per_cpu__##name))
#define this_cpu(name)     (per_cpu__##name)
#endif

/* One bit for each CPU; changed by locked instructions, read without. */
typedef struct { unsigned long bits[NR_CPUS / 64]; } cpumask_t;
static inline bool cpumask_test(unsigned int cpu, const cpumask_t *m)
{
    return test_bit(cpu, m->bits);
}
static inline void cpumask_set(unsigned int cpu, cpumask_t *m) { set_bit(cpu, m->bits); }
static inline void cpumask_clear(unsigned int cpu, cpumask_t *m) { clear_bit(cpu, m->bits); }

/* CPUs that take work and interrupts from others.  The count follows the map. */
extern cpumask_t cpu_online_map;
extern unsigned int nr_online_cpus;

static inline bool cpu_online(unsigned int cpu)
{
    return cpu < NR_CPUS && cpumask_test(cpu, &cpu_online_map);
}

/* cpumask_next - the first CPU from @from on in @a and @b both; NR_CPUS if there is none. */
static inline unsigned int cpumask_next(unsigned int from, const cpumask_t *a, const cpumask_t *b)
{
    for (unsigned int w = from / 64; w < NR_CPUS / 64; w++) {
        unsigned long m = READ_ONCE(a->bits[w]) & READ_ONCE(b->bits[w]);

        if (w == from / 64) {
            m &= ~0UL << (from % 64);
        }
        if (m != 0) {
            return w * 64 + lowest_bit(m);
        }
    }
    return NR_CPUS;
}
#define for_each_online_cpu(cpu)                                                        \
    for ((cpu) = cpumask_next(0, &cpu_online_map, &cpu_online_map); (cpu) < NR_CPUS;    \
         (cpu) = cpumask_next((cpu) + 1, &cpu_online_map, &cpu_online_map))
/* Of @mask, those that are online. */
#define for_each_cpu_in(cpu, mask)                                                      \
    for ((cpu) = cpumask_next(0, (mask), &cpu_online_map); (cpu) < NR_CPUS;             \
         (cpu) = cpumask_next((cpu) + 1, (mask), &cpu_online_map))

#endif /* XEN_PERCPU_H */
