# SPDX-License-Identifier: GPL-2.0-only
# Toolchain, flags, pinned versions and package lists: each is named here once.

.DEFAULT_GOAL := all

ROOT  := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD ?= $(ROOT)/build
DIST  ?= $(ROOT)/dist/install

# The product's own version.  The ABI version that guests see (4.17) is not a choice.
XYLEM_VERSION := 0.1

# DEBUG=y builds the hypervisor and the tools with their assertions.
DEBUG ?= n

CC      := gcc
HOSTCC  := gcc
CLANG   ?= clang
LD      := ld
AR      := ar
NM      := nm
OBJCOPY := objcopy
OBJDUMP := objdump
PYTHON3 ?= python3
export PYTHONDONTWRITEBYTECODE := 1

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wundef -Wvla

# Flags of everything that runs as an ordinary program: tools, generators, unit tests.
HOSTED_CFLAGS := -std=gnu11 -g -O2 $(WARNINGS) -fno-strict-aliasing -I$(BUILD)/include

# Flags of what runs without an operating system; xen/Makefile adds its own.
FREESTANDING_CFLAGS := -std=gnu11 -g -O2 $(WARNINGS) -ffreestanding -fno-common \
    -fno-strict-aliasing -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
    -fcf-protection=none -nostdinc -isystem $(shell $(CC) -print-file-name=include)

# Debian packages: to build, to make and boot images, to test.  `make setup` installs those
# that are missing.
PACKAGES_BUILD := gcc binutils make python3 libc6-dev libxen-dev xz-utils bzip2 patch
PACKAGES_IMAGE := grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools
PACKAGES_TEST  := qemu-system-x86 ovmf bochs bochsbios bochs-term vgabios \
                  clang clang-tidy cppcheck python3-pyxs bash debootstrap e2fsprogs fdisk \
                  dosfstools
PACKAGES       := $(PACKAGES_BUILD) $(PACKAGES_IMAGE) $(PACKAGES_TEST)

# Debian packages that are unpacked under build/cache and never installed: what guests are made
# of, what looks at a stub domain's page, and the peer for comparison.  Kernel names are resolved
# through the release's own metapackages, so that the release decides the version.
GUEST_PACKAGES := linux-image-amd64 linux-image-cloud-amd64 busybox-static
BROWSER_PACKAGES := w3m
DISPLAY_PACKAGES := qemu-system-xen
PEER_PACKAGES  := xen-hypervisor-4.17-amd64 xen-utils-4.17 xen-utils-common xenstore-utils \
                  bash util-linux mount

# Imported sources: Debian source package, upstream version, orig tarball's SHA-256.
IMPORTS := xz-utils libzstd lz4 zlib xxhash
IMPORT_xz-utils_VERSION := 5.4.1
IMPORT_xz-utils_SHA256  := 5d9827aa1875b21c288f78864bb26d2650b436ea8d2cad364e4921eb6266a5a5
IMPORT_libzstd_VERSION  := 1.5.4
IMPORT_libzstd_SHA256   := 8cf4bbb65e77ec348d052c8d6230eba66d435bddf64c8b5be2fcb16880c19953
IMPORT_lz4_VERSION      := 1.9.4
IMPORT_lz4_SHA256       := 0b0e3aa07c8c063ddf40b082bdf7e37a1562bda40a0ff5272957f3e987e0e54b
IMPORT_zlib_VERSION     := 1.2.13
IMPORT_zlib_SHA256      := 71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1
IMPORT_xxhash_VERSION   := 0.8.1
IMPORT_xxhash_SHA256    := 3bb6b7d6f30c591dd65aaaff1c8b7a5b94d81687998ca9400082c739a690436c

# What stub domains are made of (stubdom/Makefile).
STUBDOM_IMPORTS := newlib lwip
IMPORT_newlib_VERSION   := 3.3.0
IMPORT_newlib_SHA256    := 58dd9e3eaedf519360d92d84205c3deef0b3fc286685d1c562e245914ef72c66
IMPORT_lwip_VERSION     := 2.1.3
IMPORT_lwip_SHA256      := 0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24

# The guest-visible ABI: <public/...> is the folder of libxen-dev's headers.  A component lists
# $(PUBLIC_HEADERS) as an order-only prerequisite of its objects.
PUBLIC_HEADERS := $(BUILD)/include/public

$(PUBLIC_HEADERS):
	@test -f /usr/include/xen/xen.h || { \
	    echo "error: /usr/include/xen/xen.h is missing: run 'make setup' (package libxen-dev)" >&2; \
	    exit 1; }
	@mkdir -p $(@D)
	@ln -sfn /usr/include/xen $@

# Our own calls, <xylem/...>, lie beside it.
OWN_HEADERS := $(BUILD)/include/xylem
$(PUBLIC_HEADERS): | $(OWN_HEADERS)
$(OWN_HEADERS):
	@mkdir -p $(@D)
	@ln -sfn $(ROOT)/xen/include/xylem $@
