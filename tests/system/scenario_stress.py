# SPDX-License-Identifier: GPL-2.0-only
"""Guests that fork without end while devices come and go and guests are killed, at random."""

from __future__ import annotations

import os
import time

from lib.scenario import Context, Skipped, scenario
from lib.steps import Step, helper, run_steps

from .scenario_debug import debug_hypervisor
from .scenario_devices import PRELUDE, WARM

# Each operation is one of: a disk or a card attached, or detached again; a guest destroyed, or
# crashed, and made anew.  What a guest has is asked of xl, so a refusal is a finding.  Detaching
# waits for the guest, so it is asked of those that are up.  A guest writes to each new disk for a
# while and says so: Linux 6.1's blkfront stops its queue before it has what is under way answered,
# and then waits for that for ever.  A guest that is killed may well be writing.
#
# A storm is ten processes at a time, each of which begins and ends as fast as it can; then it naps
# for nine times as long as they took.  So the eight storms ask for less than one CPU, however slow
# the machine is, and the rest is there for what they are to be disturbed in.
#
# Linux spends a quarter of its boot on certificates that nothing here asks for: it is told not to.
_STRESS = r"""
bridge
draw() { rng=$(((rng * 1103515245 + 12345) % 2147483648)); drawn=$((rng / 65536 % $1)); }
begin() {
    rm -f "/tmp/$1.console" "/tmp/$1.disks"
    create "$1"; console "$1"
}
up() { until_says "$1" '@@guest: storms'; }
disks() { cat "/tmp/$1.disks" 2>/dev/null || echo 0; }
has_disk() { xl block-list "$1" | grep -q '^51728 '; }
has_card() { xl network-list "$1" | grep -q '^1 '; }
# A guest that is busy may need longer than xl waits for it: xl says so, and is asked again.
detach() {
    for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
        xl "$@" 2>/tmp/said && return
        cat /tmp/said
        grep -q 'goes when the guest lets go of it' /tmp/said || return 1
    done
    return 1
}
disk() {
    if has_disk "$1"; then
        up "$1"
        until_says "$1" "@@guest: wrote to disk $(disks "$1");"
        detach block-detach "$1" xvdb
    else
        xl block-attach "$1" "file:/tmp/$1.more,xvdb,w" &&
            echo $(($(disks "$1") + 1)) >"/tmp/$1.disks"
    fi
}
card() {
    if has_card "$1"; then
        up "$1"
        detach network-detach "$1" 1
    else
        up "$1"
        xl network-attach "$1" bridge=xenbr0
    fi
}
crash() {
    up "$1"
    xl sysrq "$1" c && until_gone "$1" && begin "$1"
}
operate() {
    case $1 in
    0 | 1 | 2) disk "$2" ;;
    3 | 4 | 5) card "$2" ;;
    6) xl destroy "$2" && begin "$2" ;;
    7) crash "$2" ;;
    esac
}
for i in 1 2 3 4; do
    truncate -s 1M "/tmp/g$i.more"
    job "g$i" "" "''" <<'X'
echo 1 >/proc/sys/kernel/sysrq
now() { read -r up rest </proc/uptime; now=${up%.*}${up#*.}; }
storm() {
    while :; do
        now; begin=$now
        for n in 1 2 3 4 5 6 7 8 9 10; do /bin/busybox true; done
        now; usleep $(((now - begin) * 90000))
    done
}
storm & storm &
echo "@@guest: storms"
last= disks=0
while :; do
    disk=$(cat /sys/block/xvdb/diskseq 2>/dev/null)
    if [ -n "$disk" ] && [ "$disk" != "$last" ] && [ -b /dev/xvdb ]; then
        for i in 1 2 3 4 5 6 7 8; do
            dd if=/dev/zero of=/dev/xvdb bs=64k count=4 conv=fsync 2>/dev/null
            usleep 100000
        done
        last=$disk disks=$((disks + 1))
        echo "@@guest: wrote to disk $disks;"
    fi
    usleep 200000
done
X
    printf 'vcpus = 2\non_crash = "destroy"\n' >>"/tmp/g$i.cfg"
    sed -i 's/^extra = "/&initcall_blacklist=load_system_certificate_list /' "/tmp/g$i.cfg"
    begin "g$i"
done
for i in 1 2 3 4; do up "g$i"; done
echo "@@stress: seed {seed}"
rng={seed} n=0
while [ $n -lt {operations} ]; do
    draw 4; guest=g$((drawn + 1)); draw 8
    echo "@@stress: operation $n, kind $drawn on $guest"
    operate $drawn $guest || fail "seed {seed}: operation $n, kind $drawn on $guest"
    n=$((n + 1))
done
for i in 1 2 3 4; do xl destroy "g$i" || fail "destroy of g$i"; done
tidy_devices
xl debug-keys qmr
xl dmesg | grep 'do not hold' && fail "invariants"
xl dmesg | grep -q 'invariants of the heap hold' || fail "no audit"
"""


# Five Linux kernels at work: with less room QEMU translates them over and over.  It leaves slow
# what GRUB ran and a page table reuses (lib/qemu.py), so there is no GRUB.
# STRESS_THREAD=single runs both CPUs in one thread, for a machine that is busy otherwise: a CPU
# that waits for the other one's answer gives way to it, but the two never run at the same time.
_ACCEL = f"tcg,tb-size=256,thread={os.environ.get('STRESS_THREAD', 'multi')}"


@scenario("stress", long_only=True, parts=["stress-operations"])
def stress(context: Context) -> None:
    """
    Four guests of two vcpus on two CPUs, 300 operations (STRESS_OPERATIONS) drawn from STRESS_SEED,
    which is the time unless the environment says; the same free memory at the end.
    """
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    seed = int(os.environ.get("STRESS_SEED", str(int(time.time()) % 1000000)))
    operations = int(os.environ.get("STRESS_OPERATIONS", "300"))
    script = PRELUDE + _STRESS.replace("{seed}", str(seed)).replace("{operations}", str(operations))
    run_steps(context, [Step("stress-operations", script)], 7200, hv=str(debug_hypervisor()),
              add=[(helper("netcheck"), "/usr/bin/netcheck")], before=WARM, cpus=2,
              accel=_ACCEL, direct=True)
