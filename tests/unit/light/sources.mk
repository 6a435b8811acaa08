# SPDX-License-Identifier: GPL-2.0-only
light_CFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ -Itools/libs/light -Itools/libs/light/include \
    -Itools/libs/guest/include -Itools/libs/ctrl/include -Itools/libs/store/include \
    -Wno-format-truncation
LIGHT_SRCS := $(addprefix tools/libs/light/,config.c device-config.c vdev.c uuid-cpus.c context.c \
    find.c userdata.c nodes.c create.c cpuid.c cpuid-names.c bootloader.c bootloader-answer.c \
    bootloader-run.c bootloader-disk.c end.c keep.c rights.c around.c device.c device-disk.c device-vif.c device-channel.c device-screen.c \
    device-remove.c device-list.c tune.c lock.c dump.c dump-pages.c dump-format.c) tools/libs/ctrl/err.c tests/unit/light/fake-host.c \
    $(addprefix tests/unit/light/,fake-store.c fake-memory.c fake-policy.c fake-hotplug.c world.c)
test-cpuid_SRCS := $(LIGHT_SRCS)
test-life_SRCS := $(LIGHT_SRCS)
test-device_SRCS := $(LIGHT_SRCS)
test-tune_SRCS := $(LIGHT_SRCS)
test-lock_SRCS := $(LIGHT_SRCS)
test-dump_SRCS := $(LIGHT_SRCS) tests/unit/harness/fault.c
test-dump_CFLAGS := -include tests/unit/harness/fault.h
test-faults_SRCS := $(LIGHT_SRCS) tests/unit/harness/fault.c
test-faults_CFLAGS := -include tests/unit/harness/fault.h
test-bootloader_SRCS := $(LIGHT_SRCS) tests/unit/harness/fault.c
test-bootloader_CFLAGS := -include tests/unit/harness/fault.h
test-qemu_SRCS := $(addprefix tools/libs/light/,hotplug-qemu.c device-config.c vdev.c) \
    tools/libs/ctrl/err.c tests/unit/harness/fault.c
test-qemu_CFLAGS := -include tests/unit/harness/fault.h
test-hotplug_SRCS := $(addprefix tools/libs/light/,hotplug-disk.c hotplug-net.c hotplug-script.c \
    device-config.c vdev.c) tools/libs/ctrl/err.c tests/unit/light/fake-kernel.c \
    tests/unit/harness/fault.c
test-hotplug_CFLAGS := -include tests/unit/harness/fault.h -include tests/unit/light/fake-kernel.h
