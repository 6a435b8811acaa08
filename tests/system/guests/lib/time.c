/* SPDX-License-Identifier: GPL-2.0-only */
/* The pv clock (public/xen.h, struct vcpu_time_info). */
#include "guest.h"

uint64_t guest_now(void)
{
    volatile struct vcpu_time_info *t = &shared_info->vcpu_info[0].time;
    uint32_t version, low, high;
    uint64_t delta, ns;

    do {
        version = t->version;
        asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
        delta = ((uint64_t)high << 32 | low) - t->tsc_timestamp;
        delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
        ns = t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
        asm volatile("lfence" : : : "memory");
    } while ((version & 1) != 0 || version != t->version);
    return ns;
}
