# SPDX-License-Identifier: GPL-2.0-only
image_SRCS := xen/lib/image.c xen/lib/elf-image.c xen/lib/elf-notes.c xen/lib/image-load.c \
    xen/lib/pv-layout.c $(addprefix xen/lib/unpack/,unpack.c gzip.c xz.c zstd.c lz4.c)
image_CFLAGS := -Ixen/include -DZ_SOLO -DLZMA_API_STATIC -DZSTDLIB_VISIBLE= \
    -isystem $(BUILD)/imports/zlib -isystem $(BUILD)/imports/xz-utils/src/liblzma/api \
    -isystem $(BUILD)/imports/libzstd/lib -isystem $(BUILD)/imports/lz4/lib
image_LIBS := $(BUILD)/imports/host/libunpack.a
image_DEPS := imports
