# SPDX-License-Identifier: GPL-2.0-only
# What the store's unit tests link.
STORE_CORE := $(addprefix tools/xenstored/,control.c domain.c nodes.c outq.c perms.c request.c \
    store.c tree.c tx.c view.c watch.c)

store_CFLAGS := -D_GNU_SOURCE

$(foreach t,tree store guest ring,$(eval test-$(t)_CFLAGS := -Itools/xenstored))

test-tree_SRCS  := tools/xenstored/tree.c
test-store_SRCS := $(STORE_CORE) tests/unit/store/client.c
test-guest_SRCS := $(STORE_CORE) tests/unit/store/client.c
test-ring_SRCS  := tools/xenstored/ring.c
test-console_SRCS   := tools/xenconsoled/ring.c tools/xenconsoled/buffer.c
test-console_CFLAGS := -Itools/xenconsoled
