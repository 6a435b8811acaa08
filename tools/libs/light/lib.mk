# SPDX-License-Identifier: GPL-2.0-only
# A domain's life: create, watch, shut down, destroy.
$(call library,light,config.c device-config.c vdev.c uuid-cpus.c context.c find.c userdata.c nodes.c create.c cpuid.c cpuid-names.c bootloader.c bootloader-answer.c bootloader-run.c bootloader-disk.c end.c keep.c rights.c around.c tune.c lock.c dump.c dump-pages.c dump-format.c device.c device-disk.c device-vif.c device-channel.c device-screen.c device-remove.c device-list.c hotplug-disk.c hotplug-net.c hotplug-script.c hotplug-socket.c hotplug-qemu.c,guest ctrl store)
