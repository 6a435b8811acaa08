/* SPDX-License-Identifier: GPL-2.0-only */
/* Names and numbers of virtual disks. */
#include "harness.h"
#include "xyl_device.h"

#include <errno.h>

static const struct { const char *name; int number; } known[] = {
    { "xvda", 51712 }, { "xvda1", 51713 }, { "xvdb", 51728 }, { "xvdp15", 51967 },
    { "xvdq", 1 << 28 | 16 << 8 }, { "xvda16", 1 << 28 | 16 }, { "xvdaa", 1 << 28 | 26 << 8 },
    { "xvdzz9", 1 << 28 | 701 << 8 | 9 }, { "xvda255", 1 << 28 | 255 },
    { "sda", 2048 }, { "sdb3", 2067 }, { "sdp15", 2303 },
    { "hda", 768 }, { "hdb", 832 }, { "hdc", 5632 }, { "hdd63", 5759 }, { "hda1", 769 },
};

TEST(names_have_the_numbers_of_the_abi)
{
    char name[XYL_VDEV_TEXT];

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        CHECK_EQ(xyl_vdev_number(known[i].name), known[i].number);
        xyl_vdev_name((uint32_t)known[i].number, name);
        CHECK_STR(name, known[i].name);
    }
}

TEST(numbers_name_themselves)
{
    char name[XYL_VDEV_TEXT];

    CHECK_EQ(xyl_vdev_number("51712"), 51712);
    CHECK_EQ(xyl_vdev_number("0xca00"), 51712);
    CHECK_EQ(xyl_vdev_number("d0"), 51712);
    CHECK_EQ(xyl_vdev_number("d1p2"), 51730);
    CHECK_EQ(xyl_vdev_number("d16p0"), 1 << 28 | 16 << 8);
    CHECK_EQ(xyl_vdev_number("d1048575p255"), (1 << 29) - 1);
    xyl_vdev_name(77, name);
    CHECK_STR(name, "77");
    xyl_vdev_name(3 << 8 | 200, name);
    CHECK_STR(name, "968");
    xyl_vdev_name(UINT32_MAX, name);
    CHECK_STR(name, "4294967295");
}

TEST(what_is_no_name_is_refused)
{
    static const char *const bad[] = {
        "", "x", "xvd", "xvd1", "xvdA", "xvda0", "xvda01", "xvda1x", "sd", "hd ", "d", "dp1",
        "d1p", "d1p2x", "nvme0n1", "-1", "51712x", " 5", "xvda-1",
    };
    static const char *const out_of_range[] = {
        "xvda256", "sdq", "sda16", "hde", "hda64", "536870912", "99999999999999999999",
        "d1048576", "xvdzzzzzzzzzzzzzz", "xvda99999999999999999999", "d0p256",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQ(xyl_vdev_number(bad[i]), -EINVAL);
    }
    for (size_t i = 0; i < sizeof(out_of_range) / sizeof(out_of_range[0]); i++) {
        CHECK_EQ(xyl_vdev_number(out_of_range[i]), -ERANGE);
    }
}

TEST(each_number_and_its_name_agree)
{
    char name[XYL_VDEV_TEXT];

    for (uint32_t number = 0; number < 1u << 29; number += number < 1u << 17 ? 1 : 4099) {
        xyl_vdev_name(number, name);
        /* An extended number that the short form covers has the short form's name. */
        if ((number & 1u << 28) && (number >> 8 & 0xfffff) < 16 && (number & 0xff) < 16) {
            continue;
        }
        CHECK_EQ(xyl_vdev_number(name), number);
    }
}

TEST_MAIN
