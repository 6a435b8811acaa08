/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-CPU variables: DEFINE_PER_CPU in a .c file, DECLARE_PER_CPU in a header. */
#ifndef XEN_PERCPU_H
#define XEN_PERCPU_H

#include <asm/current.h>

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

/* CPUs that take work; one bit each. */
typedef struct { unsigned long bits[NR_CPUS / 64]; } cpumask_t;
extern cpumask_t cpu_online_map;
extern unsigned int nr_online_cpus;

static inline bool cpu_online(unsigned int cpu)
{
    return cpu < NR_CPUS && ((cpu_online_map.bits[cpu / 64] >> (cpu % 64)) & 1);
}
#define for_each_online_cpu(cpu) \
    for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++) if (cpu_online(cpu))

#endif /* XEN_PERCPU_H */
