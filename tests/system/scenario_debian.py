# SPDX-License-Identifier: GPL-2.0-only
"""A real Debian: our packages on its disk, booted by its own GRUB, guests started by systemd.

What it is asked is in tests/lib/debian-host; its guest, a root file system on a disk of its own
behind Debian's kernel and initrd, is tests/lib/debian-guest.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lib import debian, packages, qemu
from lib.paths import BUILD, ROOT, run
from lib.scenario import Context, scenario
from lib.steps import helper

_LIB = ROOT / "tests/lib"
_GUEST_MIB = 16


def _guest_disk(folder: Path) -> Path:
    """The disk of the guest: BusyBox, netcheck, and the script that is its init."""
    tree, disk = folder / "guest", folder / "web.img"
    for name in ("bin", "sbin", "dev", "proc", "sys", "run", "tmp"):
        (tree / name).mkdir(parents=True)
    shutil.copy(packages.busybox(), tree / "bin/busybox")
    for applet in run([str(tree / "bin/busybox"), "--list"]).split():
        if applet not in ("busybox", "init", "poweroff"):
            (tree / "bin" / applet).symlink_to("busybox")
    shutil.copy(helper("netcheck"), tree / "bin/netcheck")
    for name in ("init", "poweroff"):
        shutil.copy(_LIB / "debian-guest", tree / "sbin" / name)
        (tree / "sbin" / name).chmod(0o755)
    for name in ("starts", "ended"):
        (tree / name).write_text("0\n")
    run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(disk), f"{_GUEST_MIB}m"])
    shutil.rmtree(tree)
    return disk


def _boot(context: Context, disk: Path, firmware: str) -> None:
    """Boot the installed disk; every line must be ok."""
    config = qemu.Config(memory=2048, firmware=firmware, chipset="q35", extra=debian.drive(disk))
    with qemu.Machine(config, context.new_log(), 1500) as machine:
        machine.expect(r"^@@debian: end")
        machine.wait_off(300)
        text = machine.text
    context.find(rf"^@@debian: firmware {firmware}$", text)
    context.find(r"^@@debian: ok network$", text)
    failed = [line for line in text.splitlines() if line.startswith("@@debian: FAIL")]
    context.check(not failed, f"{firmware}: {'; '.join(failed)}")
    context.check("Power down" in text, f"{firmware}: Linux does not say that it powers down")


@scenario("debian", long_only=True)
def debian_disk(context: Context) -> None:
    with tempfile.TemporaryDirectory(prefix="debian-", dir=BUILD) as name:
        folder = Path(name)
        disk = debian.make_disk(folder, {
            "script": _LIB / "debian-host", "web.img": _guest_disk(folder),
            "busybox": packages.busybox(), "netcheck": helper("netcheck")})
        debian.install(disk, context.new_log())
        _boot(context, disk, "bios")
        _boot(context, disk, "efi")
