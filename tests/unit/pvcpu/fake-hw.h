/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fake hardware and neighbours of the emulation have seen. */
#ifndef PVCPU_FAKE_HW_H
#define PVCPU_FAKE_HW_H

#include <xen/types.h>

extern unsigned int hw_reads, hw_writes, hw_last_port, hw_last_size;    /* port accesses */
extern uint32_t hw_last_value, hw_in_value;
extern unsigned int hw_traps, hw_vector;    /* exceptions raised for the guest */
extern uint64_t hw_msr[4];                  /* fs, gs, inactive gs, all others */
extern int hw_root_rc;                      /* what pv_set_kernel_root() answers */
extern int hw_rest_rc;                      /* what pt_finish_rest() answers */

#endif /* PVCPU_FAKE_HW_H */
