# SPDX-License-Identifier: GPL-2.0-only
"""Several CPUs under load, and off and on, on the hypervisor with its assertions."""

from __future__ import annotations

from lib import guests
from lib.scenario import Context, Skipped, scenario
from lib.steps import PRELUDE, Step, caller, run_steps

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


# Guests that compute, sleep and have two vcpus go on whichever CPUs there are, and dom0 with them.
_OFF_ON = r"""
cpu=/sys/devices/system/xen_cpu/xen_cpu1/online
is_on() {
    [ "$(cat $cpu)" = "$1" ] && [ "$(xl info | awk '$1 == "nr_cpus" { print $3 }')" = $((1 + $1)) ]
}
storm() { n=0; while [ $n -lt 10 ]; do /bin/busybox true; n=$((n+1)); done; }
ticks() { grep -c tick /tmp/sleeper.console; }
more_ticks() { [ "$(ticks)" -gt "$before" ]; }
computed() { xl list busy | awk 'NR == 2 { print $6 }'; }
more_computed() { [ "$(computed)" != "$time" ]; }
micro sleeper tick; create sleeper; console sleeper
micro busy spin; echo 'cap = 25' >>/tmp/busy.cfg; create busy
stock two 128 run=idle; echo 'vcpus = 2' >>/tmp/two.cfg
create two; console two
until_says two '@@guest: up'
for round in 1 2; do
    for on in 0 1; do
        storm & load=$!
        echo $on >$cpu || fail "round $round: $on is refused"
        is_on $on || fail "round $round: not $on but $(cat $cpu), $(xl info | grep nr_cpus)"
        before=$(ticks) time=$(computed)
        wait $load || fail "round $round: a process of dom0 ended with $?"
        until_true more_ticks || fail "round $round, $on: who sleeps does not wake"
        until_true more_computed || fail "round $round, $on: who computes does not go on"
    done
done
# A vcpu that is allowed there alone keeps the CPU on.
xl vcpu-pin busy 0 1 || fail "vcpu-pin"
(echo 0 >$cpu) 2>/dev/null && fail "a vcpu's only CPU went off"
is_on 1 || fail "refused, but not on"
xl vcpu-pin busy 0 all
echo 0 >$cpu || fail "refused though nobody needs it"
xl vcpu-pin busy 0 1 2>/dev/null && fail "a vcpu may run on a CPU that is off alone"
xl shutdown -w two || fail "shutdown -w"
echo 1 >$cpu || fail "does not come back"
xl destroy sleeper; xl destroy busy
xl debug-keys qmr
xl dmesg | grep 'do not hold' && fail "invariants"
xl dmesg | grep -q 'invariants of the heap hold' || fail "no audit"
"""

# The same by sysctl, with each of its errors: 0 is on, 1 off, 2 and 3 are for siblings.  Domain 0's
# file follows.
_SYSCTL = r"""
cpu=/sys/devices/system/xen_cpu/xen_cpu1/online
says_online() { [ "$(cat $cpu)" = "$1" ]; }
answers() {
    answer=$(cpuctl "$1" "$2")
    [ "$answer" = "$3" ] || fail "operation $1 on CPU $2: $answer, not $3"
}
answers 1 0 EBUSY
answers 1 7 EINVAL
answers 0 7 EINVAL
answers 1 0xffffffff EINVAL
answers 2 0 EOPNOTSUPP
answers 3 0 EOPNOTSUPP
answers 99 1 EINVAL
answers 0 1 0
for round in 1 2; do
    answers 1 1 0
    until_true says_online 0 || fail "CPU 1 is off, and dom0's file says $(cat $cpu)"
    [ "$(xl info | awk '$1 == "nr_cpus" { print $3 }')" = 1 ] || fail "$(xl info | grep nr_cpus)"
    answers 1 1 EINVAL
    answers 0 1 0
    until_true says_online 1 || fail "CPU 1 is on, and dom0's file says $(cat $cpu)"
done
"""


def _need_our_own(context: Context) -> None:
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")


@scenario("cpus", parts=["cpus-off-on", "cpus-sysctl"])
def cpus(context: Context) -> None:
    """
    The second CPU goes off and comes back by dom0's xen_cpu file, while guests run, and by sysctl.
    """
    _need_our_own(context)
    run_steps(context, [Step("cpus-off-on", _OFF_ON), Step("cpus-sysctl", _SYSCTL)], 600,
              hv=str(debug_hypervisor()), cpus=2, add=[(caller("cpuctl"), "/usr/bin/cpuctl")])


_NULL = r"""
xl info | grep -q '^xen_scheduler *: null$' || fail "$(xl info | grep scheduler)"
for name in first second; do micro $name tick; create $name; console $name; done
until_says first 'tick 3'
says second tick && fail "two vcpus run on one CPU"
xl vcpu-list | grep -q '^second .* r--' && fail "the second one runs"
xl destroy first
until_says second 'tick 3'
xl sched-credit2 2>/tmp/out && fail "sched-credit2 under another scheduler"
xl destroy second
"""


@scenario("null", parts=["sched-null"])
def null(context: Context) -> None:
    """sched=null: dom0 has one CPU, a guest the other; the next guest waits until that one ends."""
    _need_our_own(context)
    run_steps(context, [Step("sched-null", _NULL)], 300, hv=str(debug_hypervisor()),
              hv_args="sched=null dom0_max_vcpus=1", cpus=2)


@scenario("watchdog")
def watchdog(context: Context) -> None:
    """A CPU that stands still inside the hypervisor ends the machine, and it is shown where."""
    _need_our_own(context)
    run = guests.Run("stall", hv=str(debug_hypervisor()), hv_args="watchdog watchdog_timeout=2",
                     cpus=2)
    _, text = run.boot_until(r"watchdog: CPU \d has done nothing for 2 s", context.new_log())
    context.find(r"RIP: .*\bdebug_op\+", text)


def _storm(context: Context, cpus: int, rounds: int) -> None:
    _need_our_own(context)
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
