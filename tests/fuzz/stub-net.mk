# SPDX-License-Identifier: GPL-2.0-only
stub-net_SRCS := $(addprefix stubdom/kernel/,net-lend.c net-rings.c net-tx.c ring.c) \
    tests/unit/stubdom/fake-grant.c
stub-net_CFLAGS := -Istubdom/kernel/include -Itests/unit/stubdom -include stdint.h \
    -Wno-address-of-packed-member
