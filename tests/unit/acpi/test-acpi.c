/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI tables, sound and hostile; each mapping is a copy, so that ASan sees a byte too far. */
#include <xen/acpi.h>
#include <xen/errno.h>
#include <xen/mapframe.h>
#include <xen/printk.h>
#include <xen/time.h>

#include <asm/apic.h>
#include <asm/boot-info.h>
#include <asm/io.h>
#include <asm/pci.h>

#include "harness.h"

#define MEM_BYTES (1u << 20)

static uint8_t mem[MEM_BYTES];
static unsigned int maps;
static struct boot_info bi;
static char log_text[16384];
static unsigned int windows;
static struct { uint16_t port; uint32_t v; } port_log[8];
static unsigned int nr_ports;
static struct cpu_info info;

struct cpu_info *get_cpu_info(void) { return &info; }
void udelay(unsigned int us) { (void)us; }
void printk(const char *fmt, ...)
{
    size_t used = strlen(log_text);
    va_list ap;

    va_start(ap, fmt);
    if (used + 1 < sizeof(log_text)) {
        (vsnprintf)(log_text + used, sizeof(log_text) - used, fmt, ap);
    }
    va_end(ap);
}

void *map_firmware(uint64_t maddr, size_t bytes)
{
    void *p;

    if (maddr >= MEM_BYTES || bytes > MEM_BYTES - maddr) {
        return NULL;
    }
    p = malloc(bytes);
    memcpy(p, mem + maddr, bytes);
    maps++;
    return p;
}
void *ioremap(uint64_t maddr, size_t bytes) { return map_firmware(maddr, bytes); }
void iounmap(void *va, size_t bytes)
{
    (void)bytes;
    maps--;
    free(va);
}
void pci_mmcfg_add(uint16_t seg, uint8_t first, uint8_t last, uint64_t base)
{
    windows += seg == 0 && first == 0 && last == 255 && base == 0xb0000000;
}
static void log_port(uint16_t port, uint32_t v)
{
    if (nr_ports < 8) {
        port_log[nr_ports].port = port;
        port_log[nr_ports++].v = v;
    }
}
uint8_t inb(uint16_t port) { (void)port; return 0; }
uint16_t inw(uint16_t port) { (void)port; return 0x0001; }
uint32_t inl(uint16_t port) { (void)port; return 0; }
void outb(uint8_t v, uint16_t port) { log_port(port, v); }
void outw(uint16_t v, uint16_t port) { log_port(port, v); }
void outl(uint32_t v, uint16_t port) { log_port(port, v); }

/* --- Building tables ---------------------------------------------------------------- */

static void fix(uint32_t at, uint32_t len)
{
    mem[at + 9] = 0;
    mem[at + 9] = (uint8_t)-acpi_checksum(mem + at, len);
}

static void table(uint32_t at, const char *sig, uint32_t len)
{
    memset(mem + at, 0, len);
    memcpy(mem + at, sig, 4);
    memcpy(mem + at + 4, &len, 4);
    mem[at + 8] = 1;
    fix(at, len);
}

static void put(uint32_t at, uint64_t v, unsigned int bytes) { memcpy(mem + at, &v, bytes); }

#define RSDP    0xf0000
#define RSDT    0x20000
#define XSDT    0x21000
#define MADT    0x22000
#define FADT    0x23000
#define HPET    0x24000
#define MCFG    0x25000

static void rsdp(uint32_t at, uint8_t revision)
{
    memset(mem + at, 0, 36);
    memcpy(mem + at, "RSD PTR ", 8);
    mem[at + 15] = revision;
    put(at + 16, RSDT, 4);
    put(at + 20, 36, 4);
    put(at + 24, XSDT, 8);
    mem[at + 8] = (uint8_t)-acpi_checksum(mem + at, 20);
    mem[at + 32] = (uint8_t)-acpi_checksum(mem + at, 36);
}

static uint32_t madt_end;

static void madt_entry(const uint8_t *e, unsigned int len)
{
    memcpy(mem + madt_end, e, len);
    madt_end += len;
}

static void build(void)
{
    static const uint8_t cpu0[] = { 0, 8, 7, 0, 1, 0, 0, 0 }, cpu1[] = { 0, 8, 8, 2, 1, 0, 0, 0 },
        off[] = { 0, 8, 9, 3, 0, 0, 0, 0 },
        io[] = { 1, 12, 5, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0 },
        over0[] = { 2, 10, 0, 0, 2, 0, 0, 0, 0, 0 },
        over9[] = { 2, 10, 0, 9, 20, 0, 0, 0, 0x0f, 0 },
        x2[] = { 9, 16, 0, 0, 0x34, 0x12, 0, 0, 1, 0, 0, 0, 0x44, 0, 0, 0 };

    memset(mem, 0, sizeof(mem));
    memset(&bi, 0, sizeof(bi));
    memset(&acpi_info, 0, sizeof(acpi_info));
    nr_present_cpus = 0;
    log_text[0] = '\0';
    windows = nr_ports = 0;
    rsdp(RSDP, 2);

    madt_end = MADT + 44;
    table(MADT, "APIC", 44);
    madt_entry(cpu0, sizeof(cpu0));
    madt_entry(cpu1, sizeof(cpu1));
    madt_entry(off, sizeof(off));
    madt_entry(io, sizeof(io));
    madt_entry(over0, sizeof(over0));
    madt_entry(over9, sizeof(over9));
    madt_entry(x2, sizeof(x2));
    put(MADT + 4, madt_end - MADT, 4);
    put(MADT + 36, 0xfee00000, 4);
    put(MADT + 40, 1, 4);
    fix(MADT, madt_end - MADT);

    table(FADT, "FACP", 276);
    put(FADT + 46, 9, 2);
    put(FADT + 64, 0x604, 4);
    put(FADT + 76, 0x608, 4);
    put(FADT + 112, 1u << 8 | 1u << 10, 4);
    mem[FADT + 116] = 1;
    mem[FADT + 117] = 8;
    put(FADT + 120, 0xcf9, 8);
    mem[FADT + 128] = 0x0f;
    fix(FADT, 276);

    table(HPET, "HPET", 56);
    put(HPET + 44, 0xfed00000, 8);
    fix(HPET, 56);

    table(MCFG, "MCFG", 60);
    put(MCFG + 44, 0xb0000000, 8);
    mem[MCFG + 55] = 255;
    fix(MCFG, 60);

    table(XSDT, "XSDT", 36 + 8 * 4);
    put(XSDT + 36, FADT, 8);
    put(XSDT + 44, MADT, 8);
    put(XSDT + 52, HPET, 8);
    put(XSDT + 60, MCFG, 8);
    fix(XSDT, 36 + 32);
    table(RSDT, "RSDT", 36 + 4);
    put(RSDT + 36, MADT, 4);
    fix(RSDT, 36 + 4);
}

/* The list of tables is a static of tables.c: each run begins by an empty one. */
static void run(void)
{
    acpi_init(&bi);
}

TEST(sound_tables)
{
    build();
    run();
    CHECK(acpi_info.present);
    CHECK_EQ(acpi_info.rsdp, RSDP);
    CHECK_EQ(nr_present_cpus, 3);
    CHECK_EQ(cpu_apicid[1], 2);
    CHECK_EQ(cpu_acpiid[1], 8);
    CHECK_EQ(cpu_apicid[2], 0x1234);
    CHECK_EQ(acpi_info.nr_ioapics, 1);
    CHECK_EQ(acpi_info.ioapic[0].base, 0xfec00000);
    CHECK_EQ(acpi_info.isa_irq[0].gsi, 2);
    CHECK_EQ(acpi_info.isa_irq[9].gsi, 20);
    CHECK(acpi_info.isa_irq[9].level && acpi_info.isa_irq[9].low);
    CHECK(!acpi_info.isa_irq[0].level && !acpi_info.isa_irq[0].low);
    CHECK_EQ(acpi_info.isa_irq[4].gsi, 4);
    CHECK_EQ(acpi_info.pm_timer.address, 0x608);
    CHECK(acpi_info.pm_timer_32bit && acpi_info.reset_supported && acpi_info.has_8259);
    CHECK_EQ(acpi_info.hpet_base, 0xfed00000);
    CHECK_EQ(windows, 1);
    CHECK_EQ(maps, 0);
}

TEST(loaders_copy_of_the_root_pointer_is_enough)
{
    build();
    memcpy(bi.rsdp, mem + RSDP, 36);
    bi.rsdp_len = 36;
    memset(mem + RSDP, 0, 36);
    run();
    CHECK(acpi_info.present);
    CHECK_EQ(acpi_info.rsdp, 0);
}

TEST(damaged_copy_falls_back_to_the_bios_area)
{
    build();
    memcpy(bi.rsdp, mem + RSDP, 36);
    bi.rsdp[3] ^= 1;
    bi.rsdp_len = 36;
    run();
    CHECK(acpi_info.present);
    CHECK(strstr(log_text, "damaged") != NULL);
}

TEST(root_pointer_in_the_ebda)
{
    build();
    memset(mem + RSDP, 0, 36);
    put(0x40e, 0x9fc0, 2);
    rsdp(0x9fc00 + 64, 0);
    run();
    CHECK(acpi_info.present);
    CHECK_EQ(nr_present_cpus, 3);       /* by the RSDT: revision 0 has no XSDT */
    CHECK_EQ(windows, 0);
}

TEST(no_root_pointer)
{
    build();
    memset(mem + RSDP, 0, 36);
    run();
    CHECK(!acpi_info.present);
    CHECK_EQ(acpi_info.isa_irq[15].gsi, 15);
    CHECK_EQ(maps, 0);
}

TEST(bad_xsdt_gives_way_to_the_rsdt)
{
    build();
    mem[XSDT + 40] ^= 0xff;
    run();
    CHECK(acpi_info.present);
    CHECK_EQ(acpi_info.hpet_base, 0);
    CHECK_EQ(nr_present_cpus, 3);
}

TEST(damaged_table_is_left_out)
{
    build();
    mem[MADT + 50] ^= 1;
    run();
    CHECK(acpi_info.present);
    CHECK_EQ(nr_present_cpus, 0);
    CHECK(strstr(log_text, "APIC") != NULL && strstr(log_text, "damaged") != NULL);
    CHECK_EQ(acpi_info.hpet_base, 0xfed00000);
}

TEST(impossible_lengths)
{
    static const uint32_t lens[] = { 0, 1, 35, 0x200000, 0xffffffff };

    for (unsigned int i = 0; i < ARRAY_SIZE(lens); i++) {
        build();
        put(HPET + 4, lens[i], 4);
        run();
        CHECK(acpi_info.present);
        CHECK_EQ(acpi_info.hpet_base, 0);
        CHECK_EQ(maps, 0);
    }
}

TEST(madt_entry_of_no_or_too_great_length)
{
    static const uint8_t bad[] = { 0, 1, 7, 200 };

    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        build();
        mem[MADT + 44 + 8 + 1] = bad[i];        /* the second CPU's */
        fix(MADT, madt_end - MADT);
        run();
        CHECK_EQ(maps, 0);
        CHECK(nr_present_cpus >= 1);
    }
}

TEST(truncated_madt_and_fadt)
{
    for (uint32_t len = 36; len < 276; len++) {
        build();
        put(FADT + 4, len, 4);
        fix(FADT, len);
        put(MADT + 4, min(len, madt_end - MADT), 4);
        fix(MADT, min(len, madt_end - MADT));
        run();
        CHECK(acpi_info.present);
        CHECK_EQ(maps, 0);
    }
}

TEST(every_byte_of_every_table_flipped)
{
    for (uint32_t at = RSDT; at < MCFG + 60; at++) {
        if ((at & 0xfff) > 0x120) {
            continue;
        }
        for (unsigned int fixed = 0; fixed < 2; fixed++) {
            uint32_t t = at & ~0xfffu, len;

            build();
            mem[at] ^= 0xff;
            memcpy(&len, mem + t + 4, 4);
            if (fixed != 0 && len >= 36 && len < 0x1000) {
                fix(t, len);
            }
            run();
            CHECK_EQ(maps, 0);
        }
    }
}

TEST(many_cpus_and_ioapics_are_bounded)
{
    build();
    madt_end = MADT + 44;
    for (unsigned int i = 0; i < 300; i++) {
        uint8_t x2[16] = { 9, 16, 0, 0, (uint8_t)i, (uint8_t)(i >> 8), 1, 0, 1, 0, 0, 0 };

        memcpy(mem + 0x30000 + 44 + i * 16, x2, 16);
    }
    for (unsigned int i = 0; i < 40; i++) {
        uint8_t io[12] = { 1, 12, (uint8_t)i, 0, 0, 0, 0xc0, 0xfe, (uint8_t)i, 0, 0, 0 };

        memcpy(mem + 0x30000 + 44 + 300 * 16 + i * 12, io, 12);
    }
    memcpy(mem + 0x30000, "APIC", 4);
    put(0x30000 + 4, 44 + 300 * 16 + 40 * 12, 4);
    fix(0x30000, 44 + 300 * 16 + 40 * 12);
    put(XSDT + 44, 0x30000, 8);
    fix(XSDT, 36 + 32);
    run();
    CHECK_EQ(nr_present_cpus, NR_CPUS);
    CHECK_EQ(acpi_info.nr_ioapics, ACPI_MAX_IOAPICS);
}

TEST(power_off_writes_type_then_enable)
{
    build();
    run();
    nr_ports = 0;
    CHECK_EQ(acpi_enter_sleep(5, 0x3400, 0, false), -EIO);      /* this machine stays on */
    CHECK_EQ(nr_ports, 2);
    CHECK_EQ(port_log[0].port, 0x604);
    CHECK_EQ(port_log[0].v, 0x1401);    /* other bits kept, not yet enabled */
    CHECK_EQ(port_log[1].v, 0x3401);
    CHECK_EQ(acpi_enter_sleep(3, 0, 0, false), -EOPNOTSUPP);
    CHECK_EQ(acpi_enter_sleep(0, 0, 0, false), -EINVAL);
    CHECK_EQ(acpi_enter_sleep(6, 0, 0, false), -EINVAL);
    CHECK_EQ(acpi_enter_sleep(5, 0, 0, true), -ENODEV);
}

TEST_MAIN
