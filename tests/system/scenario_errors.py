# SPDX-License-Identifier: GPL-2.0-only
"""What a person reads who boots or creates something that cannot work: one clear line each."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from lib import dom0, grub, guests, packages, qemu
from lib.paths import BUILD, Trouble
from lib.scenario import Context, Failed, scenario
from lib.steps import Step, stepped

# ---- Boots that end at once ---------------------------------------------------------------------


def _stock() -> bytes:
    return packages.kernel("linux-image-amd64").read_bytes()


def _damaged() -> bytes:
    kernel = bytearray(_stock())
    at = len(kernel) * 3 // 4
    kernel[at:at + 65536] = bytes(65536)
    return bytes(kernel)


def _guest() -> bytes:
    return (guests.FOLDER / "hello").read_bytes()


@dataclass(frozen=True)
class _Boot:
    """KERNEL: the first module's bytes, None for no module; SAYS: the line that must come."""
    name: str
    kernel: Callable[[], bytes] | None
    says: str
    hv_args: str = "dom0_mem=64M"
    memory: int = 512
    also: list[str] = field(default_factory=list)

    def run(self, context: Context, folder: Path, log: Path) -> None:
        modules = []
        if self.kernel is not None:
            (folder / "kernel").write_bytes(self.kernel())
            modules = [(folder / "kernel", "placeholder")]
        entry = grub.Entry(dom0.hypervisor(context.hv), f"{dom0.HYPERVISOR_ARGS} {self.hv_args}",
                           modules)
        image = grub.image(folder / "boot.iso", entry)
        with qemu.Machine(qemu.Config(image, memory=self.memory), log, 120) as machine:
            machine.expect(self.says)


_BOOTS = [
    _Boot("boot-no-kernel", None,
          r"Xylem cannot start: no dom0 kernel: give it as the first module"),
    _Boot("boot-kernel-noise", lambda: random.Random(1).randbytes(100000),
          r"Xylem cannot start: dom0 kernel \(module 1\) is no kernel"),
    _Boot("boot-kernel-damaged", _damaged,
          r"Xylem cannot start: dom0 kernel \(module 1\) is corrupt", "dom0_mem=256M"),
    _Boot("boot-kernel-truncated", lambda: _stock()[:3 << 20],
          r"Xylem cannot start: dom0 kernel \(module 1\) is .*(outside the file|truncated)"),
    _Boot("boot-kernel-32bit", lambda: (BUILD / "xen/xen-xylem").read_bytes(),
          r"Xylem cannot start: dom0 kernel \(module 1\) is a 32-bit kernel"),
    _Boot("boot-kernel-not-pv", lambda: packages.busybox().read_bytes(),
          r"Xylem cannot start: dom0 kernel \(module 1\) .*Xen PV"),
    _Boot("boot-memory-small", _stock,
          r"Xylem cannot start: .*(too little memory|more memory)", "", memory=72),
    _Boot("boot-dom0-mem-small", _guest,
          r"Xylem cannot start: dom0: 1024 KiB are too little memory", "dom0_mem=1M"),
    _Boot("boot-option-unknown", _guest, r"\(XEN\) .*no_such_option=7(.*\n)*.*guest hello starts",
          "dom0_mem=64M no_such_option=7"),
]


@scenario("boot-errors", parts=[boot.name for boot in _BOOTS])
def boot_errors(context: Context) -> None:
    """Kernels that cannot be dom0, and machines too small for it."""
    for boot in (b for b in _BOOTS if b.name in context.parts):
        start = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="errors-") as folder:
                boot.run(context, Path(folder), context.new_log())
            verdict, why = "ok", ""
        except (Trouble, Failed) as failure:
            verdict, why = "FAIL", str(failure)
        context.tell(boot.name, verdict, why, time.monotonic() - start)


# ---- Guests that cannot be created --------------------------------------------------------------

# refuse PATTERN: the configuration /tmp/bad.cfg must give one line of error that has PATTERN.
_REFUSE = r"""
refuse() {
    if xl create -q /tmp/bad.cfg >/tmp/out 2>&1 </dev/null; then fail "accepted"; fi
    cat /tmp/out
    [ "$(wc -l </tmp/out)" = 1 ] || fail "not one line: $(head -n 3 /tmp/out | tr '\n' '|')"
    grep -q -e "$1" /tmp/out || fail "does not say '$1': $(cat /tmp/out)"
    if ls /tmp/core* 2>/dev/null; then fail "xl crashed"; fi
}
config() { printf 'name = "bad"\nmemory = 64\n%s\n' "$1" >/tmp/bad.cfg; }
kernel() { config "kernel = \"$1\""; }
noise() { dd if=/dev/urandom of=/tmp/noise bs=64k count=4 2>/dev/null; }
"""


def _refused(name: str, make: str, says: str) -> Step:
    return Step(f"create-{name}", f"{_REFUSE}\n{make}\nrefuse '{says}'\n")


_CREATES = [
    _refused("no-config", "rm -f /tmp/bad.cfg", "/tmp/bad.cfg"),
    _refused("no-value", "config 'kernel = '", "bad.cfg:3"),
    _refused("open-string", "config 'kernel = \"/guests/idle'", "bad.cfg:3"),
    _refused("no-name", "echo 'kernel = \"/guests/idle\"' >/tmp/bad.cfg", "name"),
    _refused("bad-number", "config 'kernel = \"/guests/idle\"'; "
             "echo 'vcpus = \"many\"' >>/tmp/bad.cfg", "vcpus"),
    _refused("cpuid-unknown", "config 'kernel = \"/guests/idle\"'; "
             "echo 'cpuid = \"host,sse3=0,avx22=1\"' >>/tmp/bad.cfg",
             "bad.cfg:4:22: cpuid: .avx22. is no CPU feature; do you mean .avx2."),
    # Neither the CPU that is emulated nor any PV guest has these.
    _refused("cpuid-host", "config 'kernel = \"/guests/idle\"'; "
             "echo 'cpuid = \"host,avx512f=1\"' >>/tmp/bad.cfg", "avx512f=1: this host.s CPU"),
    _refused("cpuid-guest", "config 'kernel = \"/guests/idle\"'; "
             "echo 'cpuid = \"host,svm=1\"' >>/tmp/bad.cfg", "svm=1: PV guests"),
    _refused("cpuid-leaf", "config 'kernel = \"/guests/idle\"'; "
             "echo 'cpuid = \"host,maxleaf=0x20\"' >>/tmp/bad.cfg", "leaf 0x0 goes beyond"),
    _refused("no-kernel", "kernel /no/such/file", "/no/such/file"),
    _refused("kernel-folder", "kernel /guests", "/guests"),
    _refused("kernel-program", "kernel /bin/busybox", "/bin/busybox.*PV"),
    _refused("kernel-noise", "noise; kernel /tmp/noise", "/tmp/noise.*no kernel"),
    _refused("kernel-truncated",
             "dd if=/boot/domu-vmlinuz of=/tmp/short bs=1M count=2 2>/dev/null; "
             "kernel /tmp/short", "/tmp/short"),
    _refused("kernel-damaged", "noise; cp /boot/domu-vmlinuz /tmp/broken; "
             "dd if=/tmp/noise of=/tmp/broken bs=64k seek=40 conv=notrunc 2>/dev/null; "
             "kernel /tmp/broken", "/tmp/broken.*corrupt"),
    _refused("no-initrd", "kernel /guests/idle; "
             "echo 'ramdisk = \"/no/such/initrd\"' >>/tmp/bad.cfg", "/no/such/initrd"),
    _refused("too-small", "kernel /boot/domu-vmlinuz; "
             "sed -i 's/memory = 64/memory = 4/' /tmp/bad.cfg", "memory"),
    _refused("too-big", "kernel /guests/idle; sed -i 's/memory = 64/memory = 900000/' /tmp/bad.cfg",
             "memory"),
    Step("create-twice", _REFUSE + r"""
micro bad; create bad
refuse 'bad'
xl destroy bad
"""),
]

stepped("create-errors", _CREATES, 300)
