/* SPDX-License-Identifier: GPL-2.0-only */
/* Xen's ELF notes (public/elfnote.h): read them, and judge whether a PV domain can run them. */
#include <xen/lib-image.h>

#include <public/elfnote.h>
#include <public/features.h>

#define NOTE_HEADER 12      /* namesz, descsz, type */
#define PAGE        4096UL
#define GIB         (1UL << 30)

/*
 * The hypervisor's part of the address space, L4 slots 256 to 271 (public/arch-x86/xen-x86_64.h).
 */
#define HV_START    0xffff800000000000UL
#define HV_END      0xffff880000000000UL
#define LOW_END     0x0000800000000000UL

static const struct {
    const char *name;
    unsigned int bit;
} features[] = {
    { "writable_page_tables", XENFEAT_writable_page_tables },
    { "writable_descriptor_tables", XENFEAT_writable_descriptor_tables },
    { "auto_translated_physmap", XENFEAT_auto_translated_physmap },
    { "supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel },
    { "pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb },
    { "mmu_pt_update_preserve_ad", XENFEAT_mmu_pt_update_preserve_ad },
    { "highmem_assist", XENFEAT_highmem_assist },
    { "gnttab_map_avail_bits", XENFEAT_gnttab_map_avail_bits },
    { "hvm_callback_vector", XENFEAT_hvm_callback_vector },
    { "hvm_safe_pvclock", XENFEAT_hvm_safe_pvclock },
    { "hvm_pirqs", XENFEAT_hvm_pirqs },
    { "dom0", XENFEAT_dom0 },
    { "memory_op_vnode_supported", XENFEAT_memory_op_vnode_supported },
    { "linux_rsdp_unrestricted", XENFEAT_linux_rsdp_unrestricted },
    { "not_direct_mapped", XENFEAT_not_direct_mapped },
    { "direct_mapped", XENFEAT_direct_mapped },
};

/* What a PV domain cannot have however hard its kernel insists. */
#define FEATURES_IMPOSSIBLE                                                                        \
    (1U << XENFEAT_supervisor_mode_kernel | 1U << XENFEAT_auto_translated_physmap)

static uint32_t get32(const uint8_t *p)
{
    uint32_t value;

    __builtin_memcpy(&value, p, sizeof(value));
    return value;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t value;

    __builtin_memcpy(&value, p, sizeof(value));
    return value;
}

/* One feature's name, @len bytes. */
static bool feature_bit(const char *name, size_t len, uint32_t *mask)
{
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        if (__builtin_strlen(features[i].name) == len &&
            __builtin_memcmp(features[i].name, name, len) == 0) {
            *mask = 1U << features[i].bit;
            return true;
        }
    }
    return false;
}

/* "a|!b|c": a leading ! marks what the kernel requires. */
static void parse_features(struct xen_notes *notes, const char *text, size_t size)
{
    size_t start = 0;

    for (size_t i = 0; i <= size; i++) {
        bool end = i == size || text[i] == '\0', required;
        uint32_t mask = 0;

        if (!end && text[i] != '|') {
            continue;
        }
        required = start < i && text[start] == '!';
        start += required;
        if (feature_bit(text + start, i - start, &mask)) {
            notes->features_supported |= mask;
            notes->features_required |= required ? mask : 0;
        } else if (required) {
            notes->features_unknown = true;
        }
        start = i + 1;
        if (end) {
            return;
        }
    }
}

/* Numbers are 4 or 8 bytes long. */
static bool numeric(const uint8_t *desc, uint32_t size, uint64_t *value)
{
    if (size == 4) {
        *value = get32(desc);
    } else if (size == 8) {
        *value = get64(desc);
    } else {
        return false;
    }
    return true;
}

static void string(char *field, const uint8_t *desc, uint32_t size)
{
    size_t n = size < XEN_NOTE_STRING ? size : XEN_NOTE_STRING - 1;

    __builtin_memset(field, 0, XEN_NOTE_STRING);
    __builtin_memcpy(field, desc, n);
}

static bool is_yes(const uint8_t *desc, uint32_t size)
{
    return size >= 3 && __builtin_memcmp(desc, "yes", 3) == 0;
}

/* Strings never fail; the rest says so in its own case. */
static bool add_string(struct xen_notes *notes, uint32_t type, const uint8_t *desc, uint32_t size)
{
    switch (type) {
    case XEN_ELFNOTE_GUEST_OS:
        string(notes->guest_os, desc, size);
        return true;
    case XEN_ELFNOTE_GUEST_VERSION:
        string(notes->guest_version, desc, size);
        return true;
    case XEN_ELFNOTE_XEN_VERSION:
        string(notes->xen_version, desc, size);
        return true;
    case XEN_ELFNOTE_LOADER:
        string(notes->loader, desc, size);
        return true;
    case XEN_ELFNOTE_PAE_MODE:
        string(notes->pae_mode, desc, size);
        return true;
    case XEN_ELFNOTE_FEATURES:
        parse_features(notes, (const char *)desc, size);
        return true;
    case XEN_ELFNOTE_BSD_SYMTAB:
        notes->bsd_symtab = is_yes(desc, size);
        return true;
    default:
        return false;
    }
}

static bool add_l1_mfn_valid(struct xen_notes *notes, const uint8_t *desc, uint32_t size)
{
    if (size < 16 || size % 16 != 0) {
        return false;
    }
    notes->l1_mfn_mask = get64(desc);
    notes->l1_mfn_value = get64(desc + 8);
    return true;
}

static bool add_number(struct xen_notes *notes, uint32_t type, const uint8_t *desc, uint32_t size)
{
    uint64_t value;

    if (type == XEN_ELFNOTE_L1_MFN_VALID) {
        return add_l1_mfn_valid(notes, desc, size);
    }
    if (!numeric(desc, size, &value)) {
        return false;
    }
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        notes->entry = value;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        notes->hypercall_page = value;
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        notes->virt_base = value;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        notes->paddr_offset = value;
        break;
    case XEN_ELFNOTE_HV_START_LOW:
        notes->hv_start_low = value;
        break;
    case XEN_ELFNOTE_SUSPEND_CANCEL:
        notes->suspend_cancel = value != 0;
        break;
    case XEN_ELFNOTE_INIT_P2M:
        notes->init_p2m = value;
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        notes->mod_start_pfn = value != 0;
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        notes->features_supported |= (uint32_t)value;
        break;
    case XEN_ELFNOTE_PHYS32_ENTRY:
        notes->phys32_entry = value;
        break;
    }
    return true;
}

static enum image_status add_one(struct xen_notes *notes, uint32_t type, const uint8_t *desc,
                                 uint32_t size)
{
    /* INFO is free text; what is above MAX was invented later or is a crash dump's. */
    if (type == XEN_ELFNOTE_INFO || type > XEN_ELFNOTE_MAX) {
        return IMAGE_OK;
    }
    if (!add_string(notes, type, desc, size) && !add_number(notes, type, desc, size)) {
        return NOTES_BAD;
    }
    notes->present |= 1U << type;
    return IMAGE_OK;
}

void xen_notes_init(struct xen_notes *notes)
{
    *notes = (struct xen_notes){ 0 };
}

enum image_status xen_notes_add(struct xen_notes *notes, const void *seg, size_t size)
{
    const uint8_t *p = seg;

    while (size >= NOTE_HEADER) {
        uint32_t namesz = get32(p), descsz = get32(p + 4), type = get32(p + 8);
        uint64_t name = ((uint64_t)namesz + 3) & ~3UL, desc = ((uint64_t)descsz + 3) & ~3UL;
        enum image_status status = IMAGE_OK;

        p += NOTE_HEADER;
        size -= NOTE_HEADER;
        /* The last note's padding may be missing. */
        if (name > size || descsz > size - name) {
            return NOTES_BAD;
        }
        if (namesz == 4 && __builtin_memcmp(p, "Xen", 4) == 0) {
            status = add_one(notes, type, p + name, descsz);
        }
        if (status != IMAGE_OK) {
            return status;
        }
        desc = desc < size - name ? desc : size - name;
        p += name + desc;
        size -= name + desc;
    }
    return IMAGE_OK;
}

/* ---- is it a PV kernel, and where does it go? */

static enum image_status check_promises(const struct xen_notes *notes, bool dom0)
{
    if (notes->present == 0) {
        return NOTES_NONE;
    }
    if (xen_notes_has(notes, XEN_ELFNOTE_PHYS32_ENTRY) &&
        !xen_notes_has(notes, XEN_ELFNOTE_ENTRY)) {
        return NOTES_NO_ENTRY;
    }
    if (__builtin_memcmp(notes->xen_version, "xen-3.0", 7) != 0) {
        return NOTES_BAD_VERSION;
    }
    if (notes->features_unknown || (notes->features_required & FEATURES_IMPOSSIBLE) != 0) {
        return NOTES_NEEDS_FEATURE;
    }
    if (dom0 && xen_notes_has(notes, XEN_ELFNOTE_SUPPORTED_FEATURES) &&
        (notes->features_supported & 1U << XENFEAT_dom0) == 0) {
        return NOTES_NOT_DOM0;
    }
    if (xen_notes_has(notes, XEN_ELFNOTE_HV_START_LOW) && notes->hv_start_low > HV_START) {
        return NOTES_BAD_HV_START;
    }
    return IMAGE_OK;
}

/* Page-aligned, canonical and not the hypervisor's. */
static bool usable_base(uint64_t va)
{
    return va % PAGE == 0 && (va < LOW_END || va >= HV_END);
}

static bool in_kernel(const struct pv_kernel *kernel, uint64_t va)
{
    return va >= kernel->vstart && va < kernel->vend;
}

/* Fill the addresses; all of them below virt_base + 1 GiB. */
static enum image_status place(const struct elf_image *elf, const struct xen_notes *notes,
                               struct pv_kernel *kernel)
{
    uint64_t base = notes->virt_base, start, end;

    if (!usable_base(base) || elf->paddr_start < notes->paddr_offset) {
        return NOTES_BAD_ADDRESS;
    }
    start = elf->paddr_start - notes->paddr_offset;
    end = elf->paddr_end - notes->paddr_offset;
    if (end > GIB) {
        return LAYOUT_TOO_BIG;
    }
    end = (end + PAGE - 1) & ~(PAGE - 1);
    if (base > UINT64_MAX - end || (base < LOW_END && base + end > LOW_END)) {
        return NOTES_BAD_ADDRESS;
    }
    kernel->virt_base = base;
    kernel->paddr_offset = notes->paddr_offset;
    kernel->vstart = base + start;
    kernel->vend = base + end;
    return IMAGE_OK;
}

enum image_status pv_kernel_check(const struct elf_image *elf, const struct xen_notes *notes,
                                  bool dom0, struct pv_kernel *kernel)
{
    enum image_status status = check_promises(notes, dom0);

    *kernel = (struct pv_kernel){ .hypercall_page = PV_NO_VA, .init_p2m = PV_NO_VA };
    if (status == IMAGE_OK) {
        status = place(elf, notes, kernel);
    }
    if (status != IMAGE_OK) {
        return status;
    }
    kernel->entry = xen_notes_has(notes, XEN_ELFNOTE_ENTRY) ? notes->entry : elf->entry;
    if (!in_kernel(kernel, kernel->entry)) {
        return NOTES_BAD_ADDRESS;
    }
    if (xen_notes_has(notes, XEN_ELFNOTE_HYPERCALL_PAGE)) {
        kernel->hypercall_page = notes->hypercall_page;
        if (kernel->hypercall_page % PAGE != 0 || !in_kernel(kernel, kernel->hypercall_page)) {
            return NOTES_BAD_ADDRESS;
        }
    }
    /* As toolstacks always did: an INIT_P2M that cannot be honoured is none. */
    if (xen_notes_has(notes, XEN_ELFNOTE_INIT_P2M) && usable_base(notes->init_p2m) &&
        notes->init_p2m < kernel->virt_base) {
        kernel->init_p2m = notes->init_p2m;
    }
    kernel->l1_mfn_mask = notes->l1_mfn_mask;
    kernel->l1_mfn_value = notes->l1_mfn_value;
    kernel->features_supported = notes->features_supported;
    kernel->mod_start_pfn = notes->mod_start_pfn;
    return IMAGE_OK;
}
