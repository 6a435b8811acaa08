/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI: from the root pointer to single tables, each checked before use.  ACPI 6.4, 5.2. */
#include <xen/acpi.h>

#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/boot-info.h>

/* No sane table is larger; DSDTs, the largest, are not read here. */
#define TABLE_MAX_BYTES     (1u << 20)
#define ROOT_MAX_ENTRIES    256

/* Root system description pointer (5.2.5.3); the first 20 bytes are revision 0. */
struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t ext_checksum;
    uint8_t reserved[3];
} __packed;
static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 5.2.5.3");
#define RSDP_V0_BYTES 20

struct acpi_info acpi_info = { .lapic_base = 0xfee00000, .nmi_lint = 1, .has_8259 = true };

/* What the root table lists: addresses of tables, headers already seen to be mappable. */
static struct { uint64_t maddr; char signature[4]; } root[ROOT_MAX_ENTRIES];
static unsigned int nr_root;

uint8_t acpi_checksum(const void *p, size_t len)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    while (len-- != 0) {
        sum += *b++;
    }
    return sum;
}

/* --- Root pointer ---------------------------------------------------------- */

/* rsdp_good - signature, length and checksums of @len bytes that may be a root pointer. */
static bool rsdp_good(const struct acpi_rsdp *r, size_t len)
{
    if (len < RSDP_V0_BYTES || memcmp(r->signature, "RSD PTR ", 8) != 0 ||
        acpi_checksum(r, RSDP_V0_BYTES) != 0) {
        return false;
    }
    if (r->revision < 2) {
        return true;
    }
    return len >= sizeof(*r) && r->length >= sizeof(*r) && r->length <= len &&
           acpi_checksum(r, r->length) == 0;
}

/* rsdp_scan - look at each 16-byte boundary of [maddr, maddr + bytes). */
static bool rsdp_scan(uint64_t maddr, size_t bytes, struct acpi_rsdp *out)
{
    const uint8_t *p = map_firmware(maddr, bytes);
    bool found = false;

    if (p == NULL) {
        return false;
    }
    for (size_t off = 0; off + RSDP_V0_BYTES <= bytes; off += 16) {
        struct acpi_rsdp r = { .revision = 0 };
        size_t left = min_t(size_t, bytes - off, 64);

        if (rsdp_good((const struct acpi_rsdp *)(p + off), left)) {
            memcpy(&r, p + off, min_t(size_t, left, sizeof(r)));
            *out = r;
            acpi_info.rsdp = maddr + off;
            found = true;
            break;
        }
    }
    iounmap((void *)(uintptr_t)p, bytes);
    return found;
}

/* rsdp_scan_bios - the first KiB of the EBDA, then the BIOS area (5.2.5.1). */
static bool rsdp_scan_bios(struct acpi_rsdp *out)
{
    const uint8_t *bda = map_firmware(0x400, 0x100);
    uint64_t ebda = 0;

    if (bda != NULL) {
        ebda = ((uint64_t)bda[0x0e] | (uint64_t)bda[0x0f] << 8) << 4;
        iounmap((void *)(uintptr_t)bda, 0x100);
    }
    if (ebda >= 0x80000 && ebda <= 0x9fc00 && rsdp_scan(ebda, 1024, out)) {
        return true;
    }
    return rsdp_scan(0xe0000, 0x20000, out);
}

static bool rsdp_find(const struct boot_info *bi, struct acpi_rsdp *out)
{
    if (bi->rsdp_len != 0 &&
        rsdp_good((const struct acpi_rsdp *)bi->rsdp, min_t(size_t, bi->rsdp_len,
                                                             sizeof(bi->rsdp)))) {
        memset(out, 0, sizeof(*out));
        memcpy(out, bi->rsdp, min_t(size_t, bi->rsdp_len, sizeof(*out)));
        return true;
    }
    if (bi->rsdp_len != 0) {
        pr_warn("ACPI: the loader's copy of the root pointer is damaged: searching\n");
    }
    return bi->efi_systab == 0 && rsdp_scan_bios(out);
}

/* --- Tables ---------------------------------------------------------------- */

static void print_table(const struct acpi_header *h, uint64_t maddr)
{
    pr_info("ACPI: %.4s %08lX, %04X (r%u %.6s %.8s %8X %.4s %8X)\n", h->signature, maddr,
            h->length, h->revision, h->oem_id, h->oem_table_id, h->oem_revision, h->creator_id,
            h->creator_revision);
}

static bool signature_printable(const char s[4])
{
    return is_print(s[0]) && is_print(s[1]) && is_print(s[2]) && is_print(s[3]);
}

/*
 * table_map - map the table at @maddr whole.
 * @signature  what it has to be, NULL for any.
 * Errors: NULL: unmappable, absurd length, other signature or bad checksum (said in the log).
 */
static const struct acpi_header *table_map(uint64_t maddr, const char *signature)
{
    const struct acpi_header *h = map_firmware(maddr, sizeof(*h));
    uint32_t len;

    if (h == NULL) {
        return NULL;
    }
    len = h->length;
    iounmap((void *)(uintptr_t)h, sizeof(*h));
    if (len < sizeof(*h) || len > TABLE_MAX_BYTES) {
        pr_warn("ACPI: table at %#lx has impossible length %u: left out\n", maddr, len);
        return NULL;
    }
    h = map_firmware(maddr, len);
    if (h == NULL) {
        return NULL;
    }
    if (h->length == len && (signature == NULL || memcmp(h->signature, signature, 4) == 0) &&
        acpi_checksum(h, len) == 0) {
        return h;
    }
    pr_warn("ACPI: table %.4s at %#lx is damaged: left out\n",
            signature != NULL ? signature : h->signature, maddr);
    iounmap((void *)(uintptr_t)h, len);
    return NULL;
}

void acpi_table_put(const struct acpi_header *table)
{
    if (table != NULL) {
        iounmap((void *)(uintptr_t)table, table->length);
    }
}

const struct acpi_header *acpi_table_find(const char signature[4], unsigned int nr)
{
    for (unsigned int i = 0; i < nr_root; i++) {
        if (memcmp(root[i].signature, signature, 4) == 0 && nr-- == 0) {
            return table_map(root[i].maddr, signature);
        }
    }
    return NULL;
}

/* root_add - note what table lies at @maddr, without trusting more than its name. */
static void root_add(uint64_t maddr)
{
    const struct acpi_header *h;

    if (maddr == 0 || nr_root == ROOT_MAX_ENTRIES) {
        return;
    }
    h = map_firmware(maddr, sizeof(*h));
    if (h == NULL) {
        return;
    }
    if (signature_printable(h->signature)) {
        print_table(h, maddr);
        root[nr_root].maddr = maddr;
        memcpy(root[nr_root].signature, h->signature, 4);
        nr_root++;
    } else {
        pr_warn("ACPI: no table at %#lx\n", maddr);
    }
    iounmap((void *)(uintptr_t)h, sizeof(*h));
}

/* root_read - all entries of RSDT or XSDT at @maddr. */
static bool root_read(uint64_t maddr, const char *signature, unsigned int entry_bytes)
{
    const struct acpi_header *h = maddr != 0 ? table_map(maddr, signature) : NULL;
    const uint8_t *entry;
    unsigned int nr;

    if (h == NULL) {
        return false;
    }
    print_table(h, maddr);
    nr = (unsigned int)((h->length - sizeof(*h)) / entry_bytes);
    if (nr > ROOT_MAX_ENTRIES) {
        pr_warn("ACPI: %s lists %u tables: the first %u are read\n", signature, nr,
                ROOT_MAX_ENTRIES);
        nr = ROOT_MAX_ENTRIES;
    }
    entry = (const uint8_t *)(h + 1);
    for (unsigned int i = 0; i < nr; i++, entry += entry_bytes) {
        uint64_t at = 0;

        memcpy(&at, entry, entry_bytes);
        root_add(at);
    }
    acpi_table_put(h);
    return true;
}

static void parse(const char *signature, void (*parser)(const void *, size_t))
{
    const struct acpi_header *h = acpi_table_find(signature, 0);

    if (h != NULL) {
        parser(h, h->length);
        acpi_table_put(h);
    }
}

void __init acpi_init(const struct boot_info *bi)
{
    struct acpi_rsdp r;

    nr_root = 0;
    for (unsigned int i = 0; i < ACPI_NR_ISA_IRQS; i++) {
        acpi_info.isa_irq[i].gsi = i;
    }
    if (!rsdp_find(bi, &r)) {
        pr_warn("ACPI: no root pointer found: no IO-APIC, one CPU, no power-off\n");
        return;
    }
    pr_info("ACPI: RSDP %08lX, %04X (r%u %.6s)\n", acpi_info.rsdp,
            r.revision < 2 ? RSDP_V0_BYTES : r.length, r.revision, r.oem_id);
    if (!(r.revision >= 2 && root_read(r.xsdt, "XSDT", 8)) && !root_read(r.rsdt, "RSDT", 4)) {
        pr_warn("ACPI: no sound root table: no IO-APIC, one CPU, no power-off\n");
        return;
    }
    acpi_info.present = true;
    parse("FACP", acpi_parse_fadt);
    parse("APIC", acpi_parse_madt);
    parse("HPET", acpi_parse_hpet);
    parse("MCFG", acpi_parse_mcfg);
}
