# SPDX-License-Identifier: GPL-2.0-only
"""Runs the small test guests of tests/system/guests as dom0."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import bochs, direct, dom0, grub, qemu
from .once import once
from .paths import BUILD, ROOT, Trouble, run

FOLDER = BUILD / "tests" / "guests"


@dataclass
class Result:
    """SUCCESS, SKIP, ERROR (the test is to blame) or FAILURE (the hypervisor is)."""
    verdict: str
    lines: list[str]
    text: str

    def complaints(self) -> str:
        wrong = [line for line in self.lines if re.search(r": (FAILURE|ERROR|SKIP): ", line)]
        return " / ".join(wrong[:3]) or self.verdict


@once
def build() -> None:
    """Compile the guests (quick when nothing changed)."""
    run(["make", "--no-print-directory", "-C", str(ROOT / "tests/system/guests")],
        what="building the test guests")


@dataclass
class Run:
    """One guest, one boot."""
    name: str
    hv: str = "xylem"
    memory: int = 512
    cpus: int = 1
    dom0_memory: int = 64
    firmware: str = "bios"
    guest_args: str = ""
    hv_args: str = ""
    qemu: list[str] = field(default_factory=list)
    bochs: str = ""                 # on this processor of Bochs instead of in QEMU
    seconds: float = 60
    direct: bool = False            # QEMU loads it, not GRUB

    def _entry(self) -> grub.Entry:
        kernel = FOLDER / self.name
        if not kernel.exists():
            known = ", ".join(sorted(p.name for p in FOLDER.glob("*") if p.is_file()))
            raise Trouble(f"no guest {self.name!r}; there are: {known}")
        args = (f"{dom0.HYPERVISOR_ARGS} dom0_mem={self.dom0_memory}M,max:{self.dom0_memory}M "
                f"{self.hv_args}")
        return grub.Entry(dom0.hypervisor(self.hv), args.rstrip(),
                          [(kernel, f"placeholder {self.guest_args}".rstrip())])

    def _config(self, folder: Path) -> qemu.Config | bochs.Config:
        extra, image = self.qemu, None
        if self.direct:
            extra = extra + direct.arguments(self._entry(), folder)
        else:
            image = grub.image(folder / "boot.iso", self._entry(), self.firmware)
        if self.bochs:
            return bochs.Config(image, folder, self.bochs, 256, self.cpus)
        return qemu.Config(image, self.memory, self.cpus, self.firmware, extra=extra)

    def boot_until(self, pattern: str, log: Path, show: Callable[[str], None] | None = None,
                   off: bool = False) -> tuple[re.Match[str], str]:
        """
        Boot it and wait for PATTERN on the serial line; gives the match and all that came.  SHOW
        gets the output as it comes.  OFF: the machine has to end then, or to start anew.
        """
        with tempfile.TemporaryDirectory(prefix="guest-") as scratch:
            with qemu.Machine(self._config(Path(scratch)), log, self.seconds) as machine:
                if show is not None:
                    machine.listen(show)
                match = machine.expect(pattern)
                if off:
                    machine.wait_off(30)
                machine.linger(0.3)         # a hypervisor may halt instead of switching off
                return match, machine.text

    def boot(self, log: Path, show: Callable[[str], None] | None = None) -> Result:
        """Boot it and wait for its verdict."""
        end, text = self.boot_until(r"guest \S+ ends: (\w+)\n", log, show)
        lines = [re.sub(r"^\(XEN\) (\[[^]]*\] )?", "", line) for line in text.splitlines()]
        start = next((i for i, line in enumerate(lines) if re.match(r"guest \S+ starts", line)), 0)
        stop = next(i for i, line in enumerate(lines) if re.search(r"guest \S+ ends", line))
        return Result(end.group(1), lines[start:stop + 1], text)
