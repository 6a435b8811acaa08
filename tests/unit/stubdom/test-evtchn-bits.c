/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the 2-level ABI's bits: each touches its own and no other. */
#include "harness.h"

#include <stub/evtchn.h>

static struct shared_info page;
struct shared_info *shared_info = &page;

static const evtchn_port_t ports[] = { 0, 1, 63, 64, 65, 4095 };

static unsigned int bits(const xen_ulong_t *words)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(page.evtchn_pending); i++) {
        n += (unsigned int)__builtin_popcountl(words[i]);
    }
    return n;
}

TEST(a_pending_bit_is_taken_once_and_alone)
{
    memset(&page, 0, sizeof(page));
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        page.evtchn_pending[ports[i] / 64] |= 1UL << (ports[i] % 64);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        EXPECT(evtchn_take(ports[i]));
        CHECK_EQ(bits(page.evtchn_pending), ARRAY_SIZE(ports) - 1 - i);
        EXPECT(!evtchn_take(ports[i]));
    }
    CHECK_EQ(bits(page.evtchn_mask), 0);
}

TEST(a_mask_bit_is_set_and_cleared_alone)
{
    memset(&page, 0, sizeof(page));
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        evtchn_set_mask(ports[i], true);
        evtchn_set_mask(ports[i], true);
        CHECK_EQ(bits(page.evtchn_mask), i + 1);
        CHECK(page.evtchn_mask[ports[i] / 64] & 1UL << (ports[i] % 64));
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        evtchn_set_mask(ports[i], false);
        evtchn_set_mask(ports[i], false);
        CHECK_EQ(bits(page.evtchn_mask), ARRAY_SIZE(ports) - 1 - i);
    }
    CHECK_EQ(bits(page.evtchn_pending), 0);
}

TEST_MAIN
