# SPDX-License-Identifier: GPL-2.0-only
"""One emulated machine without hardware virtualization: its serial line, its time, its end."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import bochs
from .paths import Trouble

# What a PV hypervisor needs under TCG: SMAP faults wrongly on IRET at CPL 3, MWAIT and RDTSCP
# are half there; a small translation buffer keeps pages that GRUB executed and a page table
# reuses from staying "code pages", to which every write is slow.
CPU = "EPYC,+svm,+npt,-smap,-monitor,-rdtscp"
ACCEL = "tcg,tb-size=16"
OVMF = "/usr/share/ovmf/OVMF.fd"


@dataclass
class Config:
    """The machine: memory in MiB, boot image, firmware, and further arguments for QEMU."""
    image: Path | None = None
    memory: int = 2560
    cpus: int = 1
    firmware: str = "bios"
    chipset: str = "pc"
    cpu: str = CPU
    accel: str = ACCEL
    extra: list[str] = field(default_factory=list)

    def argv(self) -> list[str]:
        args = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot", "-machine", self.chipset, "-accel", self.accel, "-cpu", self.cpu,
                "-m", str(self.memory), "-smp", str(self.cpus), "-vga", "std",
                "-chardev", "stdio,id=com1,signal=off", "-serial", "chardev:com1"]
        if self.firmware == "efi":
            args += ["-bios", OVMF]
        if self.image is not None:
            args += ["-drive", f"file={self.image},format=raw,if=none,id=boot,readonly=on",
                     "-device", "virtio-blk-pci,drive=boot,bootindex=0"]
        return args + self.extra

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; the process's stdin and stdout are the serial line."""
        try:
            return subprocess.Popen(self.argv(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT)
        except FileNotFoundError:
            raise Trouble("no qemu-system-x86_64: run 'make setup'") from None


class Machine:
    """A running emulator.  Use as a context manager: leaving it ends the emulator, by its pid."""

    def __init__(self, config: Config | bochs.Config, log: Path, seconds: float = 600) -> None:
        """SECONDS bounds the run in CPU time; wall time is bounded by eight times as much."""
        self.log = log
        self.text = ""
        self.stopped_by_person = False
        self.seen = 0
        self._config = config
        self._seconds = seconds
        self._listeners: list[Callable[[str], None]] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._ended_cpu: float | None = None

    def __enter__(self) -> Machine:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.log, "wb")
        self._started = time.monotonic()
        self._process = self._config.start()
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._file.close()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have LISTENER called with each new piece of serial output."""
        self._listeners.append(listener)

    def cpu_seconds(self) -> float:
        """CPU time that the emulator has used so far."""
        if self._ended_cpu is not None:
            return self._ended_cpu
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wall_seconds(self) -> float:
        return time.monotonic() - self._started

    def _overdue(self) -> bool:
        return (self.cpu_seconds() > self._seconds
                or self.wall_seconds() > 8 * self._seconds)

    def poll(self, seconds: float = 0.5) -> bool:
        """Take in serial output, waiting for at most SECONDS; False once the machine is off."""
        out = self.process.stdout
        assert out is not None
        if not select.select([out], [], [], max(seconds, 0))[0]:
            return True
        data = out.read(65536)
        if data is None:
            return True
        if not data:
            self.process.wait()
            return False
        self._file.write(data)
        self._file.flush()
        text = data.decode("utf-8", "replace").replace("\r", "")
        self.text += text
        for listener in self._listeners:
            listener(text)
        return True

    def expect(self, pattern: str, seconds: float | None = None) -> re.Match[str]:
        """Wait until PATTERN (multi-line regular expression) appears after the last match."""
        regex = re.compile(pattern, re.M)
        limit = None if seconds is None else self.cpu_seconds() + seconds
        wall = None if seconds is None else self.wall_seconds() + 8 * seconds
        running = True
        while True:
            match = regex.search(self.text, self.seen)
            if match is not None:
                self.seen = match.end()
                return match
            if not running:
                raise Trouble(f"the machine ended while waiting for {pattern!r}{self.tail()}")
            late = limit is not None and wall is not None and (
                self.cpu_seconds() > limit or self.wall_seconds() > wall)
            if late or self._overdue():
                raise Trouble(f"no {pattern!r} within {self.cpu_seconds():.0f} s of CPU time, "
                              f"{self.wall_seconds():.0f} s in all{self.tail()}")
            running = self.poll()

    def send(self, text: str) -> None:
        """Type TEXT on the serial line."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Trouble(f"the machine ended before {text!r} was typed{self.tail()}") from None

    def wait_off(self, seconds: float | None = None) -> None:
        """Wait until the machine switches itself off."""
        limit = self._seconds if seconds is None else self.cpu_seconds() + seconds
        while self.poll():
            if self.cpu_seconds() > limit or self._overdue():
                raise Trouble(f"the machine did not switch off{self.tail()}")

    def linger(self, seconds: float) -> None:
        """Take in what still comes within SECONDS, or until the machine is off."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.poll(end - time.monotonic()):
            pass

    def tail(self, lines: int = 12) -> str:
        """The end of the serial output and the log's name, for error messages."""
        last = "\n  | ".join(self.text.rstrip().splitlines()[-lines:])
        return f"; last output ({self.log}):\n  | {last}"

    def stop(self) -> None:
        """End the emulator if it still runs."""
        if self._process is None:
            return
        self._ended_cpu = self.cpu_seconds() if self._process.poll() is None else self._ended_cpu
        for end in (self._process.terminate, self._process.kill):
            if self._process.poll() is not None:
                break
            end()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
