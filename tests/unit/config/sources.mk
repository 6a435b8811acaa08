# SPDX-License-Identifier: GPL-2.0-only
config_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools/libs/util -Itools/libs/util/include \
                 -Itools/libs/light/include -Itools/libs/ctrl/include \
                 -Wno-format-truncation
CONFIG_SRCS := $(addprefix tools/libs/util/,cfg-parse.c cfg.c key-items.c key-table.c keys.c \
                 keys-text.c nearest.c json.c config-json.c spec.c disk-spec.c vif-spec.c channel-spec.c \
                 screen-spec.c cpuid-spec.c range-spec.c) \
               $(addprefix tools/libs/light/,config.c device-config.c vdev.c uuid-cpus.c \
                 cpuid-names.c) tools/libs/ctrl/err.c
test-cfg_SRCS  := $(CONFIG_SRCS)
test-keys_SRCS := $(CONFIG_SRCS)
test-json_SRCS := $(CONFIG_SRCS)
test-cpus_SRCS := $(CONFIG_SRCS)
test-disk_SRCS := $(CONFIG_SRCS)
test-vif_SRCS  := $(CONFIG_SRCS)
test-cpuid-spec_SRCS := $(CONFIG_SRCS)
test-channel-spec_SRCS := $(CONFIG_SRCS)
test-screen-spec_SRCS := $(CONFIG_SRCS)
test-ranges_SRCS := $(CONFIG_SRCS)
test-vdev_SRCS := $(CONFIG_SRCS)
test-config-faults_SRCS   := $(CONFIG_SRCS) tests/unit/harness/fault.c
test-config-faults_CFLAGS := -include tests/unit/harness/fault.h
