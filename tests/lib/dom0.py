# SPDX-License-Identifier: GPL-2.0-only
"""A machine with a hypervisor and stock dom0 that runs one shell script."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from . import direct, grub, initrd, packages, qemu
from .cpio import Archive
from .paths import BUILD, HYPERVISOR, Trouble
from .qemu import ACCEL

HYPERVISOR_ARGS = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all"
DOM0_ARGS = "console=hvc0 earlyprintk=xen quiet loglevel=4"


@dataclass
class Setup:
    """What to boot and what to run there; see tests/lab --help for the meanings."""
    hv: str = "xylem"
    tools: str = "xylem"
    script: str = ""
    memory: int = 2560
    dom0_memory: int = 1024
    firmware: str = "bios"
    interactive: bool = False
    terminal: bool = False
    toolstack: bool = True
    hv_args: str = ""
    dom0_args: str = ""
    add: list[tuple[Path, str]] = field(default_factory=list)
    qemu: list[str] = field(default_factory=list)
    kernel: Path | None = None
    menu_seconds: int = 0
    direct: bool = False            # QEMU loads it, not GRUB
    chipset: str = "pc"
    cpus: int = 1
    accel: str = ACCEL


def hypervisor(name: str) -> Path:
    """The hypervisor's file: xylem, xen (Debian's), or a path."""
    if name == "xen":
        return packages.hypervisor()
    path = HYPERVISOR if name == "xylem" else Path(name)
    if not path.exists():
        raise Trouble(f"{path} is missing: run 'make xen', or take Debian's with --hv xen")
    return path


def _own_files(setup: Setup) -> Archive:
    """The part of the initrd that belongs to this run: script, settings, further files."""
    own = Archive()
    own.folder("lab")
    if setup.script:
        own.text("lab/script", setup.script)
    own.text("lab/settings", f"INTERACTIVE={int(setup.interactive)}\n"
                             f"TOOLSTACK={int(setup.toolstack)}\n"
                             f"TERMINAL={int(setup.terminal)}\n")
    for source, target in setup.add:
        if not source.exists():
            raise Trouble(f"--add: {source} does not exist")
        own.tree(target, source)
    return own


def _whole_initrd(setup: Setup, folder: Path) -> Path:
    """The common initrd with the run's own files behind it: a kernel unpacks both."""
    whole = folder / "initrd"
    with open(whole, "wb") as out:
        with open(initrd.dom0(setup.tools), "rb") as base:
            shutil.copyfileobj(base, out)
        _own_files(setup).write(out)
    return whole


def _entry(setup: Setup, folder: Path) -> grub.Entry:
    """What SETUP boots; its initrd is made in FOLDER."""
    args = f"{HYPERVISOR_ARGS} dom0_mem={setup.dom0_memory}M,max:{setup.dom0_memory}M"
    return grub.Entry(
        hypervisor(setup.hv), f"{args} {setup.hv_args}".rstrip(),
        [(setup.kernel or packages.kernel("linux-image-amd64"),
          f"placeholder {DOM0_ARGS} {setup.dom0_args}".rstrip()),
         (_whole_initrd(setup, folder), "")])


def image(setup: Setup, folder: Path) -> Path:
    """The bootable image for SETUP, in FOLDER."""
    return grub.image(folder / "boot.iso", _entry(setup, folder), setup.firmware,
                      setup.menu_seconds)


class Lab(qemu.Machine):
    """A booted SETUP, as a context manager; its scratch folder goes when it ends."""

    def __init__(self, setup: Setup, log: Path, seconds: float = 600) -> None:
        (BUILD / "images").mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(prefix="run-", dir=BUILD / "images")
        folder = Path(self._folder.name)
        extra, boot = setup.qemu, None
        try:
            if setup.direct:
                extra = extra + direct.arguments(_entry(setup, folder), folder)
            else:
                boot = image(setup, folder)
        except BaseException:
            self._folder.cleanup()
            raise
        super().__init__(qemu.Config(boot, memory=setup.memory, firmware=setup.firmware,
                                     chipset=setup.chipset, cpus=setup.cpus,
                                     accel=setup.accel, extra=extra), log, seconds)

    def __exit__(self, *args: object) -> None:
        super().__exit__(*args)
        self._folder.cleanup()

    def script_output(self) -> tuple[int, str]:
        """Wait for the script's end; gives its exit status and what it printed."""
        self.expect(r"^@@lab: begin\n")
        start = self.seen
        end = self.expect(r"@@lab: end (\d+)\n")
        return int(end.group(1)), self.text[start:end.start()]
