# SPDX-License-Identifier: GPL-2.0-only
"""An assertion build under failures on demand, and under random calls from several guests."""

from __future__ import annotations

import os
import time

from lib.scenario import Context, Failed, Skipped, scenario
from lib.steps import Step, run_steps

from .scenario_debug import debug_hypervisor

# Four guests side by side, seeds $1 and on.  Each comes to its end, for it spares itself; in the
# wild calls after that it may die of what it does, or hang: then it is destroyed.
_FUZZ = r"""
fuzz_turn() {
    first=$1 calls=$2 wild=$3 words=$4
    peers=$(($(xl list | awk 'END { print $2 }') + 1))
    for i in 0 1 2 3; do
        own=$((first + i))
        printf 'name = "f%s"\nkernel = "/guests/fuzz"\nmemory = 12\nvcpus = 3\n' $own >/tmp/f.cfg
        printf 'on_poweroff = "preserve"\non_crash = "preserve"\non_reboot = "preserve"\n' \
            >>/tmp/f.cfg
        printf 'on_watchdog = "preserve"\non_soft_reset = "preserve"\n' >>/tmp/f.cfg
        printf 'extra = "seed=%s calls=%s wild=%s peers=%s %s"\n' $own $calls $wild $peers \
            "$words" >>/tmp/f.cfg
        xl create -q -p /tmp/f.cfg || fail "create of f$own failed"
        console f$own
    done
    for i in 0 1 2 3; do xl unpause f$((first + i)); done
    for i in 0 1 2 3; do
        name=f$((first + i)) n=0
        until says $name 'calls not refused' || says $name 'ends: ' || in_state $name s; do
            n=$((n + 1))
            [ $n -le 1500 ] || fail "$name has not come to its end after five minutes"
            usleep 200000
        done
        sleep 1
        grep -a -e 'seed' -e 'FAILURE' -e 'ERROR' /tmp/$name.console
        says $name 'FAILURE: ' &&
            fail "$name: $(grep -a 'FAILURE: ' /tmp/$name.console | head -n 1)"
        says $name 'calls not refused' || fail "$name died of calls that should not hurt it"
    done
    for i in 0 1 2 3; do
        xl destroy f$((first + i)) || fail "destroy of f$((first + i)) failed"
    done
    rm -f /tmp/f*.console
}
"""

_LONG = r"""
seed={first}
while [ $(cut -d. -f1 /proc/uptime) -lt {seconds} ]; do
    fuzz_turn $seed 20000 2000 "{words}"
    seed=$((seed + 4))
done
"""


def _need_our_own(context: Context) -> None:
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")


def _steps(context: Context, step: Step, seconds: float, cpus: int = 1) -> None:
    before = _FUZZ + "fuzz_turn 1 500 100 noaudit\n"     # what the first ones ever leave in caches
    run_steps(context, [step], seconds, hv=str(debug_hypervisor()), before=before, cpus=cpus,
              memory=1024, dom0_memory=512)


@scenario("guest-faults")
def faults(context: Context) -> None:
    """Each copy and each allocation of each call fails once."""
    _need_our_own(context)
    context.guest("faults", hv=str(debug_hypervisor()), seconds=240)


@scenario("guest-fuzz")
def fuzz_dom0(context: Context) -> None:
    """Random calls from one guest alone, as dom0."""
    _need_our_own(context)
    context.guest("fuzz", hv=str(debug_hypervisor()), guest_args="seed=1 calls=5000", seconds=120)


@scenario("fuzz", parts=["fuzz-calls"])
def fuzz(context: Context) -> None:
    """Four seeds from FUZZ_SEED on, which is 1 unless the environment says otherwise."""
    _need_our_own(context)
    first = int(os.environ.get("FUZZ_SEED", "1"))
    _steps(context, Step("fuzz-calls", f"fuzz_turn {first} 5000 500 ''"), 400)


def _long(context: Context, name: str, cpus: int, words: str, seconds: int) -> None:
    """New seeds, for SECONDS of the guests' time; a failure names the first seed."""
    _need_our_own(context)
    first = int(time.time()) % 1000000 * 1000
    try:
        step = Step(name, _LONG.format(first=first, seconds=seconds, words=words))
        _steps(context, step, 3 * seconds, cpus)
    except Failed as failed:
        raise Failed(f"{failed} (seeds from {first} on)") from failed


@scenario("fuzz-long", long_only=True, parts=["fuzz-calls-long"])
def fuzz_long(context: Context) -> None:
    """An hour on one CPU, with audits."""
    _long(context, "fuzz-calls-long", 1, "", 3600)


@scenario("fuzz-long-smp", long_only=True, parts=["fuzz-calls-smp"])
def fuzz_long_smp(context: Context) -> None:
    """Half an hour on two CPUs at once; an audit would see calls of the other one half done."""
    _long(context, "fuzz-calls-smp", 2, "noaudit", 1800)
