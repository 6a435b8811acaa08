# SPDX-License-Identifier: GPL-2.0-only
"""The life of guests: create, console, shutdown, reboot, crash, pause, destroy, many, no leak.

Each step ends with the same free memory, to the page, the same domains and the same places in the
store as before it (tests/lib/steps.sh).
"""

from __future__ import annotations

from lib.paths import ROOT
from lib.scenario import Context, Skipped, scenario
from lib.steps import Step, run_steps, stepped, toolstack_user

from .scenario_guests import HELPERS

# Not asked here: measured by `make bench`, run by the steps below, or (fifo) counting on the ports
# of dom0, which starts with none.
_NOT_HERE = HELPERS | {"fifo"}

_LIFE = [
    # The stock guest's console by `create -c` and, after ^], by `xl console`; leaving its shell
    # switches it off.
    Step("domu-console", r"""
stock con 128
( until says con 'guest#'; do sleep 1; done
  echo 'echo sum $((20+22))'; until says con 'sum 42'; do sleep 1; done
  printf '\035' ) | xl create -c /tmp/con.cfg >/tmp/con.console 2>&1 &
until_says con '@@guest: up, Linux 6'
until_says con 'sum 42'
wait $! || fail "xl create -c ended with $?"
( until says con2 'sum 43'; do sleep 1; echo 'echo sum $((20+23))'; done
  echo exit; while there con; do sleep 1; done ) | xl console con >/tmp/con2.console 2>&1 &
until_says con2 'sum 43'
until_gone con
"""),
    Step("domu-shutdown", r"""
stock down 128 run=idle
create down; console down
until_says down '@@guest: up'
xl shutdown -w down || fail "xl shutdown -w ended with $?"
gone down || fail "still there after shutdown -w"
"""),
    # By `xl reboot` and by the guest itself: each gives a new domain with the same configuration.
    Step("domu-reboot", r"""
stock again 128
echo 'on_reboot = "restart"' >>/tmp/again.cfg
create again; console again
rebooted() { there again && [ "$(xl domid again)" != "$first" ]; }
first=$(xl domid again)
until_says again '@@guest: up'
xl reboot again || fail "xl reboot ended with $?"
until_true rebooted || fail "no new domain after xl reboot"
first=$(xl domid again)
sleep 1; rm /tmp/again.console
( until says again 'guest#'; do sleep 1; done; echo reboot
  sleep 3600 ) | xl console again >/tmp/again.console 2>&1 &
until_true rebooted || fail "no new domain after the guest's own reboot"
console again
until_says again '@@guest: up'
xl destroy again || fail "xl destroy ended with $?"
"""),
    # The stock guest's panic; then a guest that Xylem has to crash, with its registers in the
    # log.  Another guest goes on meanwhile.
    Step("domu-crash", r"""
micro other tick; create other; console other
stock bad 128 run=crash
echo 'on_crash = "destroy"' >>/tmp/bad.cfg
create bad; until_gone bad
micro fault fault; echo 'on_crash = "preserve"' >>/tmp/fault.cfg
create fault; number=$(xl domid fault)
until_true in_state fault c || fail "state after the fault: $(state fault)"
xl destroy fault || fail "destroy of the crashed guest"
xl dmesg | grep -q -i "d${number}v0.*exception 6" ||
    fail "the log does not tell d${number}'s exception"
xl dmesg | grep -q -i 'rax.*0000000000005859' || fail "the log does not show the registers"
ticks=$(grep -c tick /tmp/other.console)
more_ticks() { [ "$(grep -c tick /tmp/other.console)" -gt "$((ticks + 1))" ]; }
until_true more_ticks || fail "the other guest does not go on"
xl destroy other
"""),
    Step("domu-destroy", r"""
stock gone 128
create gone; console gone
until_says gone 'guest#'
xl destroy gone || fail "xl destroy ended with $?"
gone gone || fail "still there after xl destroy"
"""),
    # A paused guest does nothing; unpaused it goes on.  Created with -p it has not begun.
    Step("domu-pause", r"""
micro still tick
xl create -q -p /tmp/still.cfg || fail "create -p"
console still
in_state still p || fail "state after create -p: $(state still)"
sleep 2
says still tick && fail "created paused, and it runs"
xl unpause still || fail "xl unpause"
until_says still 'tick 3'
xl pause still || fail "xl pause"
in_state still p || fail "state after xl pause: $(state still)"
sleep 1
ticks=$(grep -c tick /tmp/still.console)
sleep 4
[ "$(grep -c tick /tmp/still.console)" = "$ticks" ] || fail "paused, and it runs"
xl unpause still || fail "the second xl unpause"
more_ticks() { [ "$(grep -c tick /tmp/still.console)" -gt "$((ticks + 1))" ]; }
until_true more_ticks || fail "unpaused, and it does not run"
xl destroy still
"""),
    # Ten at once: two stock guests and eight small ones, all alive together.  Who has to wait for a
    # CPU is told so, as steal time.
    Step("domu-ten", r"""
all="stock1 stock2 m1 m2 m3 m4 m5 m6 m7 m8"
for i in $all; do
    case $i in
    stock*) stock "$i" 96 run=idle ;;
    *) micro "$i" tick; sed -i 's/memory = 8/memory = 32/' "/tmp/$i.cfg" ;;
    esac
    create "$i"; console "$i"
done
[ "$(xl list | wc -l)" = 12 ] || fail "not ten guests"
for i in stock1 stock2; do until_says "$i" '@@guest: up'; done
for i in stock1 stock2; do until_says "$i" 'waited for a CPU: [1-9]'; done
for i in m1 m2 m3 m4 m5 m6 m7 m8; do
    ticks=$(grep -c tick "/tmp/$i.console")
    more_ticks() { [ "$(grep -c tick "/tmp/$i.console")" -gt "$ticks" ]; }
    until_true more_ticks || fail "$i does not go on"
done
for i in $all; do xl destroy "$i" || fail "destroy of $i"; done
"""),
    Step("micro-shutdown-codes", r"""
for end in poweroff reboot crash watchdog; do
    micro code $end
    printf 'on_poweroff = "preserve"\non_reboot = "destroy"\non_crash = "rename-restart"\n' \
        >>/tmp/code.cfg
    printf 'on_watchdog = "preserve"\n' >>/tmp/code.cfg
    [ $end = crash ] && sed -i 's/rename-restart/destroy/' /tmp/code.cfg
    create code
    case $end in poweroff|watchdog)
        until_true in_state code s || fail "state after $end: $(state code)"
        xl destroy code || fail "destroy after $end"
    esac
    until_gone code
done
"""),
]

_CYCLES = r"""
once() {{ xl create -q /tmp/{name}.cfg && xl destroy {name}; }}
i=0
while [ $i -lt {rounds} ]; do once || fail "round $i"; i=$((i+1)); done
"""


def _cycles(name: str, config: str, rounds: int) -> Step:
    """Create and destroy again and again."""
    return Step(name, config + _CYCLES.format(name=config.split()[1], rounds=rounds))


_MANY = [
    _cycles("micro-cycles", "micro cycle", 200),
    _cycles("stock-cycles", "stock cycle 128 run=idle", 10),
]

# The small guests, which ask the same as when they run as dom0 (scenario_guests.py).
_AS_DOMU = r"""
printf 'name = "q"\nkernel = "/guests/{name}"\nmemory = 16\nvcpus = {vcpus}\n' >/tmp/q.cfg
( while ! says q 'guest [a-z]* ends'; do sleep 1; done ) | xl create -c /tmp/q.cfg \
    >/tmp/q.console 2>&1 &
until_says q 'guest [a-z]* ends: '
until_gone q
grep -e 'FAILURE: \|ERROR: ' /tmp/q.console | head -n 12
grep -e 'SKIP: ' /tmp/q.console | head -n 1 | sed 's/.*SKIP: //' | tr -d '\r' >/tmp/skip
says q 'ends: SKIP' && return
says q 'ends: SUCCESS' || fail "$(grep -e 'FAILURE: \|ERROR: \|ends: ' /tmp/q.console | head -n 2 |
    tr -d '\r' | tr '\n' ' ')"
"""
_QUESTIONS = [Step(f"domu-guest-{path.stem}",
                   _AS_DOMU.format(name=path.stem, vcpus=2 if path.stem == "vcpus" else 1))
              for path in sorted((ROOT / "tests/system/guests").glob("*.c"))
              if path.stem not in _NOT_HERE]

# By one process, without one for each guest.  The first thousand makes domain 0's tables long.
_THOUSAND = r"""
manyguests 1000 /guests/idle || fail "manyguests"
"""
_THOUSAND_BEFORE = r"""
manyguests 1000 /guests/idle || echo "@@ no guests to warm up with"
"""


@scenario("domu-thousand", long_only=True, parts=["domu-thousand"])
def thousand(context: Context) -> None:
    """1,000 guests live at once on a machine of 8 GiB, and leave nothing."""
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    run_steps(context, [Step("domu-thousand", _THOUSAND)], 3600, memory=8192, direct=True,
              before=_THOUSAND_BEFORE,
              add=[(toolstack_user("manyguests"), "/usr/bin/manyguests")])


stepped("domu", _LIFE + _QUESTIONS, 900)
stepped("cycles", _MANY, 1200)
stepped("cycles-long", [_cycles("stock-cycles-long", "stock cycle 128 run=idle", 200)], 6000,
        long_only=True)
