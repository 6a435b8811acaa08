# SPDX-License-Identifier: GPL-2.0-only
spec_SRCS := $(addprefix tools/libs/util/,spec.c disk-spec.c vif-spec.c channel-spec.c screen-spec.c range-spec.c \
    nearest.c) $(addprefix tools/libs/light/,device-config.c vdev.c) tools/libs/ctrl/err.c
spec_CFLAGS := -D_GNU_SOURCE -Itools/libs/util -Itools/libs/util/include -Itools/libs/light/include \
    -Itools/libs/ctrl/include
