# SPDX-License-Identifier: GPL-2.0-only
boot-answer_SRCS := tools/libs/light/bootloader-answer.c tools/libs/ctrl/err.c
boot-answer_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ $(addsuffix /include,$(addprefix -Itools/libs/,light ctrl guest store)) \
    -Itools/libs/light
