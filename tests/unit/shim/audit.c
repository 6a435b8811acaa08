/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The auditor: counts anew what refers to each frame, knowing only the rules of
 * docs/design/frames.md.
 */
#include "shim.h"

#include <asm/frame.h>
#include <stdio.h>

struct shim_extra shim_extra[SHIM_FRAMES];

static struct count {
    uint32_t refs;
    uint32_t types[8];
} counts[SHIM_FRAMES];

static char why[200];

static void count_one(mfn_t m, int type)
{
    if (mfn_x(m) < SHIM_FRAMES - SHIM_HOLES) {
        counts[mfn_x(m)].refs++;
        if (type >= 0) {
            counts[mfn_x(m)].types[type]++;
        }
    }
}

/* Entries [0, nr) of the table at @m. */
static void count_entries(mfn_t m, enum frame_type type, unsigned int nr)
{
    const pte_t *t = shim_page(m);

    for (unsigned int i = 0; i < nr; i++) {
        if (!(t[i] & PTE_P) || (type == FT_L4 && i >= HV_L4_FIRST && i <= HV_L4_LAST)) {
            continue;
        }
        if (type == FT_L1) {
            count_one(pte_mfn(t[i]), t[i] & PTE_RW ? FT_WRITABLE : -1);
        } else {
            count_one(pte_mfn(t[i]), (int)type - 1);
        }
    }
}

static void count_vcpu(const struct vcpu *v)
{
    if (!mfn_eq(v->arch.kernel_root, INVALID_MFN)) {
        count_one(v->arch.kernel_root, FT_L4);
    }
    if (!mfn_eq(v->arch.user_root, INVALID_MFN)) {
        count_one(v->arch.user_root, FT_L4);
    }
    for (unsigned int i = 0; i < v->arch.gdt_nr; i++) {
        count_one(v->arch.gdt_frames[i], FT_SEGDESC);
    }
    for (unsigned int i = 0; i < 16; i++) {
        if (v->arch.ldt_mapped & (1u << i)) {
            count_one(v->arch.ldt_frames[i], FT_SEGDESC);
        }
    }
    if (v->arch.pt_unfinished != NULL) {
        count_one(frame_to_mfn(v->arch.pt_unfinished), (int)frame_type(v->arch.pt_unfinished));
    }
}

static void count_frame(unsigned int i)
{
    uint64_t w = frame_table[i].type;
    enum frame_type type = frame_type(&frame_table[i]);
    bool table = type >= FT_L1 && type <= FT_L4;

    counts[i].refs += (frame_table[i].ref & FRAME_ALLOCATED ? 1 : 0) + shim_extra[i].refs;
    counts[i].types[type] += shim_extra[i].types;
    if (w & FTF_PINNED) {
        count_one(_mfn(i), (int)type);
    }
    if ((w & FTF_PARTIAL) && (uint32_t)w == 0) {
        counts[i].refs++;
    }
    if (table && (w & FTF_VALIDATED)) {
        count_entries(_mfn(i), type, 512);
    } else if (table && (w & FTF_PARTIAL)) {
        count_entries(_mfn(i), type, (unsigned int)((w & FT_PROGRESS_MASK) >> FT_PROGRESS_SHIFT));
    }
}

static const char *judge(unsigned int i)
{
    uint64_t ref = frame_table[i].ref, w = frame_table[i].type;
    const struct count *c = &counts[i];

    if ((uint32_t)ref != c->refs) {
        snprintf(why, sizeof(why), "frame %#x: %u references, %u counted (type word %#lx)", i,
                 (uint32_t)ref, c->refs, w);
        return why;
    }
    if ((uint32_t)ref == 0) {
        return NULL;
    }
    if (!frame_check(&frame_table[i]) || (w & FTF_LOCKED)) {
        snprintf(why, sizeof(why), "frame %#x: bad type word %#lx", i, w);
        return why;
    }
    for (unsigned int t = 0; t < 8; t++) {
        uint32_t want = t == (unsigned int)frame_type(&frame_table[i]) ? (uint32_t)w : 0;

        if (c->types[t] != want) {
            snprintf(why, sizeof(why), "frame %#x: word %#lx, %u uses of type %u counted", i, w,
                     c->types[t], t);
            return why;
        }
    }
    return NULL;
}

const char *shim_audit(void)
{
    memset(counts, 0, sizeof(counts));
    for (unsigned int i = 0; i < SHIM_FRAMES - SHIM_HOLES; i++) {
        if ((uint32_t)frame_table[i].ref != 0) {
            count_frame(i);
        }
    }
    for (unsigned int d = 0; d < SHIM_DOMAINS; d++) {
        for (unsigned int v = 0; v < SHIM_VCPUS; v++) {
            count_vcpu(shim_dom[d]->vcpu[v]);
        }
    }
    for (unsigned int i = 0; i < SHIM_FRAMES - SHIM_HOLES; i++) {
        const char *w = judge(i);

        if (w != NULL) {
            return w;
        }
    }
    return NULL;
}
