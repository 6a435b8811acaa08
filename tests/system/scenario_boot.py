# SPDX-License-Identifier: GPL-2.0-only
"""From GRUB to dom0's user space, and what dom0's own drivers make of the machine."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from lib.paths import ROOT
from lib.person import Person
from lib.scenario import Context, scenario


@scenario("boot-bios")
def boot_bios(context: Context) -> None:
    """GRUB i386-pc, multiboot2, the stock kernel on two CPUs, a shell, power-off by ACPI."""
    output = context.script("cat /sys/hypervisor/type /sys/hypervisor/version/major; uname -r; "
                            "echo cpus $(grep -c ^processor /proc/cpuinfo)", cpus=2)
    context.find(r"^xen\n4$", output)
    context.find(r"^cpus 2$", output)


_EFI = """
ls -1 /sys/firmware
dmesg | grep -c 'ACPI: .* table found\\|ACPI: RSDP'
modprobe efivarfs
cd /sys/firmware/efi/efivars
mount -t efivarfs none . && cd . || exit 3
ls | grep BootOrder
name=Trial-5859c0de-1234-4321-8001-020304050607
printf '\\7\\0\\0\\0kept by the firmware' >$name || exit 4
umount -l . && mount -t efivarfs none /sys/firmware/efi/efivars && cd /sys/firmware/efi/efivars
tail -c +5 $name; echo
"""


@scenario("boot-efi")
def boot_efi(context: Context) -> None:
    """GRUB x86_64-efi, one CPU: dom0 finds ACPI, and sets a variable of the firmware's."""
    output = context.script(_EFI, firmware="efi", cpus=1)
    context.find(r"^acpi$", output)
    context.find(r"^efi$", output)
    context.find(r"^BootOrder-", output)
    context.find(r"^kept by the firmware$", output)


_DISK = """
modprobe {driver}
n=0; until [ -b /dev/{disk} ] || [ $n -ge 100 ]; do n=$((n+1)); usleep 100000; done
head -c 26 /dev/{disk}; echo
dd if=/dev/{disk} of=/tmp/copy bs=64k iflag=direct 2>/dev/null || exit 3
md5sum </tmp/copy
dd if=/tmp/copy of=/dev/{disk} bs=64k seek=16 count=16 conv=fsync 2>/dev/null || exit 4
dd if=/dev/{disk} bs=64k skip=16 count=16 iflag=direct 2>/dev/null | md5sum
grep -E 'ahci|virtio' /proc/interrupts
"""


def _disk(context: Context, driver: str, disk: str, device: str) -> None:
    """A 2 MiB disk with known contents: read it all, copy its first half to the second."""
    with tempfile.NamedTemporaryFile(prefix="disk-") as file:
        half = (b"Xylem reads and writes it\n" * 40330)[:1 << 20]
        file.write(half + bytes(1 << 20))
        file.flush()
        drive = f"file={file.name},format=raw,if=none,id=data,cache=writeback"
        output = context.script(_DISK.format(driver=driver, disk=disk), chipset="q35",
                                toolstack=False,
                                qemu=["-drive", drive, "-device", f"{device},drive=data"])
        written = Path(file.name).read_bytes()
    context.find(r"^Xylem reads and writes it$", output)
    context.check(written[1 << 20:] == half, "the disk's second half is not a copy of the first")


@scenario("dom0-disk-ahci")
def disk_ahci(context: Context) -> None:
    """dom0's ahci driver reads and writes QEMU's AHCI disk."""
    _disk(context, "ahci; modprobe sd_mod", "sda", "ide-hd,bus=ide.1")


@scenario("dom0-disk-virtio")
def disk_virtio(context: Context) -> None:
    """dom0's virtio driver reads and writes a disk (MSI-X)."""
    _disk(context, "virtio_pci; modprobe virtio_blk", "vdb", "virtio-blk-pci")


_NET = """
modprobe {driver}
n=0; until [ -d /sys/class/net/eth0 ] || [ $n -ge 100 ]; do n=$((n+1)); usleep 100000; done
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0
ping -c 3 -W 20 10.0.2.2 || exit 3
grep -E 'eth0|virtio.-input' /proc/interrupts
"""


def _network(context: Context, driver: str, device: str) -> None:
    """Ping QEMU's user-mode gateway, which lives inside the emulator."""
    context.script(_NET.format(driver=driver), toolstack=False, chipset="q35",
                   qemu=["-netdev", "user,id=net,restrict=on", "-device", f"{device},netdev=net"])


@scenario("dom0-net-e1000")
def net_e1000(context: Context) -> None:
    """dom0's e1000 driver (level-triggered interrupt through the IO-APIC)."""
    _network(context, "e1000", "e1000")


@scenario("dom0-net-virtio")
def net_virtio(context: Context) -> None:
    """dom0's virtio network driver (MSI-X)."""
    _network(context, "virtio_pci; modprobe virtio_net", "virtio-net-pci")


@scenario("make-run")
def make_run(context: Context) -> None:
    """What `make run` shows and lets a person do: a guest's shell, dom0's shell, the end."""
    command = [sys.executable, str(ROOT / "tests/demo"), "--menu", "0", "--hv", context.hv,
               "--tools", context.tools]
    with Person(command, context.new_log(), 900) as person:
        person.sees(r"=== run: \[\d+ s\] GRUB is loading")
        if context.hv == "xylem":
            person.sees(r"=== run: \[\d+ s\] the hypervisor has started")
        person.sees(r"=== run: \[\d+ s\] dom0 is in user space")
        person.sees(r"^Domain-0 ")
        person.sees(r"@@guest: up, Linux")
        person.sees(r"guest# ")
        person.types("exit")
        person.sees(r"You are in dom0")
        person.sees(r"dom0# ")
        person.types("xl dmesg | grep -c . && xl info | grep xen_version")
        person.sees(r"^xen_version +: 4\.17")
        person.types("exit")
        context.check(person.sees_the_end() == 0, "the status is not 0")
        person.sees(r"=== run: the machine is off")
