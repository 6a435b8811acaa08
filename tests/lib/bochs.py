# SPDX-License-Identifier: GPL-2.0-only
"""One Bochs machine: slower than QEMU, but right about SMAP and about faulting MSRs."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from .paths import Trouble

# A low instruction rate makes waiting by the clock short.  The display wants a terminal: it gets
# one that nobody looks at, and no network port is opened.
_SETTINGS = """config_interface: textconfig
display_library: term
plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=1
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
vga: extension=none, update_freq=5, realtime=0
cpu: model={model}, count={cpus}, ips=10000000, reset_on_triple_fault=0
memory: guest={memory}, host={memory}
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={image}, status=inserted
boot: cdrom
clock: sync=none, time0=1700000000, rtc_sync=0
log: {log}
panic: action=fatal
com1: enabled=1, mode=file, dev=/dev/fd/{serial}
magic_break: enabled=0
"""


@dataclass
class Config:
    """The machine: a CD image, a processor by Bochs's name for it, memory in MiB."""
    image: Path
    scratch: Path
    model: str = "ryzen"
    memory: int = 256
    cpus: int = 1

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; the process's stdout is the serial line."""
        serial, serial_end = os.pipe()
        screen, screen_end = os.openpty()
        rc, commands = self.scratch / "bochsrc", self.scratch / "commands"
        rc.write_text(_SETTINGS.format(model=self.model, cpus=self.cpus, memory=self.memory,
                                       image=self.image, log=self.scratch / "bochs.log",
                                       serial=serial_end))
        commands.write_text("continue\nquit\n")
        try:
            process = subprocess.Popen(
                ["bochs-bin", "-q", "-f", str(rc), "-rc", str(commands)], stdin=subprocess.PIPE,
                stdout=screen_end, stderr=screen_end, pass_fds=[serial_end],
                env={**os.environ, "TERM": "vt100"})
        except FileNotFoundError:
            os.close(serial)
            os.close(screen)
            raise Trouble("no bochs-bin: run 'make setup'") from None
        finally:
            os.close(serial_end)
            os.close(screen_end)
        process.stdout = os.fdopen(serial, "rb", buffering=0)
        threading.Thread(target=_discard, args=(screen,), daemon=True).start()
        return process


def _discard(screen: int) -> None:
    """Read what is drawn, so that the emulator never waits for a reader."""
    try:
        while os.read(screen, 4096):
            pass
    except OSError:                     # the emulator has ended
        pass
    os.close(screen)
