/* SPDX-License-Identifier: GPL-2.0-only */
/* Seen before each source (gcc -include): per-CPU variables of several CPUs. */
#ifndef PRE_CPUS_H
#define PRE_CPUS_H

#include <xen/percpu.h>

#define TEST_CPUS 4

#undef DEFINE_PER_CPU
#undef DECLARE_PER_CPU
#undef per_cpu
#undef this_cpu
#define DEFINE_PER_CPU(type, name)  __typeof__(type) per_cpu__##name[TEST_CPUS]
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) per_cpu__##name[TEST_CPUS]
#define per_cpu(name, cpu)          (per_cpu__##name[cpu])
#define this_cpu(name)              (per_cpu__##name[smp_processor_id()])

#endif
