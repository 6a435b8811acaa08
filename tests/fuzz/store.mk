# SPDX-License-Identifier: GPL-2.0-only
store_SRCS := $(addprefix tools/xenstored/,control.c domain.c nodes.c note.c outq.c perms.c \
    replay.c request.c save.c store.c tree.c tx.c view.c watch.c)
store_CFLAGS := -D_GNU_SOURCE -Itools/xenstored
