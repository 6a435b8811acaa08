# SPDX-License-Identifier: GPL-2.0-only
config_SRCS := $(addprefix tools/libs/util/,cfg.c cfg-parse.c keys.c key-items.c key-table.c \
    keys-text.c nearest.c spec.c disk-spec.c vif-spec.c channel-spec.c screen-spec.c cpuid-spec.c \
    range-spec.c) $(addprefix tools/libs/light/,config.c uuid-cpus.c device-config.c vdev.c \
    cpuid-names.c) tools/libs/ctrl/err.c
config_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools/libs/util -Itools/libs/util/include \
    -Itools/libs/light/include -Itools/libs/ctrl/include
