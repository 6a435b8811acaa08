# SPDX-License-Identifier: GPL-2.0-only
stub-blk_SRCS := stubdom/kernel/blk-ring.c stubdom/kernel/ring.c tests/unit/stubdom/fake-grant.c
stub-blk_CFLAGS := -Istubdom/kernel/include -Itests/unit/stubdom -include stdint.h \
    -Wno-address-of-packed-member
