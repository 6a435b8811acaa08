# SPDX-License-Identifier: GPL-2.0-only
"""The counting plugin: building it, QEMU's arguments for it, and reading what it wrote."""

from __future__ import annotations

import gzip
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from lib.paths import BUILD, ROOT, Trouble, run

OUT = BUILD / "tests" / "bench"
PLUGIN = OUT / "count.so"
WORK = OUT / "work"


def build() -> None:
    """Compile the plugin and the program that runs in Linux."""
    OUT.mkdir(parents=True, exist_ok=True)
    here = ROOT / "tests/bench"
    common = ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
              "-I", str(BUILD / "include")]
    run([*common, "-fPIC", "-shared", "-o", str(PLUGIN), str(here / "count.c")],
        what="building the counting plugin")
    run([*common, "-static", "-o", str(WORK), *map(str, sorted(here.glob("work*.c"))),
         str(ROOT / "stubdom/apps/stream/stream.c")],
        what="building work")


def arguments(out: Path, shift: int, first: int | None = None) -> list[str]:
    """QEMU's arguments: virtual time by instructions, a fixed clock, the plugin."""
    plugin = f"{PLUGIN},out={out}"
    if first is not None:
        plugin += f",first={first:#x}"
    return ["-plugin", plugin, "-icount", f"shift={shift},sleep=off",
            "-rtc", "base=2026-01-01,clock=vm"]


def file(name: str) -> Path:
    """Where the counts of the run NAME go; those of an earlier one are gone."""
    path = OUT / f"{name}.counts"
    path.unlink(missing_ok=True)
    return path


def label(hv: str) -> str:
    """HV, which may be the path of a hypervisor, as a part of file names."""
    return re.sub(r"[^\w.-]", "_", hv)


@dataclass(frozen=True)
class Snap:
    """Until a marker: instructions, the hypervisor's, user programs'; hypercalls, switches."""
    total: int
    hypervisor: int
    user: int
    calls: int = 0
    switches: int = 0

    def since(self, before: Snap) -> Snap:
        return Snap(self.total - before.total, self.hypervisor - before.hypervisor,
                    self.user - before.user, self.calls - before.calls,
                    self.switches - before.switches)


def read(path: Path) -> dict[str, Snap]:
    """Marker (four hexadecimal digits, "first-..." or "end") to its first snapshot."""
    snaps: dict[str, Snap] = {}
    if not path.exists():
        raise Trouble(f"the counting plugin wrote no {path}: see the serial log")
    for line in path.read_text().splitlines():
        marker, *counts = line.split()
        snaps.setdefault(marker, Snap(*map(int, counts)))
    return snaps


def stretches(path: Path) -> list[tuple[int, int, int]]:
    """(first address, last address, instructions) of the longest stretches without a test."""
    rows = re.findall(r"^longest-([0-9a-f]+)-([0-9a-f]+) (\d+) ", path.read_text(), re.M)
    if not rows:
        raise Trouble(f"the counting plugin saw no stretch: see {path}")
    return sorted(((int(first, 16), int(last, 16), int(count)) for first, last, count in rows),
                  key=lambda row: -row[2])


def between(snaps: dict[str, Snap], first: int, last: int) -> Snap:
    """What was executed from marker FIRST to marker LAST."""
    for marker in (first, last):
        if f"{marker:04x}" not in snaps:
            raise Trouble(f"marker {marker:#x} was not executed")
    return snaps[f"{last:04x}"].since(snaps[f"{first:04x}"])


def rows(text: str, snaps: dict[str, Snap]) -> dict[str, Snap]:
    """Rows told by "bench N NAME rounds R" lines: counts per round, times 1,000."""
    result: dict[str, Snap] = {}
    for number, name, rounds in re.findall(r"bench (\d+) (.+?) rounds (\d+)", text):
        first = 2 * int(number)
        if f"{first + 1:04x}" not in snaps:
            continue
        part = between(snaps, first, first + 1)
        r = int(rounds)
        result[name] = Snap(part.total * 1000 // r, part.hypervisor * 1000 // r,
                            part.user * 1000 // r)
    return result


def entry_address(hypervisor: Path) -> int:
    """Physical address that the image gives for its first instruction, entered by GRUB i386-pc."""
    image = gzip.decompress(hypervisor.read_bytes())
    if image[:5] != b"\x7fELF\x01":
        raise Trouble(f"{hypervisor} is not an ELF32 image")
    return struct.unpack_from("<I", image, 24)[0]


def moved_by(log: str) -> int:
    """By how much GRUB moved the image: Xen tells in its log; Xylem lies as linked at its entry."""
    match = re.search(r"load base address: (0x[0-9a-f]+)", log)
    return int(match.group(1), 16) if match else 0
