# SPDX-License-Identifier: GPL-2.0-only
stubdom_CFLAGS := -Istubdom/kernel/include -Istubdom/newlib -include stdint.h \
    -Wno-address-of-packed-member
STUB := stubdom/kernel
test-pagemap_SRCS    := $(STUB)/pagemap.c
test-thread_SRCS     := $(addprefix $(STUB)/,thread.c sync.c timer.c print.c) \
    tests/unit/stubdom/fake-idle.c tests/unit/stubdom/switch.c
# All that it asks is in the header.
test-evtchn-bits_SRCS  :=
test-shared-ring_SRCS  := $(STUB)/ring.c
test-console-ring_SRCS := $(STUB)/console-ring.c
test-store-wire_CFLAGS := -Wno-format-truncation
test-store-wire_SRCS := $(STUB)/store-wire.c
test-xenstore_CFLAGS := -Wno-format-truncation
test-xenstore_SRCS   := $(addprefix $(STUB)/,store.c store-wire.c thread.c sync.c timer.c print.c) \
    tests/unit/stubdom/fake-idle.c tests/unit/stubdom/switch.c
test-handshake_SRCS  := $(STUB)/device.c $(STUB)/print.c
NET_SRCS := $(addprefix $(STUB)/,net-lend.c net-rings.c net-tx.c ring.c) \
    tests/unit/stubdom/fake-grant.c
test-net-rings_SRCS  := $(NET_SRCS)
test-net-lend_SRCS   := $(NET_SRCS)
test-netfront_SRCS   := $(STUB)/netfront.c $(NET_SRCS)
test-blk-ring_SRCS   := $(addprefix $(STUB)/,blk-ring.c ring.c) tests/unit/stubdom/fake-grant.c
test-blkfront_SRCS   := $(addprefix $(STUB)/,blkfront.c blk-connect.c blk-ring.c ring.c) \
    tests/unit/stubdom/fake-grant.c
test-offload_CFLAGS  := -Istubdom/lwip
test-offload_SRCS    := stubdom/lwip/offload.c stubdom/lwip/checksum.c
# lwIP is the stub domains' own copy, which has to be there first.
test-long_CFLAGS     := -Istubdom/lwip -Istubdom/lwip/include \
    -isystem build/stubdom/lwip/src -isystem build/stubdom/lwip/src/include
test-long_SRCS       := $(STUB)/net-lend.c \
    $(addprefix stubdom/lwip/,long.c memory.c netif.c offload.c path.c probe.c renew.c \
      checksum.c) \
    $(addprefix tests/unit/stubdom/,fake-grant.c lwip.c lwip-tcp.c lwip-ipv6.c wire.c)
test-long_DEPS       := stubdom
test-tcp6_CFLAGS     := $(test-long_CFLAGS)
test-tcp6_SRCS       := $(test-long_SRCS) stubdom/lwip/linger.c
test-tcp6_DEPS       := stubdom
test-copy_SRCS       := tests/unit/stubdom/copy.c
test-archive_SRCS    := stubdom/newlib/archive.c
test-args_SRCS       := stubdom/newlib/args.c
test-files_SRCS      := stubdom/newlib/files.c
test-disk-file_SRCS  := stubdom/newlib/disk.c stubdom/newlib/files.c
# The names of the C library's own calls are the sanitizers' too.
test-sockets_CFLAGS  := -Istubdom/newlib/include -Istubdom/lwip/include \
    -isystem build/stubdom/lwip/src/include $(foreach f,socket bind listen accept connect \
    shutdown getsockname getpeername getsockopt setsockopt recv send recvfrom sendto fcntl poll \
    select,-D$(f)=stub_$(f))
test-sockets_SRCS    := stubdom/newlib/sockets.c stubdom/newlib/files.c
test-sockets_DEPS    := stubdom
