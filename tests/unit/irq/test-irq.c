/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines: who gets them, when they are masked, and what hostile or absent-minded domains can do. */
#include "fake.h"

#include <xen/errno.h>
#include <xen/unit.h>

#include <asm/irq.h>

#include <public/physdev.h>

#include "harness.h"

extern const struct unit irq_unit;

static int map(unsigned int dom, unsigned int gsi)
{
    int pirq = (int)gsi;
    int rc = pirq_map_gsi(&fake_dom[dom], gsi, &pirq);

    return rc != 0 ? rc : pirq;
}

TEST(level_line_is_masked_until_eoi)
{
    fake_reset();
    CHECK_EQ(map(0, 17), 17);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, false), 0);
    CHECK(fake_line[17].level && fake_line[17].low && !fake_line[17].masked);
    CHECK(fake_raise(17));
    CHECK(fake_line[17].masked);
    CHECK_EQ(fake_eois, 1);
    CHECK_EQ(fake_sent, 1);
    CHECK_EQ(fake_last_pirq, 17);
    CHECK(!fake_raise(17));
    pirq_guest_eoi(&fake_dom[0], 17);
    CHECK(!fake_line[17].masked);
    pirq_guest_eoi(&fake_dom[0], 17);           /* one too many */
    CHECK(fake_raise(17));
    CHECK(fake_end());
}

TEST(edge_line_stays_open)
{
    fake_reset();
    CHECK_EQ(map(0, 4), 4);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 4, false), 0);
    CHECK(!fake_line[4].level);
    CHECK(fake_raise(4) && fake_raise(4));
    CHECK_EQ(fake_sent, 2);
    CHECK_EQ(fake_eois, 2);
    CHECK(fake_end());
}

/* No interrupt is left with a CPU that goes, nor given to one that is off. */
TEST(interrupts_leave_a_cpu)
{
    fake_reset();
    CHECK_EQ(map(0, 17), 17);
    irq_set_cpu(17, 1);
    CHECK_EQ(irq_desc_of(17)->cpu, 1);
    irqs_leave(2);
    CHECK_EQ(irq_desc_of(17)->cpu, 1);
    irqs_leave(1);
    CHECK_EQ(irq_desc_of(17)->cpu, 0);
    irq_set_cpu(17, 5);
    CHECK_EQ(irq_desc_of(17)->cpu, 0);
    CHECK(fake_end());
}

/* A line follows the vcpu that its event channel is bound to; other domains' lines do not. */
TEST(affinity_follows_the_vcpu)
{
    fake_reset();
    CHECK_EQ(map(0, 17), 17);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, false), 0);
    fake_vcpu[0].processor = fake_vcpu[1].processor = 1;
    pirq_set_affinity(&fake_vcpu[1], 17);
    CHECK_EQ(irq_desc_of(17)->cpu, 0);
    pirq_set_affinity(&fake_vcpu[0], 17);
    CHECK_EQ(irq_desc_of(17)->cpu, 1);
    CHECK_EQ(fake_line[17].cpu, 1);
    pirq_set_affinity(&fake_vcpu[0], 4);        /* not mapped; absurd */
    pirq_set_affinity(&fake_vcpu[0], ~0u);
    fake_vcpu[0].processor = 7;                 /* off by now: where this runs */
    pirq_set_affinity(&fake_vcpu[0], 17);
    CHECK_EQ(fake_line[17].cpu, 0);
    CHECK(fake_raise(17));
    CHECK(fake_end());
}

TEST(isa_numbers_follow_the_overrides)
{
    fake_reset();
    CHECK_EQ(map(0, 0), 0);
    CHECK_EQ(map(0, 9), 9);
    CHECK(fake_line[2].vector != 0);
    CHECK(fake_line[9].level && !fake_line[9].low);
    CHECK_EQ(map(0, 2), -EEXIST);               /* line 2 is ISA 0 already */
    CHECK(fake_end());
}

TEST(unmapped_or_absurd_numbers)
{
    int pirq;

    fake_reset();
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, false), -EINVAL);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], ~0u, false), -EINVAL);
    CHECK_EQ(map(0, 17), 17);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], nr_irqs, false), -EINVAL);
    pirq_guest_eoi(&fake_dom[0], ~0u);
    pirq_guest_unbind(&fake_dom[0], ~0u);
    CHECK_EQ(map(0, FAKE_GSIS), -EINVAL);
    CHECK_EQ(map(0, ~0u), -EINVAL);
    pirq = (int)nr_irqs;
    CHECK_EQ(pirq_map_gsi(&fake_dom[0], 18, &pirq), -EINVAL);
    pirq = 17;
    CHECK_EQ(pirq_map_gsi(&fake_dom[0], 18, &pirq), -EINVAL);   /* 17 is taken */
    CHECK_EQ(map(0, 17), 17);                                   /* again is fine */
    CHECK_EQ(pirq_unmap(&fake_dom[0], 5), -EINVAL);
    CHECK_EQ(pirq_unmap(&fake_dom[0], -3), -EINVAL);
    fake_dom[1].dying = DOMDYING_DYING;
    CHECK_EQ(map(1, 19), -EINVAL);
    CHECK(fake_end());
}

static void unmap_17(void)
{
    CHECK_EQ(pirq_unmap(&fake_dom[1], 17), 0);
}

/* dom0 takes a line away while the guest binds it: it is not left bound, with no name for it. */
TEST(line_unmapped_while_it_is_bound)
{
    fake_reset();
    CHECK_EQ(map(1, 17), 17);
    fake_meanwhile = unmap_17;
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[1], 17, false), -EINVAL);
    CHECK(fake_line[17].masked);
    CHECK_EQ(map(2, 17), 17);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[2], 17, false), 0);
    CHECK(fake_end());
}

TEST(sharing_needs_everybodys_word)
{
    fake_reset();
    CHECK(map(0, 20) == 20 && map(1, 20) == 20);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 20, false), 0);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 20, false), -EEXIST);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[1], 20, true), -EBUSY);
    pirq_guest_unbind(&fake_dom[0], 20);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 20, true), 0);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[1], 20, false), -EBUSY);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[1], 20, true), 0);
    CHECK(fake_end());
}

static void share_21(void)
{
    CHECK(map(0, 21) == 21 && map(1, 21) == 21);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 21, true), 0);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[1], 21, true), 0);
}

TEST(shared_line_opens_with_the_last_eoi)
{
    fake_reset();
    share_21();
    CHECK(fake_raise(21));
    CHECK_EQ(fake_sent, 2);
    pirq_guest_eoi(&fake_dom[1], 21);
    pirq_guest_eoi(&fake_dom[1], 21);
    CHECK(fake_line[21].masked);
    pirq_guest_eoi(&fake_dom[0], 21);
    CHECK(!fake_line[21].masked);
    CHECK(fake_end());
}

TEST(silent_sharer_is_waited_for_in_vain_only_so_long)
{
    fake_reset();
    share_21();
    CHECK(fake_raise(21));
    pirq_guest_eoi(&fake_dom[0], 21);
    CHECK(fake_line[21].masked);
    fake_now += MILLISECS(100);
    fake_expire();
    CHECK(!fake_line[21].masked);
    CHECK(fake_end());
}

TEST(leaving_domain_lets_the_others_go_on)
{
    fake_reset();
    share_21();
    CHECK(fake_raise(21));
    pirq_guest_eoi(&fake_dom[0], 21);
    pirq_guest_unbind(&fake_dom[1], 21);
    CHECK(!fake_line[21].masked);
    CHECK(fake_raise(21));
    CHECK(fake_last_dom == &fake_dom[0]);
    CHECK(fake_end());
}

TEST(unbound_line_is_masked_for_good)
{
    fake_reset();
    CHECK_EQ(map(0, 22), 22);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 22, false), 0);
    CHECK(fake_raise(22));
    pirq_guest_unbind(&fake_dom[0], 22);
    CHECK(fake_line[22].masked);
    pirq_guest_eoi(&fake_dom[0], 22);           /* late EOI opens nothing */
    CHECK(fake_line[22].masked);
    do_IRQ(NULL, fake_line[22].vector);         /* one was on its way */
    CHECK_EQ(fake_eois, 2);
    CHECK_EQ(fake_sent, 1);
    CHECK(fake_end());
}

static unsigned int own_calls;

static void own_handler(unsigned int irq, void *data)
{
    own_calls += irq == 4 && data == &own_calls;
}

TEST(xylems_own_line_is_not_for_guests)
{
    fake_reset();
    own_calls = 0;
    CHECK_EQ(request_irq(4, own_handler, "test", &own_calls), 0);
    CHECK_EQ(request_irq(4, own_handler, "test", &own_calls), -EBUSY);
    CHECK(fake_raise(4));
    CHECK_EQ(own_calls, 1);
    CHECK_EQ(fake_eois, 1);
    CHECK_EQ(map(0, 4), 4);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 4, true), -EBUSY);
    CHECK_EQ(irq_set_trigger(4, true, true), -EEXIST);
    release_irq(4);
    CHECK(!fake_raise(4));
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 4, false), 0);
    CHECK_EQ(request_irq(4, own_handler, "test", NULL), -EBUSY);
    CHECK_EQ(request_irq(1000, own_handler, "test", NULL), -EINVAL);
    CHECK(fake_end());
}

TEST(trigger_can_be_set_until_it_is_in_use)
{
    fake_reset();
    CHECK_EQ(irq_set_trigger(10, true, true), 0);
    CHECK_EQ(map(0, 10), 10);
    CHECK(fake_line[10].level && fake_line[10].low);
    CHECK_EQ(irq_set_trigger(10, false, false), 0);
    CHECK(!fake_line[10].level);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 10, false), 0);
    CHECK_EQ(irq_set_trigger(10, false, false), 0);
    CHECK_EQ(irq_set_trigger(10, true, false), -EEXIST);
    CHECK_EQ(irq_set_trigger(FAKE_GSIS, true, false), -EINVAL);
    CHECK(fake_end());
}

TEST(storm_rests_and_comes_back)
{
    unsigned int n = 0;

    fake_reset();
    CHECK_EQ(map(0, 5), 5);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 5, false), 0);
    fake_now += MILLISECS(5);
    while (n < 5000 && fake_raise(5)) {
        n++;
    }
    CHECK(n > 1000 && n < 3000);
    CHECK(fake_line[5].masked);
    fake_now += MILLISECS(10);
    fake_expire();
    CHECK(fake_raise(5));
    CHECK(fake_end());
}

/* A level line that its guest answers at once: the answer does not end the rest. */
TEST(level_storm_rests_whatever_the_guest_says)
{
    unsigned int n = 0;

    fake_reset();
    CHECK_EQ(map(0, 17), 17);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, false), 0);
    fake_now += MILLISECS(5);
    while (n < 5000 && fake_raise(17)) {
        pirq_guest_eoi(&fake_dom[0], 17);
        n++;
    }
    CHECK(n > 1000 && n < 3000);
    CHECK(fake_line[17].masked);
    fake_now += MILLISECS(10);
    fake_expire();
    CHECK(!fake_line[17].masked);
    CHECK(fake_end());
}

/* ... and the end of the rest is no answer. */
TEST(level_storm_waits_for_the_guest_after_its_rest)
{
    fake_reset();
    share_21();
    fake_now += MILLISECS(5);
    while (fake_raise(21) && fake_sent < 10000) {
        if (!irq_desc_of(21)->guests->throttled) {
            pirq_guest_eoi(&fake_dom[0], 21);
            pirq_guest_eoi(&fake_dom[1], 21);
        }
    }
    CHECK(fake_sent < 10000);
    pirq_guest_eoi(&fake_dom[0], 21);
    fake_now += MILLISECS(10);
    fake_expire();
    CHECK(fake_line[21].masked);                /* the other one has its 100 ms from here */
    fake_now += MILLISECS(100);
    fake_expire();
    CHECK(!fake_line[21].masked);
    CHECK(fake_end());
}

TEST(brisk_device_is_no_storm)
{
    fake_reset();
    CHECK_EQ(map(0, 5), 5);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 5, false), 0);
    for (unsigned int n = 0; n < 20000; n++) {
        fake_now += MICROSECS(2);
        CHECK(fake_raise(5));
    }
    CHECK(fake_end());
}

TEST(status_and_shared_bitmap_tell_of_level_lines)
{
    uint32_t flags;

    fake_reset();
    CHECK(map(0, 17) == 17 && map(0, 4) == 4);
    CHECK_EQ(pirq_share_eoi_map(&fake_dom[0], _mfn(0)), 0);
    CHECK_EQ(pirq_share_eoi_map(&fake_dom[0], _mfn(0)), -EBUSY);
    CHECK_EQ(pirq_share_eoi_map(&fake_dom[0], _mfn(12345)), -EINVAL);
    CHECK(test_bit(17, fake_dom[0].arch.pirq_eoi_map));
    CHECK(!test_bit(4, fake_dom[0].arch.pirq_eoi_map));
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, true), 0);
    CHECK_EQ(pirq_status(&fake_dom[0], 17, &flags), 0);
    CHECK_EQ(flags, XENIRQSTAT_needs_eoi | XENIRQSTAT_shared);
    CHECK_EQ(pirq_status(&fake_dom[0], 4, &flags), 0);
    CHECK_EQ(flags, 0);
    CHECK_EQ(pirq_status(&fake_dom[0], nr_irqs, &flags), -EINVAL);
    pirq_guest_unbind(&fake_dom[0], 17);
    CHECK(!test_bit(17, fake_dom[0].arch.pirq_eoi_map));
    CHECK(fake_end());
}

TEST(reserved_numbers)
{
    uint32_t a, b;
    int pirq;

    fake_reset();
    CHECK_EQ(pirq_reserve(&fake_dom[0], false, &a), 0);
    CHECK_EQ(pirq_reserve(&fake_dom[0], false, &b), 0);
    CHECK(a >= 16 && b >= 16 && a != b && b < FAKE_GSIS);
    pirq = (int)a;
    CHECK_EQ(pirq_map_gsi(&fake_dom[0], 23, &pirq), 0);
    CHECK_EQ(pirq_unmap(&fake_dom[0], (int)b), 0);
    CHECK_EQ(pirq_unmap(&fake_dom[0], (int)b), -EINVAL);
    for (unsigned int i = 0; i < 7; i++) {
        (void)pirq_reserve(&fake_dom[0], false, &a);
    }
    CHECK_EQ(pirq_reserve(&fake_dom[0], false, &a), -ENOSPC);
    CHECK(fake_end());
}

TEST(no_memory_leaves_nothing)
{
    fake_reset();
    fake_no_memory_in = 1;
    CHECK_EQ(map(0, 17), -ENOMEM);
    CHECK_EQ(map(0, 17), 17);
    fake_no_memory_in = 1;
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, false), -ENOMEM);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, false), 0);
    CHECK(fake_end());
}

/* A debug key looks at lines that their users may leave meanwhile. */
TEST(who_looks_at_a_line_holds_its_lock)
{
    uint16_t taken;

    fake_reset();
    CHECK_EQ(map(0, 17), 17);
    CHECK_EQ(pirq_guest_bind(&fake_vcpu[0], 17, false), 0);
    taken = irq_descs[17].lock.next;
    CHECK(irq_unit.check(&fake_dom[0]));
    CHECK(irq_descs[17].lock.next != taken);
    CHECK(!spin_is_locked(&irq_descs[17].lock));
    CHECK(fake_end());
}

TEST(stray_vectors_do_no_harm)
{
    fake_reset();
    for (unsigned int v = 0x20; v < 0x100; v++) {
        do_IRQ(NULL, v);
    }
    CHECK_EQ(fake_sent, 0);
    CHECK(fake_end());
}

TEST_MAIN
