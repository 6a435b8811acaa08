# SPDX-License-Identifier: GPL-2.0-only
# The adapters are compiled here, under the sanitizers; the libraries come built.
IMPORTS_DIR := $(BUILD)/imports
image_CFLAGS := -Ixen/include -DZ_SOLO -DLZMA_API_STATIC -DZSTDLIB_VISIBLE= \
    -isystem $(IMPORTS_DIR)/zlib -isystem $(IMPORTS_DIR)/xz-utils/src/liblzma/api \
    -isystem $(IMPORTS_DIR)/libzstd/lib -isystem $(IMPORTS_DIR)/lz4/lib

UNPACK_TEST_SRCS := xen/lib/image.c xen/lib/unpack/unpack.c xen/lib/unpack/gzip.c \
    xen/lib/unpack/xz.c xen/lib/unpack/zstd.c xen/lib/unpack/lz4.c

test-unpack_SRCS := $(UNPACK_TEST_SRCS)
test-unpack_LIBS := build/imports/host/libunpack.a
test-unpack_DEPS := imports

test-elf_SRCS := $(UNPACK_TEST_SRCS) xen/lib/elf-image.c xen/lib/elf-notes.c xen/lib/image-load.c
test-elf_LIBS := build/imports/host/libunpack.a
test-elf_DEPS := imports

test-layout_SRCS := xen/lib/pv-layout.c

test-dom0-mem_SRCS := xen/arch/x86/pv/dom0-mem.c xen/lib/string.c
test-dom0-mem_CFLAGS := -Ixen/arch/x86/include -fno-builtin

test-dom0-build_SRCS := xen/arch/x86/pv/dom0-pages.c \
    xen/arch/x86/pv/dom0-mem.c xen/lib/elf-image.c xen/lib/elf-notes.c xen/lib/image-load.c \
    xen/lib/pv-layout.c xen/lib/string.c $(UNPACK_TEST_SRCS)
test-dom0-build_CFLAGS := -fno-builtin -Ixen/arch/x86/include -D__XEN_TOOLS__
test-dom0-build_LIBS := build/imports/host/libunpack.a
test-dom0-build_DEPS := imports
