/* SPDX-License-Identifier: GPL-2.0-only */
/* What is done against leaks through speculation, by CPU model. */
#ifndef ASM_MITIGATIONS_H
#define ASM_MITIGATIONS_H

#include <asm/processor.h>

struct vcpu;

/*
 * verw_needed - must buffers be cleared before a guest goes on?  @l7: CPUID 7.0, @caps:
 * IA32_ARCH_CAPABILITIES or 0 (SDM 3, table 2-2).  VERW clears them only where microcode says so
 * (MD_CLEAR).  Against MDS; TAA, of CPUs that have TSX; RFDS, of those that name it.  Stale data
 * of MMIO alone needs a guest with a device's registers, who is trusted that far.
 */
static inline bool verw_needed(const struct cpuid_leaf *l7, uint64_t caps)
{
    const uint64_t mds_no = 1UL << 5, taa_no = 1UL << 8, rfds_no = 1UL << 27;
    const uint64_t rfds_clear = 1UL << 28;
    const uint32_t rtm = 1u << 11, md_clear = 1u << 10;
    bool mds = !(caps & mds_no), taa = (l7->b & rtm) && !(caps & taa_no);
    bool rfds = (caps & rfds_clear) && !(caps & rfds_no);

    return (l7->d & md_clear) && (mds || taa || rfds);
}

/* mitigations_select - choose what this machine needs (boot, before alternatives_apply()). */
void mitigations_select(void);
/* mitigations_switch - before @next's domain runs on this CPU after another's did. */
void mitigations_switch(const struct vcpu *next);

#endif /* ASM_MITIGATIONS_H */
