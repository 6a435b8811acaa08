# SPDX-License-Identifier: GPL-2.0-only
"""PV disks and network cards: what they cost to make, to end, and for each MiB that goes through.

Debian's hotplug scripts are written for bash and util-linux, which the peer gets for them.
"""

from __future__ import annotations

from pathlib import Path

from lib import dom0, initrd, packages
from lib.cpio import Archive
from lib.paths import BUILD, Trouble

from . import counting

# Markers in domain 0, away from those of measure.py.
CREATE, DESTROY = 0x730, 0x732
DATA = {"disk read": 0x740, "disk write": 0x742, "TCP to dom0": 0x744, "TCP to the guest": 0x746}
MIB = 16

_SCRIPT = f"""
[ -e /peer.cpio ] && (rm -f /sbin/losetup; cd / && cpio -i </peer.cpio 2>/dev/null)
failed() {{ cat /var/log/xen/xen-hotplug.log; exit 1; }}
modprobe loop; modprobe bridge; modprobe xen-blkback; modprobe xen-netback
ip link add xenbr0 type bridge && ip addr add 10.9.0.1/24 dev xenbr0 && ip link set xenbr0 up
truncate -s {MIB}M /tmp/disk
mkdir /tmp/job; cp /bench/work /tmp/job
cat >/tmp/job/run <<'X'
until [ -e /sys/class/net/eth0 ]; do usleep 100000; done
ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up
./work data {DATA["disk read"]} {MIB} read /dev/xvda
./work data {DATA["disk write"]} {MIB} write /dev/xvda
./work data {DATA["TCP to dom0"]} {MIB} send 10.9.0.1 5001
./work data {DATA["TCP to the guest"]} {MIB} take 5002
X
tar -C /tmp/job -cf /tmp/job.tar run work
cat >/tmp/guest.cfg <<'X'
name = "guest"
kernel = "/boot/domu-vmlinuz"
ramdisk = "/boot/domu-initrd"
extra = "console=hvc0 quiet run=disk"
memory = 128
disk = [ "/tmp/disk,raw,xvda,rw" ]
vif = [ "bridge=xenbr0" ]
X
sed 's|^disk = .*|disk = [ "/tmp/disk,raw,xvda,rw", "/tmp/job.tar,raw,xvdz,ro" ]|' \\
    /tmp/guest.cfg >/tmp/data.cfg
xl create -q -p /tmp/guest.cfg && xl destroy guest || failed
sleep 2
/bench/work mark {CREATE}
xl create -q -p /tmp/guest.cfg || failed
/bench/work mark {CREATE + 1}
sleep 2
/bench/work mark {DESTROY}
xl destroy guest || exit 1
/bench/work mark {DESTROY + 1}
sleep 2
(/bench/work stream serve 5001
 /bench/work stream send 10.9.0.2 5002 {2 * MIB << 20}) &
xl create -q /tmp/data.cfg || failed
(sleep 100) | xl console guest
n=0
while xl domid guest >/dev/null 2>&1 && [ $n -lt 300 ]; do n=$((n+1)); sleep 1; done
"""


def _add_for_scripts(folder: Path) -> list[tuple[Path, str]]:
    """What Debian's scripts call and busybox lacks, with libraries."""
    archive = Archive()
    libraries = initrd.library_folders()
    for package, program in (("bash", "bin/bash"), ("util-linux", "usr/bin/flock"),
                             ("mount", "sbin/losetup")):
        initrd.add_dynamic(archive, program, packages.fetch(package) / program, libraries)
    return [(archive.save(folder / "peer.cpio"), "/peer.cpio")]


def _data_figures(snaps: dict[str, counting.Snap]) -> dict[str, float]:
    """The hypervisor's instructions, hypercalls and switches for each MiB, by direction."""
    figures: dict[str, float] = {}
    for name, marker in DATA.items():
        part = counting.between(snaps, marker, marker + 1)
        figures[f"{name}, per MiB"] = part.hypervisor / MIB
        figures[f"{name}, hypercalls per MiB"] = part.calls / MIB
        figures[f"{name}, switches per MiB"] = part.switches / MIB
    return figures


def devices(hv: str, tools: str) -> dict[str, float]:
    """All instructions of xl create and destroy; the hypervisor's part in moving data."""
    name = f"devices-{counting.label(hv)}-{tools}"
    out = counting.file(name)
    qemu = counting.arguments(out, 0)
    qemu[1] += f",calls={CREATE:x}"
    add = [(counting.WORK, "/bench/work")]
    if tools == "debian":
        add += _add_for_scripts(counting.OUT)
    setup = dom0.Setup(hv=hv, direct=True, tools=tools, script=_SCRIPT, qemu=qemu, add=add)
    with dom0.Lab(setup, BUILD / "logs" / f"bench-{name}.txt", 2400) as lab:
        status, _ = lab.script_output()
        lab.wait_off(300)
    if status != 0:
        raise Trouble(f"{hv} with {tools}'s tools: script ended with {status}{lab.tail()}")
    snaps = counting.read(out)
    return {
        "xl create with one disk and one vif": counting.between(snaps, CREATE, CREATE + 1).total,
        "xl destroy with one disk and one vif": counting.between(snaps, DESTROY,
                                                                 DESTROY + 1).total,
        **_data_figures(snaps),
    }
