# SPDX-License-Identifier: GPL-2.0-only
IMPORTS_DIR := $(BUILD)/imports
guest_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Ixen/include -Itools/libs/guest \
    -Itools/libs/guest/include -Itools/libs/ctrl/include -Itests/unit/image \
    -Wno-format-truncation -DZ_SOLO -DLZMA_API_STATIC -DZSTDLIB_VISIBLE= \
    -isystem $(IMPORTS_DIR)/zlib -isystem $(IMPORTS_DIR)/xz-utils/src/liblzma/api \
    -isystem $(IMPORTS_DIR)/libzstd/lib -isystem $(IMPORTS_DIR)/lz4/lib
GUEST_SRCS := $(addprefix tools/libs/guest/,build.c memory.c image.c furnish.c tables.c live.c \
    fill.c) \
    tools/libs/ctrl/err.c tests/unit/guest/fake-ctrl.c $(addprefix xen/lib/,image.c elf-image.c \
    elf-notes.c pv-layout.c unpack/unpack.c unpack/gzip.c unpack/xz.c unpack/zstd.c unpack/lz4.c)
test-build_LIBS := build/imports/host/libunpack.a
test-build_DEPS := imports
test-build_SRCS := $(GUEST_SRCS)
test-build-faults_SRCS := $(GUEST_SRCS) tests/unit/harness/fault.c
test-build-faults_LIBS := $(test-build_LIBS)
test-build-faults_DEPS := $(test-build_DEPS)
test-build-faults_CFLAGS := -include tests/unit/harness/fault.h
