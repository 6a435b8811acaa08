/* SPDX-License-Identifier: GPL-2.0-only */
/* Patches the image for this CPU model (asm/alternative.h). */
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/mm.h>

#include <asm/alternative.h>
#include <asm/image.h>

extern const struct alt_patch alt_patches_start[], alt_patches_end[];

static uint32_t selected __initdata;

void __init alternatives_select(unsigned int feature)
{
    selected |= 1u << feature;
}

unsigned int __init alternative_encode(const struct alt_patch *p, uint8_t *out)
{
    uint32_t distance;

    if (p->kind == ALT_BYTES) {
        memcpy(out, &p->data, p->len);
        return p->len;
    }
    distance = (uint32_t)p->data - (p->site + 5);
    out[0] = 0xe9;                              /* jmp rel32 */
    memcpy(out + 1, &distance, sizeof(distance));
    return 5;
}

/* Text is not writable where it lies: write through a slot, page by page. */
static void __init write_text(unsigned long va, const uint8_t *bytes, unsigned int len)
{
    while (len != 0) {
        unsigned int offset = va & (PAGE_SIZE - 1);
        unsigned int n = min(len, (unsigned int)PAGE_SIZE - offset);
        uint8_t *page = map_frame(maddr_to_mfn(_maddr(image_virt_to_maddr((void *)va))));

        memcpy(page + offset, bytes, n);
        unmap_frame(page);
        va += n;
        bytes += n;
        len -= n;
    }
}

void __init alternatives_apply(void)
{
    uint8_t bytes[8];

    for (const struct alt_patch *p = alt_patches_start; p < alt_patches_end; p++) {
        if (selected & (1u << p->feature)) {
            write_text(XYLEM_VIRT_START + p->site, bytes, alternative_encode(p, bytes));
        }
    }
    /* Serialise: what was fetched before may be stale. */
    asm volatile ("cpuid" : : "a" (0), "c" (0) : "rbx", "rdx", "memory");
}
