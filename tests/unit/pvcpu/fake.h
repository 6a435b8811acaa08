/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake CPU: two domains with a vcpu each, the first of them dom0 and current. */
#ifndef PVCPU_FAKE_H
#define PVCPU_FAKE_H

#include <xen/domain.h>

extern struct domain fake_dom[2];
extern struct vcpu fake_vcpu[2];
extern struct shared_info fake_shared[2];
extern unsigned int fake_crashes;           /* domain_crash() calls */
extern unsigned int fake_swaps;             /* swap_gs() calls */
extern uint64_t fake_cr3, fake_cr4, fake_cr0;
/* guest addresses that guest_read() refuses */
extern unsigned long fake_fail_start, fake_fail_end;
extern struct vcpu *fake_current;

/* fake_reset - both vcpus fresh, in kernel mode, with roots 1 (kernel) and 2 (user). */
void fake_reset(void);
/* fake_run - make @i's vcpu the current one. */
void fake_run(unsigned int i);

#endif /* PVCPU_FAKE_H */
