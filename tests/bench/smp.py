# SPDX-License-Identifier: GPL-2.0-only
"""The Linux script on a machine of two CPUs, in a dom0 and in a domU with two vcpus each."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lib import cpio, dom0
from lib.paths import BUILD, Trouble

from . import counting, table

# Markers 2N and 2N+1 of the rows in dom0 and in the domU.
DOM0_ROWS, DOMU_ROWS = 0x100, 0x200

_SCRIPT = f"""
[ "$(nproc)" = 2 ] || {{ echo "dom0 has $(nproc) vcpus"; exit 1; }}
/bench/work {DOM0_ROWS} '2 CPUs: dom0 '
cat /boot/domu-initrd /bench/domu.cpio >/tmp/initrd
cat >/tmp/guest.cfg <<X
name = "guest"
kernel = "/boot/domu-vmlinuz"
ramdisk = "/tmp/initrd"
extra = "console=hvc0 quiet run=bench"
memory = 256
vcpus = 2
X
xl create -q /tmp/guest.cfg || exit 1
(sleep 100) | xl console guest
n=0
while xl domid guest >/dev/null 2>&1 && [ $n -lt 300 ]; do n=$((n+1)); sleep 1; done
"""

_DOMU_BENCH = f"""#!/bin/sh
[ "$(nproc)" = 2 ] || {{ echo "the guest has $(nproc) vcpus"; exit 1; }}
modprobe xen-evtchn
mkdir -p /dev/xen
[ -e /dev/xen/evtchn ] || mknod /dev/xen/evtchn c 10 $(awk '/evtchn/ {{print $1}}' /proc/misc)
/bench/work {DOMU_ROWS} '2 CPUs: domU '
"""


def smp(hv: str, tools: str) -> dict[str, float]:
    """The script's rows: the hypervisor's instructions on both CPUs together."""
    name = f"smp-{counting.label(hv)}-{tools}"
    out = counting.file(name)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        archive = cpio.Archive()
        archive.file("bench/work", counting.WORK, 0o755)
        archive.text("bench/run", _DOMU_BENCH, 0o755)
        setup = dom0.Setup(hv=hv, direct=True, tools=tools, script=_SCRIPT, cpus=2,
                           qemu=counting.arguments(out, 0),
                           add=[(counting.WORK, "/bench/work"),
                                (archive.save(Path(scratch) / "domu.cpio"), "/bench/domu.cpio")])
        with dom0.Lab(setup, BUILD / "logs" / f"bench-{name}.txt", 2400) as lab:
            status, text = lab.script_output()
            lab.wait_off(300)
    rows = counting.rows(text, counting.read(out))
    missing = [name for where in ("dom0", "domU") for name in table.SCRIPT_ROWS
               if f"2 CPUs: {where} {name}" not in rows]
    if status != 0 or missing:
        raise Trouble(f"{hv} with {tools}'s tools: script ended with {status}, "
                      f"{len(missing)} rows are missing{lab.tail()}")
    return {f"linux: {key}": snap.hypervisor / 1000 for key, snap in rows.items()}
