# SPDX-License-Identifier: GPL-2.0-only
"""The hypervisor built with its assertions, its lock order and its checks of invariants."""

from __future__ import annotations

from pathlib import Path

from lib import guests
from lib.paths import BUILD, ROOT, run
from lib.scenario import Context, Skipped, scenario
from lib.steps import PRELUDE

# Micro guests of each end and a stock guest; then what the debug keys show has to be right.
_SCRIPT = r"""
set -e
i=0
while [ $i -lt 5 ]; do
    micro c tick; create c; sleep 1; xl destroy c
    i=$((i+1))
done
for end in poweroff crash; do micro c $end; create c; until_gone c; done
stock s 128 run=idle
create s; console s
until_says s '@@guest: up'
micro c tick; create c
xl debug-keys '*'
for what in 'registers of domain 0' 'free pages of the heap' 'on each CPU' 'timers, now' \
            'interrupts in use' 'run queues' 'TSC at'; do
    xl dmesg | grep -q "pressed: .*$what" || exit 1
done
xl destroy c
xl shutdown -w s
until_gone s
xl debug-keys qm
xl dmesg | grep 'do not hold' && exit 1
xl dmesg | grep -q 'invariants of the heap hold'
"""


def debug_hypervisor() -> Path:
    """Built beside the other one, from the same sources and imports."""
    out = BUILD / "debug"
    out.mkdir(parents=True, exist_ok=True)
    for name in ("imports", "include"):
        link = out / name
        if not link.is_symlink():
            link.symlink_to(BUILD / name)
    run(["make", "--no-print-directory", "-C", str(ROOT / "xen"), f"BUILD={out}", "DEBUG=y"],
        what="building the hypervisor with assertions")
    return out / "xen" / "xen-xylem.gz"


@scenario("debug-cycles")
def debug_cycles(context: Context) -> None:
    """A climb in the lock order, a failed assertion or a broken invariant ends the machine."""
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")
    add = [(path, f"/guests/{path.name}") for path in guests.FOLDER.iterdir() if path.is_file()]
    context.script(PRELUDE.read_text() + _SCRIPT, 600, hv=str(debug_hypervisor()), add=add)
