# SPDX-License-Identifier: GPL-2.0-only
stub-console_SRCS := stubdom/kernel/console-ring.c
stub-console_CFLAGS := -Istubdom/kernel/include -include stdint.h
