/* SPDX-License-Identifier: MIT */
/* The pv clock. */
#include <stub/time.h>

uint64_t clock_read(const struct shared_info *shared)
{
    const volatile struct vcpu_time_info *t = &shared->vcpu_info[0].time;
    uint32_t version, low, high;
    uint64_t delta, ns;

    do {
        version = t->version;
        barrier();
        asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
        delta = ((uint64_t)high << 32 | low) - t->tsc_timestamp;
        delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
        ns = t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
        barrier();
    } while ((version & 1) != 0 || version != t->version);
    return ns;
}
