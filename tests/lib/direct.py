# SPDX-License-Identifier: GPL-2.0-only
"""Boot without a boot loader: QEMU itself loads hypervisor and modules, by multiboot 1.

For measurements: under -icount the emulator spends more time in GRUB than in all that follows.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from . import grub


def arguments(entry: grub.Entry, folder: Path) -> list[str]:
    """QEMU's arguments that boot ENTRY; FOLDER takes the unpacked hypervisor."""
    image = entry.hypervisor.read_bytes()
    unpacked = folder / "hypervisor"
    unpacked.write_bytes(gzip.decompress(image) if image[:2] == b"\x1f\x8b" else image)
    # A module's string begins with its file's name, as "placeholder" stands in GRUB's; commas
    # part the modules, so those of a command line are doubled.
    modules = []
    for file, args in entry.modules:
        words = args.removeprefix("placeholder").strip()
        modules.append(f"{file} {words}".rstrip().replace(",", ",,"))
    return ["-kernel", str(unpacked), "-append", entry.hypervisor_args,
            "-initrd", ",".join(modules)]
