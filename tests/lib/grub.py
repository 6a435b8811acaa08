# SPDX-License-Identifier: GPL-2.0-only
"""Bootable images: GRUB for BIOS or UEFI, a hypervisor, a kernel and an initrd."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .paths import run

PLATFORMS = {"bios": "/usr/lib/grub/i386-pc", "efi": "/usr/lib/grub/x86_64-efi"}


@dataclass
class Entry:
    """What GRUB loads: the hypervisor, then modules in order, each with its command line."""
    hypervisor: Path
    hypervisor_args: str
    modules: list[tuple[Path, str]] = field(default_factory=list)
    title: str = "Xylem"
    protocol: str = "multiboot2"

    def lines(self) -> list[str]:
        """Debian's own boot menu puts the word "placeholder" first; so does this one."""
        module = "module2" if self.protocol == "multiboot2" else "module"
        first = f"{self.protocol} /boot/hypervisor placeholder {self.hypervisor_args}".rstrip()
        names = [f"{module} --nounzip /boot/module{i} {args}".rstrip()
                 for i, (_, args) in enumerate(self.modules)]
        return [first, *names]


def _config(entry: Entry, timeout: int) -> str:
    body = "\n".join(f"    {line}" for line in entry.lines())
    style = "menu" if timeout else "hidden"
    return f"""serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set gfxpayload=text
set timeout={timeout}
set timeout_style={style}
menuentry "{entry.title}" {{
{body}
    boot
    echo "@@grub: could not boot {entry.title}"
    sleep 2
    halt
}}
"""


def image(path: Path, entry: Entry, firmware: str = "bios", timeout: int = 0) -> Path:
    """Make the image PATH, which boots ENTRY from a disk or a CD under FIRMWARE."""
    tree = path.with_name(path.name + ".tree")
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "boot/grub").mkdir(parents=True)
    (tree / "boot/grub/grub.cfg").write_text(_config(entry, timeout))
    files = [f"/boot/hypervisor={entry.hypervisor.resolve()}"]
    files += [f"/boot/module{i}={m.resolve()}" for i, (m, _) in enumerate(entry.modules)]
    run(["grub-mkrescue", "-d", PLATFORMS[firmware], "-o", str(path), str(tree), *files,
         "--fonts=", "--locales=", "--themes="], what="grub-mkrescue")
    shutil.rmtree(tree)
    return path
