# SPDX-License-Identifier: GPL-2.0-only
"""Sixteen guests: made at once against one after the other, and what dom0 keeps for each."""

from __future__ import annotations

import re

from lib import dom0
from lib.paths import BUILD, Trouble

from . import counting

# Markers in domain 0, away from those of measure.py and devices.py.
IN_TURN, AT_ONCE = 0x750, 0x752
GUESTS = 16

# Private pages of the processes that serve guests: those that no other process shares.
_SCRIPT = f"""
pages() {{
    for p in $(pidof xl) $(pidof xenstored) $(pidof xenconsoled); do
        cat /proc/$p/smaps_rollup
    done | awk '/^Private_/ {{ kib += $2 }} END {{ print kib }}'
}}
all() {{ n=1; while [ $n -le {GUESTS} ]; do "$@" $n; n=$((n+1)); done; }}
config() {{ printf 'name = "g%d"\\nkernel = "/bench/guest"\\nmemory = 8\\n' $1 >/tmp/$1.cfg; }}
make() {{ xl create -q -p /tmp/$1.cfg || echo "@@failed $1"; }}
end() {{ xl destroy g$1; }}
background() {{ make $1 & }}
all config
all make
all end
sleep 2
before=$(pages)
/bench/work mark {IN_TURN}
all make
/bench/work mark {IN_TURN + 1}
sleep 2
echo "bench-value dom0 memory per running guest, KiB: $(( ($(pages) - before) / {GUESTS} ))"
all end
sleep 2
/bench/work mark {AT_ONCE}
all background
wait
/bench/work mark {AT_ONCE + 1}
[ "$(xl list | wc -l)" = {GUESTS + 2} ] || echo "@@failed: $(xl list)"
all end
"""


def many(hv: str, tools: str) -> dict[str, float]:
    """16 creates at once over 16 in turn, all instructions; KiB of dom0's for each guest."""
    name = f"many-{counting.label(hv)}-{tools}"
    out = counting.file(name)
    setup = dom0.Setup(hv=hv, direct=True, tools=tools, script=_SCRIPT,
                       qemu=counting.arguments(out, 0),
                       add=[(counting.WORK, "/bench/work"),
                            (BUILD / "tests/guests/hello", "/bench/guest")])
    with dom0.Lab(setup, BUILD / "logs" / f"bench-{name}.txt", 1200) as lab:
        status, text = lab.script_output()
        lab.wait_off(300)
    if status != 0 or "@@failed" in text:
        raise Trouble(f"{hv} with {tools}'s tools: script ended with {status}{lab.tail()}")
    snaps = counting.read(out)
    in_turn = counting.between(snaps, IN_TURN, IN_TURN + 1).total
    at_once = counting.between(snaps, AT_ONCE, AT_ONCE + 1).total
    figures = {key: float(value)
               for key, value in re.findall(r"bench-value (.+): (\d+)", text)}
    return figures | {"xl create of a small guest, of 16 in turn": in_turn / GUESTS,
                      "xl create of a small guest, of 16 at once": at_once / GUESTS,
                      "16 creates at once over 16 in turn": at_once / in_turn}
