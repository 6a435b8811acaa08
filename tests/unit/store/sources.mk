# SPDX-License-Identifier: GPL-2.0-only
# What the unit tests of store, its client library and console daemon link.
STORE_CORE := $(addprefix tools/xenstored/,control.c domain.c nodes.c note.c outq.c perms.c \
    replay.c request.c save.c store.c tree.c tx.c view.c watch.c)
STORE_DAEMON := $(STORE_CORE) $(addprefix tools/xenstored/,journal.c journal-file.c \
    journal-load.c journal-serving.c posix.c ring.c xen.c xen-connect.c xen-news.c xen-serve.c) \
    tools/libs/daemon/wait.c tests/unit/store/fake-xen.c
STORE_CLIENT := $(addprefix tools/libs/store/,again.c connection.c request.c watch.c)

store_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools/libs/daemon/include
$(foreach t,tree store guest nomem poison replay restart ring rings socket,$(eval test-$(t)_CFLAGS := -Itools/xenstored))

test-tree_SRCS     := tools/xenstored/tree.c
test-store_SRCS    := $(STORE_CORE) tests/unit/store/client.c
test-guest_SRCS    := $(STORE_CORE) tests/unit/store/client.c
test-guest_LDLIBS  := -Wl,--wrap=tree_find
test-nomem_SRCS    := $(STORE_CORE) tests/unit/store/client.c
test-nomem_LDLIBS  := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
test-replay_SRCS   := $(STORE_CORE) tests/unit/store/client.c
test-ring_SRCS     := tools/xenstored/ring.c
test-wait_SRCS     := tools/libs/daemon/daemon.c tools/libs/daemon/wait.c
test-keep_SRCS     := tools/libs/daemon/daemon.c tools/libs/daemon/keep.c
test-rings_SRCS    := $(STORE_DAEMON)
test-rings_LDLIBS  := -Wl,--wrap=ring_taken
test-poison_SRCS   := $(STORE_DAEMON)
test-poison_LDLIBS := -Wl,--wrap=store_message,--wrap=store_replay
test-restart_SRCS   := $(STORE_DAEMON)
test-restart_CFLAGS += -fsanitize-coverage=trace-pc -DLOG_MIN=4096u
test-socket_SRCS   := $(STORE_DAEMON) $(STORE_CLIENT) tests/unit/store/daemon.c
test-socket_CFLAGS += -Itools/libs/store/include
test-client-faults_SRCS   := $(test-socket_SRCS) tests/unit/harness/fault.c
test-client-faults_CFLAGS := $(test-socket_CFLAGS) -include tests/unit/harness/fault.h
# The program itself, whose main() the test calls.
test-start-faults_SRCS   := $(STORE_DAEMON) tools/xenstored/main.c \
    $(addprefix tools/libs/daemon/,daemon.c keep.c) \
    tests/unit/store/client.c tests/unit/harness/fault.c
test-start-faults_CFLAGS := -Itools/xenstored \
    -include tests/unit/harness/fault.h -include tests/unit/harness/main-name.h
test-start-faults_LDLIBS := -Wl,--wrap=server_step
test-console_SRCS   := tools/xenconsoled/ring.c tools/xenconsoled/buffer.c
test-console_CFLAGS := -Itools/xenconsoled
CONSOLED_SRCS := $(addprefix tools/xenconsoled/,buffer.c channel.c connect.c domains.c \
    guest.c log.c ring.c say.c socket.c tty.c) $(addprefix tests/unit/store/,console-world.c fake-xen.c)
test-consoled_SRCS   := $(CONSOLED_SRCS)
test-consoled_CFLAGS := -Itools/xenconsoled -Itools/libs/store/include
test-consoled_LDLIBS := -Wl,--wrap=write
test-channel_SRCS   := $(CONSOLED_SRCS)
test-channel_CFLAGS := $(test-consoled_CFLAGS)
test-consoled-faults_SRCS   := $(CONSOLED_SRCS) tests/unit/harness/fault.c
test-consoled-faults_CFLAGS := $(test-consoled_CFLAGS) -include tests/unit/harness/fault.h
test-consoled-faults_LDLIBS := -Wl,--wrap=say
test-consoled-start_SRCS   := $(CONSOLED_SRCS) tools/xenconsoled/main.c \
    $(addprefix tools/libs/daemon/,daemon.c keep.c wait.c) tests/unit/harness/fault.c
test-consoled-start_CFLAGS := $(test-consoled_CFLAGS) -include tests/unit/harness/fault.h \
    -include tests/unit/harness/main-name.h
