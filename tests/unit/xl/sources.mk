# SPDX-License-Identifier: GPL-2.0-only
xl_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools/xl -Itools/libs/util -Itools/libs/util/include \
             -Itools/libs/light/include -Itools/libs/ctrl/include -Itools/libs/store/include \
             -Wno-format-truncation -Ixen/include
CONF_SRCS := tools/xl/conf.c tools/libs/util/keys.c tools/libs/util/key-table.c \
             tools/libs/util/cfg.c tools/libs/util/cfg-parse.c tools/libs/util/nearest.c \
             $(addprefix tools/libs/util/,spec.c disk-spec.c vif-spec.c) \
             $(addprefix tools/libs/light/,config.c device-config.c vdev.c uuid-cpus.c) \
             tools/libs/ctrl/err.c
test-man_SRCS := tools/xl/verbs.c tools/xl/stat-fields.c $(CONF_SRCS)
test-conf_SRCS := $(CONF_SRCS)
test-words_SRCS := tools/xl/verbs.c tools/xl/complete.c tools/xl/numbers.c tools/libs/ctrl/err.c
test-top_SRCS := tools/xl/top-rows.c
test-stat_SRCS := tools/xl/stat-fields.c
