# SPDX-License-Identifier: GPL-2.0-only
# The PV domain builder.  Kernel images are read by the very sources the hypervisor reads its own
# dom0's with: xen/lib.
GUEST_IMAGE := image image-load elf-image elf-notes pv-layout unpack/unpack unpack/gzip unpack/xz \
               unpack/zstd unpack/lz4
GUEST_IMAGE_OBJS := $(GUEST_IMAGE:%=$(OUT)/obj/xen/lib/%.o)
GUEST_UNPACK := $(BUILD)/imports/host/libunpack.a
GUEST_IMPORTS_CFLAGS := $(addprefix -isystem $(BUILD)/imports/,lz4/lib zlib libzstd/lib \
                                    xz-utils/src/liblzma/api) -DLZMA_API_STATIC

LIB_guest_CFLAGS := -I$(ROOT)/xen/include
LIB_guest_LDLIBS := $(GUEST_UNPACK)
$(call library,guest,build.c memory.c image.c furnish.c tables.c live.c fill.c,ctrl)

$(OUT)/lib/libxylguest.a: $(GUEST_IMAGE_OBJS)
$(GUEST_IMAGE_OBJS): $(OUT)/obj/xen/lib/%.o: $(ROOT)/xen/lib/%.c $(GUEST_UNPACK) | $(PUBLIC_HEADERS)
	@mkdir -p $(@D)
	@echo "  CC      xen/lib/$*.c"
	@$(CC) $(TOOLS_CFLAGS) -O3 -I$(ROOT)/xen/include $(GUEST_IMPORTS_CFLAGS) -c -o $@ $<
-include $(GUEST_IMAGE_OBJS:.o=.d)

# Made by the tree's top; here only for who builds the tools alone.
$(GUEST_UNPACK):
	@$(MAKE) -C imports
