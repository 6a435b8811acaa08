# SPDX-License-Identifier: GPL-2.0-only
"""The measurements: each boots one hypervisor and gives figures by name."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from lib import cpio, dom0, guests, packages
from lib.paths import BUILD, Trouble

from . import counting, symbols, table

Figures = dict[str, float]
LOGS = BUILD / "logs"


def _small_guest(hv: str, guest: str) -> Figures:
    """The rows of one small guest, run as dom0."""
    out = counting.file(f"{guest}-{counting.label(hv)}")
    result = guests.Run(guest, hv=hv, direct=True, seconds=400, qemu=counting.arguments(out, 2)
                        ).boot(LOGS / f"bench-{guest}-{counting.label(hv)}.txt")
    if result.verdict != "SUCCESS":
        raise Trouble(f"small guest {guest} on {hv}: {result.complaints()}")
    text = "\n".join(result.lines)
    figures = {f"micro: {name}": snap.hypervisor / 1000
               for name, snap in counting.rows(text, counting.read(out)).items()}
    for name, value in re.findall(r"bench-value (.+): (\d+)", text):
        figures[f"micro: {name}"] = float(value)
    return figures


def micro(hv: str) -> Figures:
    """Single operations of small guests run as dom0: the hypervisor's instructions."""
    figures = _small_guest(hv, "bench")
    if hv == "xylem":                           # the peer takes minutes to open 131,071 ports
        figures |= _small_guest(hv, "fifo")
    return figures


def boot(hv: str) -> Figures:
    """From the hypervisor's entry to dom0's first instruction, at any address."""
    figures = {}
    for memory in (512, 4096):
        log = LOGS / f"bench-boot-{memory}-{counting.label(hv)}.txt"
        out = counting.file(f"boot-{memory}-{counting.label(hv)}")
        entry = counting.entry_address(dom0.hypervisor(hv))
        result = guests.Run("hello", hv=hv, direct=True, memory=memory, seconds=100,
                            qemu=counting.arguments(out, 2, entry)).boot(log)
        entry += counting.moved_by(result.text)
        snaps = counting.read(out)
        start = snaps.get(f"first-{entry:x}")
        if start is None:
            raise Trouble(f"{hv}: nothing was executed at its entry {entry:#x}; see {log}")
        figures[f"boot: entry to dom0, {memory} MiB"] = snaps["7000"].since(start).total
    return figures


# Where Xylem tests for pending work: who runs these functions has tested.
TESTS = ["hypercall_preempt_check", "idle_loop", "do_softirq", "exit_to_guest_work"]


def stretch(hv: str) -> Figures:
    """The longest that the hypervisor runs, in the small guest, without testing for other work."""
    elf = BUILD / "xen/xen-xylem.elf64"
    if hv != "xylem":
        return {}                               # the tests of a stripped one cannot be found
    out = counting.file("stretch")
    ranges = [symbols.extent(elf, name) for name in TESTS]
    arguments = counting.arguments(out, 2)
    arguments[1] += "".join(f",test={low:x}-{high:x}" for low, high in ranges) + ",from=0"
    result = guests.Run("bench", hv=hv, direct=True, seconds=900, qemu=arguments
                        ).boot(LOGS / "bench-stretch.txt")
    if result.verdict != "SUCCESS":
        raise Trouble(f"micro guest on {hv}: {result.complaints()}")
    found = counting.stretches(out)
    image = symbols.program(elf)
    for first, last, count in found[:3]:
        print(f" {count:,} from {image.name(first)} to {image.name(last)};", end="")
    return {"longest stretch without a test for pending work": float(found[0][2])}


# Markers of the Linux runs, away from those of the small guest.
INIT, GUEST_INIT, XL, DOM0_ROWS, DOMU_ROWS = 0x700, 0x701, 0x710, 0x100, 0x200
STORE_ROWS, PEER_ROWS = 0x300, 0x320

_SCRIPT = f"""
/bench/work {DOM0_ROWS} 'dom0 '
/bench/work store {STORE_ROWS} ''
cat /boot/domu-initrd /bench/domu.cpio >/tmp/initrd
cat >/tmp/guest.cfg <<X
name = "guest"
kernel = "/boot/domu-vmlinuz"
ramdisk = "/boot/domu-initrd"
extra = "console=hvc0 quiet"
memory = 128
X
sed 's|/boot/domu-initrd|/tmp/initrd|; s|quiet|quiet run=bench|' /tmp/guest.cfg >/tmp/bench.cfg
sleep 2
/bench/work mark {XL}
xl create -q -p /tmp/guest.cfg || exit 1
/bench/work mark {XL + 1}
sleep 1
/bench/work mark {XL + 2}
xl destroy guest || exit 1
/bench/work mark {XL + 3}
sleep 2
/bench/work mark {XL + 4}
xl create -q /tmp/bench.cfg || exit 1
(sleep 100) | xl console guest
n=0
while xl domid guest >/dev/null 2>&1 && [ $n -lt 300 ]; do n=$((n+1)); sleep 1; done
sed -i 's|memory = 128|memory = 256|' /tmp/bench.cfg
xl create -q /tmp/bench.cfg || exit 1
(sleep 1000) | xl console guest >/tmp/console &
n=0
until grep -q '@@bench: serving' /tmp/console || [ $n -gt 600 ]; do n=$((n+1)); sleep 1; done
cat /tmp/console
/bench/work peer {PEER_ROWS} '' $(xl domid guest)
xl destroy guest || exit 1
sleep 2
/bench/work around {XL + 5} xl list >/dev/null
/bench/work around {XL + 7} xl info >/dev/null
/bench/work around {XL + 9} xl domid Domain-0 >/dev/null
"""

# The 128 MiB guest shows how long creation takes; the rows need a guest with more room.
_DOMU_BENCH = f"""#!/bin/sh
/bench/work mark {GUEST_INIT}
[ "$(awk '/MemTotal/ {{print $2}}' /proc/meminfo)" -gt 150000 ] || exit 0
modprobe xen-evtchn
mkdir -p /dev/xen
[ -e /dev/xen/evtchn ] || mknod /dev/xen/evtchn c 10 $(awk '/evtchn/ {{print $1}}' /proc/misc)
/bench/work {DOMU_ROWS} 'domU '
echo "@@bench: serving"
/bench/work serve
"""


def _domu_files(folder: Path) -> Path:
    archive = cpio.Archive()
    archive.file("bench/work", counting.WORK, 0o755)
    archive.text("bench/run", _DOMU_BENCH, 0o755)
    return archive.save(folder / "domu.cpio")


def linux(hv: str, tools: str) -> Figures:
    """Stock kernels: reset to init, the script's rows in dom0 and domU, xl."""
    out = counting.file(f"linux-{counting.label(hv)}-{tools}")
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        setup = dom0.Setup(hv=hv, direct=True, tools=tools, script=_SCRIPT,
                           qemu=counting.arguments(out, 0),
                           add=[(counting.WORK, "/bench/work"),
                                (_domu_files(Path(scratch)), "/bench/domu.cpio")])
        with dom0.Lab(setup, LOGS / f"bench-linux-{counting.label(hv)}-{tools}.txt", 2400) as lab:
            status, text = lab.script_output()
            lab.wait_off(300)
    if status != 0:
        raise Trouble(f"{hv} with {tools}'s tools: script ended with {status}{lab.tail()}")
    return _linux_figures(text, counting.read(out))


def _linux_figures(text: str, snaps: dict[str, counting.Snap]) -> Figures:
    figures: Figures = {}
    for name, snap in counting.rows(text, snaps).items():
        figures[f"total: {name}"] = snap.total / 1000
        figures[f"linux: {name}"] = snap.hypervisor / 1000
    for name in table.STORE_ROWS:
        figures[name] = figures.get(f"total: {name}", 0)
    figures["reset to init, hypervisor"] = snaps[f"{INIT:04x}"].hypervisor
    figures["xl create: xl's own run"] = counting.between(snaps, XL, XL + 1).total
    figures["xl create: all, to the guest's init"] = counting.between(
        snaps, XL + 4, GUEST_INIT).total
    figures["xl destroy"] = counting.between(snaps, XL + 2, XL + 3).total
    for name, marker in (("xl list", XL + 5), ("xl info", XL + 7), ("xl domid", XL + 9)):
        figures[name] = counting.between(snaps, marker, marker + 1).total
    return figures


def unpacked_kernel() -> Path:
    """dom0's kernel as the ELF file that its bzImage holds."""
    path = counting.OUT / "vmlinux"
    source = packages.kernel("linux-image-amd64")
    if path.exists() and path.stat().st_mtime >= source.stat().st_mtime:
        return path
    path.write_bytes(symbols.payload(source.read_bytes()))
    return path


def unpacking(hv: str) -> Figures:
    """Reset to init with a kernel that needs no unpacking: what remains is "all the rest"."""
    out = counting.file(f"unpacked-{counting.label(hv)}")
    setup = dom0.Setup(hv=hv, direct=True, tools="debian", toolstack=False,
                       kernel=unpacked_kernel(),
                       qemu=counting.arguments(out, 0), add=[(counting.WORK, "/bench/work")])
    with dom0.Lab(setup, LOGS / f"bench-unpacked-{counting.label(hv)}.txt", 600) as lab:
        lab.expect(r"@@lab: dom0 init")
        lab.wait_off(200)
    return {"reset to init, hypervisor, without unpacking":
            counting.read(out)[f"{INIT:04x}"].hypervisor}
