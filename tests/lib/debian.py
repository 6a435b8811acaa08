# SPDX-License-Identifier: GPL-2.0-only
"""A Debian 12 on a virtual disk, as a server has it: GRUB for BIOS and UEFI, systemd, our packages.

debootstrap makes the root file system once (kept under build/cache).  The disk boots first without
a hypervisor, in QEMU with the kernel handed over, and installs the packages and GRUB on itself as
a person would; from then on it boots by itself.  It has a bridge xenbr0, 10.9.0.1/24.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import qemu
from .paths import BUILD, CACHE, ROOT, Trouble, run

RELEASE = "bookworm"
INCLUDE = ["linux-image-amd64", "grub-pc-bin", "grub-efi-amd64-bin", "grub2-common", "systemd-sysv",
           "udev", "kmod", "iproute2", "initramfs-tools", "bash-completion"]
MIB = 1 << 20
ESP_MIB, ROOT_MIB = 32, 1400

_INSTALL = r"""#!/bin/bash
# First and only program of the first boot, without a hypervisor.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
mount -o remount,rw /; mount -t proc proc /proc; mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null; mount -t tmpfs run /run
install() {
    find / -xdev | LC_ALL=C sort >/lab/before
    apt-get -q -y --no-install-recommends install /lab/*.deb || return
    mkdir -p /boot/efi && modprobe -a vfat nls_cp437 nls_ascii && mount /dev/vda2 /boot/efi ||
        return
    grub-install --target=i386-pc /dev/vda || return
    grub-install --target=x86_64-efi --efi-directory=/boot/efi --removable --no-nvram || return
    update-grub || return
    grep -c 'multiboot2.*/boot/xen-xylem.gz' /boot/grub/grub.cfg
}
install; echo "@@debian: installed with $?"
umount /boot/efi; mount -o remount,ro /; sync
echo o >/proc/sysrq-trigger; sleep 60
"""

_UNIT = """[Unit]
Description=What the scenario asks
After=multi-user.target
[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/hvc0
ExecStart=/lab/script
[Install]
WantedBy=multi-user.target
"""

_SETTINGS = """GRUB_DISTRIBUTOR=Debian
GRUB_TIMEOUT=0
GRUB_TERMINAL=serial
GRUB_SERIAL_COMMAND="serial --speed=115200"
GRUB_CMDLINE_LINUX="console=hvc0 net.ifnames=0"
GRUB_CMDLINE_XEN_DEFAULT="dom0_mem=768M,max:768M com1=115200,8n1 console=com1 loglvl=all"
"""

_BRIDGE = {"xenbr0.netdev": "[NetDev]\nName=xenbr0\nKind=bridge\n",
           "xenbr0.network": "[Match]\nName=xenbr0\n[Network]\nAddress=10.9.0.1/24\n"
                             "ConfigureWithoutCarrier=yes\n"}


def packages() -> list[Path]:
    """Our packages, made by `make deb`."""
    run(["make", "-C", str(ROOT), "deb"], what="make deb")
    made = sorted((ROOT / "dist").glob("xylem-*.deb"))
    if len(made) != 3:
        raise Trouble(f"make deb made {len(made)} packages, not three: {made}")
    return made


def root_tree() -> Path:
    """The root file system as debootstrap makes it: a folder that nobody changes."""
    tree, fresh = CACHE / "debian/root", CACHE / "debian/root.new"
    if tree.exists():
        return tree
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    run([*as_root, "debootstrap", "--variant=minbase", f"--include={','.join(INCLUDE)}", RELEASE,
         str(fresh)], what="debootstrap")
    fresh.rename(tree)
    return tree


def _add(tree: Path, files: dict[str, Path]) -> None:
    """What makes the root file system of the cache this test's own."""
    lab = tree / "lab"
    lab.mkdir()
    for package in packages():
        shutil.copy(package, lab)
    for name, file in files.items():
        run(["cp", "--sparse=always", str(file), str(lab / name)])
        (lab / name).chmod(0o755)
    (lab / "install").write_text(_INSTALL)
    (lab / "install").chmod(0o755)
    units = tree / "etc/systemd/system"
    (units / "lab.service").write_text(_UNIT)
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "lab.service").symlink_to("/etc/systemd/system/lab.service")
    # A login on the console would hang it up under whatever writes there.
    (units / "serial-getty@hvc0.service").symlink_to("/dev/null")
    (wants / "systemd-networkd.service").symlink_to("/lib/systemd/system/systemd-networkd.service")
    for name, text in _BRIDGE.items():
        (tree / "etc/systemd/network" / name).write_text(text)
    (tree / "etc/default/grub").write_text(_SETTINGS)
    (tree / "etc/hostname").write_text("xylem-test\n")
    (tree / "etc/fstab").write_text("/dev/vda3 / ext4 errors=remount-ro 0 1\n")


def _partitions(disk: Path) -> None:
    """GPT: a place for GRUB's core (BIOS), the EFI system partition, the root file system."""
    with open(disk, "wb") as out:
        out.truncate((1 + 1 + ESP_MIB + ROOT_MIB + 1) * MIB)
    layout = (f"label: gpt\nstart=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649\n"
              f"size={ESP_MIB * 2048}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n"
              f"size={ROOT_MIB * 2048}, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n")
    plan = disk.with_suffix(".layout")
    plan.write_text(layout)
    run(["sh", "-c", f"sfdisk -q {disk} <{plan}"], what="sfdisk")
    plan.unlink()


def _write_part(disk: Path, part: Path, at: int) -> None:
    run(["dd", f"if={part}", f"of={disk}", f"bs={MIB}", f"seek={at // MIB}", "conv=notrunc,sparse"],
        what=f"writing {part.name}")
    part.unlink()


def make_disk(folder: Path, files: dict[str, Path]) -> Path:
    """A disk in FOLDER with FILES in /lab; /lab/script runs at each boot once installed."""
    tree, disk = folder / "tree", folder / "disk.img"
    run(["cp", "-a", "--reflink=auto", str(root_tree()), str(tree)], what="copying the tree")
    _add(tree, files)
    _partitions(disk)
    esp, root = folder / "esp.img", folder / "root.img"
    with open(esp, "wb") as out:
        out.truncate(ESP_MIB * MIB)
    run(["mkfs.vfat", str(esp)])
    run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(root), f"{ROOT_MIB}m"])
    shutil.rmtree(tree)
    _write_part(disk, esp, 2 * MIB)
    _write_part(disk, root, (2 + ESP_MIB) * MIB)
    return disk


def drive(disk: Path, boot: bool = True) -> list[str]:
    """QEMU's arguments for a disk that keeps what is written; with a kernel given, not to BOOT."""
    return ["-drive", f"file={disk},format=raw,if=none,id=disk,cache=unsafe",
            "-device", "virtio-blk-pci,drive=disk" + (",bootindex=0" if boot else "")]


def install(disk: Path, log: Path) -> None:
    """Boot the disk without a hypervisor; it installs the packages and GRUB on itself."""
    tree = root_tree()
    kernel, initrd = (next(tree.glob(f"boot/{name}-*")) for name in ("vmlinuz", "initrd.img"))
    config = qemu.Config(memory=1024, cpu="max", accel="tcg", extra=[
        *drive(disk, boot=False), "-kernel", str(kernel), "-initrd", str(initrd),
        "-append", "root=/dev/vda3 ro console=ttyS0 quiet init=/lab/install"])
    with qemu.Machine(config, log, 600) as machine:
        match = machine.expect(r"@@debian: installed with (\d+)\n")
        if match.group(1) != "0":
            raise Trouble(f"the installation ended with {match.group(1)}{machine.tail(20)}")
        machine.wait_off()
