# SPDX-License-Identifier: GPL-2.0-only
stub-store_SRCS := stubdom/kernel/store-wire.c
stub-store_CFLAGS := -Istubdom/kernel/include -include stdint.h
