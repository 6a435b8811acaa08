/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages: what is written into the function, who may write there, and that all is undone. */
#include "fake.h"

#include <xen/errno.h>

#include <asm/irq.h>
#include <asm/mmio.h>

#include "harness.h"

#define DEV     PCI_SBDF(0, 0, FAKE_DEVFN)
#define CF8     (0x80000000u | (FAKE_DEVFN << 8))
#define TABLE   (fake_bar + 0x800)
#define TABLE_MFN _mfn(FAKE_BAR >> PAGE_SHIFT)

static uint32_t conf(unsigned int at, unsigned int bytes)
{
    uint32_t v = 0;

    memcpy(&v, fake_config + at, bytes);
    return v;
}

static uint32_t entry(unsigned int i, unsigned int at)
{
    uint32_t v;

    memcpy(&v, TABLE + i * 16 + at, 4);
    return v;
}

static int map_msi(unsigned int nr, int msix_entry)
{
    int pirq = -1, rc = pirq_map_msi(&fake_dom[0], DEV, nr, msix_entry, FAKE_BAR + 0x800, &pirq);

    return rc != 0 ? rc : pirq;
}

static unsigned int vector_of_message(unsigned int data) { return data & 0xff; }

TEST(plain_message)
{
    int pirq;

    fake_reset();
    pirq = map_msi(1, -1);
    CHECK(pirq >= FAKE_GSIS);
    CHECK_EQ(conf(0x44, 4), 0xfee00000);
    CHECK_EQ(conf(0x48, 4), 0);
    CHECK(conf(0x4c, 2) >= 0x30);
    CHECK_EQ(conf(0x50, 4) & 1, 1);             /* masked */
    CHECK_EQ(conf(0x42, 2) & 1, 0);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], (unsigned int)pirq, false), 0);
    CHECK_EQ(conf(0x50, 4) & 1, 0);
    CHECK_EQ(conf(0x42, 2) & 1, 1);
    do_IRQ(NULL, vector_of_message(conf(0x4c, 2)));
    CHECK_EQ(fake_sent, 1);
    CHECK_EQ(fake_last_pirq, pirq);
    CHECK_EQ(map_msi(1, -1), -EEXIST);
    CHECK_EQ(map_msi(1, 0), -EINVAL);           /* not both kinds */
    CHECK_EQ(pirq_unmap(&fake_dom[0], pirq), 0);
    CHECK_EQ(conf(0x42, 2) & 1, 0);
    CHECK(fake_end());
}

/* Another CPU, one that goes off say, sends the message elsewhere under the irq's lock. */
TEST(messages_come_and_go_under_their_lock)
{
    int pirq;

    fake_reset();
    fake_lock = &irq_descs[FAKE_GSIS].lock;     /* the first message has the first slot */
    pirq = map_msi(1, -1);
    CHECK_EQ(fake_unlocked, 0);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], (unsigned int)pirq, false), 0);
    CHECK(irq_descs[FAKE_GSIS].msi != NULL);
    CHECK_EQ(pirq_unmap(&fake_dom[0], pirq), 0);
    CHECK_EQ(fake_unlocked, 0);
    CHECK(fake_end());
}

/* The device puts the number of the message into the low bits of the vector. */
TEST(a_block_of_any_size_is_aligned)
{
    for (unsigned int nr = 1; nr <= 32; nr *= 2) {
        int pirq;

        fake_reset();
        fake_config[0x42] = (uint8_t)(0x80 | 5 << 1);   /* 32 messages */
        pirq = map_msi(nr, -1);
        CHECK(pirq >= FAKE_GSIS);
        CHECK_EQ(vector_of_message(conf(0x4c, 2)) % nr, 0);
        CHECK(vector_of_message(conf(0x4c, 2)) >= 0x30);
        CHECK_EQ(irq_descs[FAKE_GSIS + nr - 1].vector, vector_of_message(conf(0x4c, 2)) + nr - 1);
        CHECK(fake_end());
    }
}

/* Two messages are masked by one register: while one changes its bit the other must not. */
TEST(masks_of_a_function_change_one_at_a_time)
{
    int pirq;

    fake_reset();
    pirq = map_msi(2, -1);
    CHECK(pirq >= 0);
    /* From here on nothing but the masks is read and written in that place. */
    fake_lock = &pci_dev_find(DEV, false)->mask_lock;
    irq_unmask(FAKE_GSIS);
    irq_unmask(FAKE_GSIS + 1);
    CHECK_EQ(conf(0x50, 4) & 3, 0);
    irq_mask(FAKE_GSIS);
    CHECK_EQ(conf(0x50, 4) & 3, 1);
    CHECK_EQ(fake_unlocked, 0);
    fake_lock = NULL;
    CHECK(fake_end());
}

TEST(block_of_messages)
{
    int pirq;

    fake_reset();
    CHECK_EQ(map_msi(4, -1), -EINVAL);          /* the function has two */
    CHECK_EQ(map_msi(3, -1), -EINVAL);
    CHECK_EQ(map_msi(0, -1), -EINVAL);
    CHECK_EQ(map_msi(64, -1), -EINVAL);
    pirq = map_msi(2, -1);
    CHECK(pirq >= 0);
    CHECK_EQ(conf(0x4c, 2) & 1, 0);             /* aligned */
    CHECK_EQ((conf(0x42, 2) >> 4) & 7, 1);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], (unsigned int)pirq + 1, false), 0);
    CHECK_EQ(conf(0x50, 4) & 3, 1);
    do_IRQ(NULL, conf(0x4c, 2) + 1);
    CHECK_EQ(fake_last_pirq, pirq + 1);
    CHECK(fake_end());
}

TEST(msix_entries)
{
    int a, b;

    fake_reset();
    a = map_msi(1, 0);
    b = map_msi(1, 3);
    CHECK(a >= 0 && b >= 0 && a != b);
    CHECK(mmio_is_readonly(TABLE_MFN));
    CHECK_EQ(conf(0x62, 2) & 0xc000, 0x8000);
    for (unsigned int i = 0; i < 4; i++) {
        CHECK_EQ(entry(i, 12) & 1, 1);
    }
    CHECK_EQ(entry(3, 0), 0xfee00000);
    CHECK(entry(3, 8) >= 0x30 && entry(3, 8) != entry(0, 8));
    CHECK_EQ(map_msi(1, 3), -EEXIST);
    CHECK_EQ(map_msi(1, 4), -EINVAL);
    CHECK_EQ(map_msi(2, 1), -EINVAL);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], (unsigned int)b, false), 0);
    CHECK_EQ(entry(3, 12) & 1, 0);
    CHECK_EQ(entry(0, 12) & 1, 1);
    do_IRQ(NULL, entry(3, 8));
    CHECK_EQ(fake_last_pirq, b);
    CHECK_EQ(pirq_unmap(&fake_dom[0], a), 0);
    CHECK(mmio_is_readonly(TABLE_MFN));
    CHECK_EQ(pirq_unmap(&fake_dom[0], b), 0);
    CHECK(!mmio_is_readonly(TABLE_MFN));
    CHECK_EQ(conf(0x62, 2) & 0x8000, 0);
    CHECK(fake_end());
}

TEST(table_outside_any_device_is_refused)
{
    uint32_t bar = 0;

    fake_reset();
    memcpy(fake_config + 0x10, &bar, 4);        /* BAR says nothing, and memory is no place */
    CHECK_EQ(pirq_map_msi(&fake_dom[0], DEV, 1, 0, 0x10, &(int){ -1 }), -EINVAL);
    CHECK_EQ(pirq_map_msi(&fake_dom[0], DEV, 1, 0, 0xfff0000000000000, &(int){ -1 }), -EINVAL);
    CHECK_EQ(pirq_map_msi(&fake_dom[0], DEV, 1, 0, 0x100000000, &(int){ -1 }), -ENOMEM);
    CHECK(!mmio_is_readonly(_mfn(0x100000)));
    CHECK(fake_end());
}

TEST(absent_function)
{
    int pirq = -1;

    fake_reset();
    CHECK_EQ(pirq_map_msi(&fake_dom[0], PCI_SBDF(0, 7, 0), 1, -1, 0, &pirq), -ENODEV);
    CHECK_EQ(pirq_map_msi(&fake_dom[0], PCI_SBDF(9, 0, FAKE_DEVFN), 1, -1, 0, &pirq), -ENODEV);
    CHECK_EQ(pci_dev_add(PCI_SBDF(0, 7, 0), false, false, PCI_SBDF(0, 7, 0), 0), -ENODEV);
    CHECK_EQ(pci_dev_remove(PCI_SBDF(0, 7, 0)), -ENODEV);
    CHECK(fake_end());
}

TEST(device_in_use_is_not_removed)
{
    int pirq;

    fake_reset();
    CHECK_EQ(pci_dev_add(DEV, false, false, DEV, 1), 0);
    CHECK_EQ(pci_dev_add(DEV, false, false, DEV, 1), 0);
    pirq = map_msi(1, -1);
    CHECK_EQ(pci_dev_remove(DEV), -EBUSY);
    CHECK_EQ(pirq_unmap(&fake_dom[0], pirq), 0);
    CHECK_EQ(pci_dev_remove(DEV), 0);
    CHECK(fake_end());
}

/* Each of dom0's configuration writes walks the list of functions without a lock. */
TEST(removed_function_stays_while_others_look)
{
    const struct pci_dev *p;

    fake_reset();
    CHECK_EQ(pci_dev_add(DEV, false, false, DEV, 1), 0);
    p = pci_dev_find(DEV, false);
    CHECK_EQ(pci_dev_remove(DEV), 0);
    CHECK(pci_dev_find(DEV, false) == NULL);
    CHECK(p->next == NULL && p->node == 1);
    CHECK(fake_end());
}

TEST(dom0_cannot_redirect_messages)
{
    struct domain *d = &fake_dom[0];

    fake_reset();
    CHECK(map_msi(1, -1) >= 0);
    pci_guest_cfg_write(d, CF8 | 0x44, 0, 4, 0xdeadbeef);
    CHECK_EQ(conf(0x44, 4), 0xfee00000);
    pci_guest_cfg_write(d, CF8 | 0x50, 0, 4, 0);
    CHECK_EQ(conf(0x50, 4) & 1, 1);
    pci_guest_cfg_write(d, CF8 | 0x40, 2, 2, 0x00f1);   /* enable, and 128 messages */
    CHECK_EQ(conf(0x42, 2) & 0x71, 0x01);
    pci_guest_cfg_write(d, CF8 | 0x3c, 0, 1, 5);        /* its own registers are its own */
    CHECK_EQ(conf(0x3c, 1), 5);
    pci_guest_cfg_write(d, CF8 | 0x58, 0, 4, 0x77);     /* right behind the capability */
    CHECK_EQ(conf(0x58, 4), 0x77);
    CHECK(fake_end());
}

TEST(cycles_of_others_and_odd_ones)
{
    fake_reset();
    CHECK_EQ(pci_guest_cfg_read(&fake_dom[0], CF8, 0, 4), 0x12348086);
    CHECK_EQ(pci_guest_cfg_read(&fake_dom[0], CF8, 2, 2), 0x1234);
    CHECK_EQ(pci_guest_cfg_read(&fake_dom[1], CF8, 0, 4), 0xffffffff);
    CHECK_EQ(pci_guest_cfg_read(&fake_dom[0], CF8 & 0x7fffffff, 0, 2), 0xffff);
    CHECK_EQ(pci_guest_cfg_read(&fake_dom[0], CF8, 3, 4), 0xffffffff);
    CHECK_EQ(pci_guest_cfg_read(&fake_dom[0], CF8, 1, 2), 0xffff);
    pci_guest_cfg_write(&fake_dom[1], CF8, 0, 4, 0);
    CHECK_EQ(conf(0, 4), 0x12348086);
    CHECK(fake_end());
}

TEST(lost_messages_are_written_again)
{
    uint32_t data;
    int pirq;

    fake_reset();
    pirq = map_msi(1, -1);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], (unsigned int)pirq, false), 0);
    data = conf(0x4c, 2);
    memset(fake_config + 0x44, 0, 16);
    fake_config[0x42] &= 0xfe;
    CHECK_EQ(msi_restore(DEV), 0);
    CHECK_EQ(conf(0x44, 4), 0xfee00000);
    CHECK_EQ(conf(0x4c, 2), data);
    CHECK_EQ(conf(0x42, 2) & 1, 1);
    CHECK_EQ(conf(0x50, 4) & 1, 0);
    CHECK_EQ(msi_restore(PCI_SBDF(0, 1, 0)), -ENODEV);
    CHECK(fake_end());
}

TEST(prepared_table_stays_protected)
{
    int pirq;

    fake_reset();
    CHECK_EQ(msi_prepare(DEV, true), 0);
    CHECK_EQ(msi_prepare(DEV, true), -EBUSY);
    CHECK(mmio_is_readonly(TABLE_MFN));
    pirq = map_msi(1, 1);
    CHECK(pirq >= 0);
    CHECK_EQ(pirq_unmap(&fake_dom[0], pirq), 0);
    CHECK(mmio_is_readonly(TABLE_MFN));
    CHECK_EQ(pci_dev_remove(DEV), -EBUSY);
    CHECK_EQ(msi_prepare(DEV, false), 0);
    CHECK(!mmio_is_readonly(TABLE_MFN));
    CHECK_EQ(msi_prepare(DEV, false), 0);
    CHECK_EQ(msi_prepare(PCI_SBDF(0, 1, 0), true), -ENODEV);
    CHECK(fake_end());
}

TEST(no_memory_at_any_step_leaves_nothing)
{
    for (int n = 1; n < 8; n++) {
        int rc;

        fake_reset();
        fake_no_memory_in = n;
        rc = map_msi(n & 1 ? 2 : 1, n & 1 ? -1 : 2);
        fake_no_memory_in = 0;
        CHECK(rc >= 0 || rc == -ENOMEM || rc == -ENODEV);
        CHECK(fake_end());
    }
}

TEST(capability_list_without_end)
{
    fake_reset();
    fake_config[0x41] = 0x40;                   /* points at itself */
    CHECK_EQ(pci_find_cap(DEV, 0x11), 0);
    CHECK_EQ(pci_find_cap(DEV, 0x05), 0x40);
    fake_config[0x34] = 0xff;
    CHECK_EQ(pci_find_cap(DEV, 0x05), 0);
    CHECK(fake_end());
}

TEST_MAIN
