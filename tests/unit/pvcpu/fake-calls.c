/* SPDX-License-Identifier: GPL-2.0-only */
/* All hypercalls, as functions that do nothing, for the dispatch tables. */
#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/entry.h>
#include <asm/mm.h>
#include <xen/domain.h>
#include <xen/event.h>
#include <xen/gnttab.h>
#include <xen/hypercall.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>

#include "../../../xen/arch/x86/pv/traps.h"

/* Prototypes differ; the tables call through one type anyway, and these take nothing. */
#define FAKE(nr, name, args) __asm__(".weak do_" #name "\n.set do_" #name ", fake_call\n");
long fake_call(void);
long fake_call(void) { return 0; }
HYPERCALLS(FAKE)

struct cpu_policy cpu_policies[NR_POLICIES];
struct pv_trap pv_no_traps[256];
mfn_t hv_root_mfn;
uint32_t tsc_khz;
long multicall_rc;
unsigned long multicall_stop;

long multicall_run(unsigned long list, unsigned int nr)
{
    struct vcpu *v = current;

    v->arch.multicall = multicall_stop != 0 ? multicall_stop
                                             : list + (nr - 1) * sizeof(struct multicall_entry);
    return multicall_rc;
}

bool local_events_need_delivery(void) { return false; }
struct rangeset *rangeset_new(void) { return NULL; }
void rangeset_destroy(struct rangeset *r) { (void)r; }
void vcpu_state_changed(struct vcpu *v) { (void)v; }
void vcpu_unload(struct vcpu *v) { (void)v; }
void fpu_free(struct vcpu *v) { (void)v; }
void *map_frame(mfn_t mfn) { (void)mfn; return NULL; }
void unmap_frame(const void *va) { (void)va; }
uint64_t image_maddr;
const char alt_patches_start[1], alt_patches_end[1];
