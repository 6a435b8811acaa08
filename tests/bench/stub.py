# SPDX-License-Identifier: GPL-2.0-only
"""Stub domains against a stock Linux guest beside them: start, memory, TCP."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from lib import cpio, dom0
from lib.paths import BUILD, ROOT, Trouble, run

from . import counting, measure

STUBS = BUILD / "stubdom"
MEBIBYTES = 32
BYTES = MEBIBYTES << 20

# Markers: `xl create` of either begins; a guest is up; main() of a stub.
CREATE_LINUX, CREATE_STUB, GUEST_UP, MAIN = 0x720, 0x722, 0x701, 0x7001

# The vCPU's time is its instructions and the hypervisor's for it, at a nanosecond each (`-icount
# shift=0`).  `moved NAME GUEST BEFORE AFTER` prints what it has run between two lines it says.
_SCRIPT = f"""
modprobe bridge; modprobe xen-netback
ip link add xenbr0 type bridge && ip addr add 10.9.0.1/24 dev xenbr0 && ip link set xenbr0 up
until_says() {{ until grep -q "$2" /tmp/$1.console; do sleep 1; done; }}
conf() {{
    printf 'name = "%s"\\nkernel = "%s"\\nmemory = %s\\nextra = "%s"\\n%s\\n' "$@" >/tmp/$1.cfg
}}
watch() {{ (sleep 3000) | xl console $1 >/tmp/$1.console 2>&1 & }}
spent() {{ /bench/work cpu $(xl domid $1); }}
streams() {{
    until_says $1 "$2"; sleep 2
    before=$(spent $1)
    /bench/work stream send 10.9.0.2 5001 {BYTES} || exit 1
    until_says $1 'stream: {BYTES} bytes came'; sleep 2
    middle=$(spent $1)
    /bench/work stream serve 5002
    until_says $1 'stream: sent'; sleep 2
    echo "@@bench: $1 received $((middle - before)) sent $(($(spent $1) - middle))"
    xl destroy $1; sleep 2
}}
card="vif = [ 'mac=00:16:3e:00:00:01' ]"
cat /boot/domu-initrd /bench/domu.cpio >/tmp/initrd
conf linux /boot/domu-vmlinuz 128 'console=hvc0 quiet' 'ramdisk = "/boot/domu-initrd"'
sed 's|/boot/domu-initrd|/tmp/initrd|; s|quiet|quiet run=bench|' /tmp/linux.cfg >/tmp/up.cfg
xl create -q -p /tmp/linux.cfg || exit 1
xl destroy linux; sleep 2
/bench/work mark {CREATE_LINUX}
xl create -q /tmp/up.cfg || exit 1
until [ -z "$(xl list | grep linux)" ]; do sleep 1; done
conf alone /bench/stream.gz 4 '' ''
/bench/work mark {CREATE_STUB}
xl create -q -p /tmp/alone.cfg || exit 1
watch alone
xl unpause alone
until_says alone 'stream: main after'
cat /tmp/alone.console; sleep 2
conf stub /bench/stream.gz 8 'ip=10.9.0.2/24 serve 5001 then send 10.9.0.1 5002 {BYTES}' "$card"
xl create -q /tmp/stub.cfg || exit 1
watch stub
streams stub 'stream: at '
cat /tmp/stub.console
for memory in 2 3 4; do
    conf http /bench/http.gz $memory 'ip=10.9.0.2/24' "$card"
    xl create -q /tmp/http.cfg || continue
    i=0
    until wget -q -O /dev/null http://10.9.0.2/ || [ $i -gt 20 ]; do i=$((i+1)); sleep 1; done
    xl destroy http; sleep 2
    [ $i -le 20 ] && echo "@@bench: http serves in $memory MiB" && break
done
conf linux /boot/domu-vmlinuz 256 'console=hvc0 quiet run=bench' 'ramdisk = "/tmp/initrd"'
echo "$card" >>/tmp/linux.cfg
xl create -q /tmp/linux.cfg || exit 1
watch linux
streams linux 'bench: ready'
"""

_LINUX_GUEST = f"""#!/bin/sh
/bench/work mark {GUEST_UP}
[ -e /sys/bus/xen/devices/vif-0 ] || exit 0
until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up
echo "@@bench: ready"
/bench/work stream serve 5001
/bench/work stream send 10.9.0.1 5002 {BYTES}
sleep 1000
"""


def _guest_files(folder: Path) -> Path:
    archive = cpio.Archive()
    archive.file("bench/work", counting.WORK, 0o755)
    archive.text("bench/run", _LINUX_GUEST, 0o755)
    return archive.save(folder / "domu.cpio")


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise Trouble(f"the bench script did not print {pattern!r}")
    return float(found.group(1))


def measure_stubs(hv: str, tools: str) -> measure.Figures:
    """All rows; on Xylem only, since what is compared with is a guest beside the stub."""
    if hv == "xen":
        return {}
    run(["make", "--no-print-directory", "-C", str(ROOT), "stubdom"], what="building stub domains")
    out = counting.OUT / f"stub-{tools}.counts"
    out.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        setup = dom0.Setup(hv=hv, direct=True, tools=tools, script=_SCRIPT,
                           qemu=counting.arguments(out, 0),
                           add=[(counting.WORK, "/bench/work"),
                                (_guest_files(Path(scratch)), "/bench/domu.cpio"),
                                *[(STUBS / f"{name}.gz", f"/bench/{name}.gz")
                                  for name in ("stream", "http")]])
        with dom0.Lab(setup, measure.LOGS / f"bench-stub-{tools}.txt", 2400) as lab:
            status, text = lab.script_output()
            lab.wait_off(300)
    if status != 0:
        raise Trouble(f"the script ended with {status}{lab.tail()}")
    return _figures(text, counting.read(out))


def _figures(text: str, snaps: dict[str, counting.Snap]) -> measure.Figures:
    figures: measure.Figures = {
        "stub: first instruction to main()": _number(r"stream: main after (\d+)", text),
        "stub: first instruction to a card with an address": _number(
            r"stream: card after (\d+)", text),
        "stub: image of the HTTP stub, bytes": (STUBS / "http.gz").stat().st_size,
        "stub: memory of the HTTP stub, MiB": _number(r"http serves in (\d+) MiB", text),
        "stub: xl create to main()": counting.between(snaps, CREATE_STUB, MAIN).total,
        "stub: xl create to a Linux guest's init": counting.between(
            snaps, CREATE_LINUX, GUEST_UP).total,
    }
    figures["stub: xl create to main() over that of Linux"] = (
        figures["stub: xl create to main()"] / figures["stub: xl create to a Linux guest's init"])
    for what, word in (("receive", "received"), ("send", "sent")):
        ours, linux = (_number(rf"@@bench: {name} .*{word} (\d+)", text) / MEBIBYTES
                       for name in ("stub", "linux"))
        figures[f"stub: TCP {what}, per MiB"] = ours
        figures[f"stub: TCP {what} of a Linux guest, per MiB"] = linux
        figures[f"stub: TCP {what} over that of Linux"] = ours / linux
    return figures
