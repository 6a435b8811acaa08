# SPDX-License-Identifier: GPL-2.0-only
"""Several CPUs under load, on the hypervisor with its assertions; bounded by operations done."""

from __future__ import annotations

from lib import guests
from lib.scenario import Context, Skipped, scenario
from lib.steps import PRELUDE

from .scenario_debug import debug_hypervisor

# Processes that begin and end on all vcpus, guests with several vcpus that do the same, and
# others that come and go meanwhile.
_SCRIPT = r"""
set -e
[ "$(grep -c ^processor /proc/cpuinfo)" = {cpus} ]
[ "$(xl info | awk '$1 == "nr_cpus" {{ print $3 }}')" = {cpus} ]
storm() {{
    for i in $(seq {cpus}); do
        ( n=0; while [ $n -lt $1 ]; do /bin/busybox true; n=$((n+1)); done ) &
    done
    wait
}}
cycles() {{
    n=0
    micro "$1" tick
    while [ $n -lt 15 ]; do create "$1"; xl destroy "$1"; n=$((n+1)); done
}}
for i in 1 2; do
    stock "s$i" 128 run=idle
    echo 'vcpus = 3' >>"/tmp/s$i.cfg"
    create "s$i"; console "s$i"
done
for i in 1 2; do until_says "s$i" '@@guest: up'; done
( storm {rounds} ) & load=$!
( cycles a ) & a=$!
( cycles b ) & b=$!
wait $a; wait $b; wait $load
xl vcpu-list s1
for i in 1 2; do xl shutdown "s$i"; done
for i in 1 2; do until_gone "s$i"; done
xl debug-keys qmr
xl dmesg | grep -q 'invariants of the heap hold'
"""


def _storm(context: Context, cpus: int, rounds: int) -> None:
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    add = [(path, f"/guests/{path.name}") for path in guests.FOLDER.iterdir() if path.is_file()]
    context.script(PRELUDE.read_text() + _SCRIPT.format(cpus=cpus, rounds=rounds), 2400,
                   hv=str(debug_hypervisor()), add=add, cpus=cpus)


@scenario("smp-4", long_only=True)
def smp_4(context: Context) -> None:
    """Four CPUs, more than the machine below has: whoever holds a lock may be stopped there."""
    _storm(context, 4, 100)


@scenario("smp-8", long_only=True)
def smp_8(context: Context) -> None:
    """Eight CPUs."""
    _storm(context, 8, 50)
