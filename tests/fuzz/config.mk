# SPDX-License-Identifier: GPL-2.0-only
config_SRCS := $(addprefix tools/libs/util/,cfg.c cfg-parse.c keys.c key-table.c keys-text.c nearest.c) \
    tools/libs/light/config.c tools/libs/light/uuid-cpus.c tools/libs/ctrl/err.c
config_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools/libs/util -Itools/libs/util/include \
    -Itools/libs/light/include -Itools/libs/ctrl/include
