# SPDX-License-Identifier: GPL-2.0-only
"""The table that `make bench` prints: rows, goals, ratios."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A figure, the ratio to reach and the one to aim at; or what our own may be at most."""
    key: str
    reach: float | None = None
    record: float | None = None
    most: float | None = None


SCRIPT_ROWS = ["getppid", "clock_gettime", "fork + exit", "fork + exec", "touch a fresh page",
               "map, touch, unmap 64 MiB", "mprotect pair, 16 pages", "pipe round trip",
               "event channel to itself", "event channel ping-pong"]

# Where the script runs; its rows are called "linux: PLACE ROW".
SCRIPT_PLACES = ["dom0", "domU", "2 CPUs: dom0", "2 CPUs: domU"]

# Of these the whole machine's instructions are compared: client, kernel, daemon, hypervisor.
STORE_ROWS = ["xenstore read", "xenstore write", "xenstore transaction",
              "xenstore write and watch event"]

DATA_ROWS = ["disk read", "disk write", "TCP to dom0", "TCP to the guest"]

ROWS = [
    Row("micro: null hypercall (xen_version)", 0.40, 0.20),
    Row("micro: evtchn_send, pending", 0.45, 0.28),
    Row("micro: evtchn_send, clear but masked", 0.45, 0.28),
    Row("micro: evtchn_send, FIFO, first port", most=164),
    Row("micro: evtchn_send, FIFO, port 131071", most=164),
    Row("micro: PTE update, batch of 128, per entry", 0.40, 0.18),
    Row("micro: PTE update, single", 0.40, 0.22),
    Row("micro: PTE update, plain store, trapped and emulated", 0.40, 0.30),
    Row("micro: exception bounced plus iret", 0.50, 0.30),
    Row("micro: multicall of 32 null calls, per call", 0.35, 0.12),
    Row("micro: grant copy of 4096 bytes", 0.60, 0.40),
    Row("micro: grant copy of 4096 bytes from a grant"),
    Row("micro: createdomain, empty PV domain", 0.30, 0.15),
    Row("micro: populate by 2 MiB extents, per page", 0.30, 0.05),
    Row("micro: populate by 2 MiB extents, dirty, per page"),
    Row("micro: decrease by 2 MiB extents, per page"),
    Row("micro: populate by single pages, per page", 0.30, 0.10),
    Row("micro: scrubbing in idle time, per page"),
    Row("micro: destroy, per page", 0.30, 0.10),
    Row("micro: idle for 4.4 s, 1 domain"),
    Row("micro: idle for 4.4 s, 1000 domains"),
    Row("idle with 1,000 domains over 1", most=1.2),
    Row("micro: small domain, of the first"),
    Row("micro: small domain, of the last of 1000"),
    Row("the 1,000th small domain over the first", most=1.05),
    Row("longest stretch without a test for pending work", most=50000),
    Row("micro: pages kept from domains", 0.50, 0.30),
    Row("micro: bytes per empty domain", 0.60, 0.35),
    Row("boot: entry to dom0, 512 MiB", 0.15, 0.03),
    Row("boot: entry to dom0, 4096 MiB", 0.15, 0.03),
    *[row for where in SCRIPT_PLACES for row in (
        *[Row(f"linux: {where} {name}") for name in SCRIPT_ROWS],
        Row(f"linux: {where} geometric mean", 0.60, 0.35))],
    Row("reset to init: unpacking the kernel", 0.70, 0.50),
    Row("reset to init: all the rest", 0.20, 0.08),
    Row("xl create: xl's own run", 0.30, 0.10),
    Row("xl create: all, to the guest's init", 0.85, 0.75),
    Row("xl destroy", 0.30, 0.10),
    Row("xl create with one disk and one vif", 0.30, 0.10),
    Row("xl destroy with one disk and one vif"),
    *[Row(f"{name}, per MiB") for name in DATA_ROWS],
    *[Row(f"{name}, {what} per MiB", 0.50, 0.10)
      for what in ("hypercalls", "switches") for name in DATA_ROWS],
    Row("xl create of a small guest, of 16 in turn"),
    Row("xl create of a small guest, of 16 at once"),
    Row("16 creates at once over 16 in turn", most=1.1),
    Row("dom0 memory per running guest, KiB", 0.30, 0.10),
    Row("xl list", 0.30, 0.10),
    Row("xl info", 0.30, 0.10),
    Row("xl domid", 0.30, 0.10),
    Row("linux: event channel between two domains", 0.40, 0.20),
    *[Row(name, 0.40, 0.15) for name in STORE_ROWS],
    Row("stub: first instruction to main()", most=3e6, record=0.5e6),
    Row("stub: first instruction to a card with an address", most=8e6, record=3e6),
    Row("stub: image of the HTTP stub, bytes", most=400e3, record=200e3),
    Row("stub: memory of the HTTP stub, MiB", most=4, record=2),
    *[row for what in ("receive", "send") for row in (
        Row(f"stub: TCP {what}, per MiB"), Row(f"stub: TCP {what} of a Linux guest, per MiB"),
        Row(f"stub: TCP {what} over that of Linux", most=0.60, record=0.30))],
    Row("stub: xl create to main()"),
    Row("stub: xl create to a Linux guest's init"),
    Row("stub: xl create to main() over that of Linux", most=0.05, record=0.01),
]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _goal(value: float | None) -> str:
    if not value:
        return ""
    return f"{value:g}" if value < 10 else f"{value:,.0f}"


def _verdict(ours: float | None, ratio: float | None, row: Row) -> str:
    if row.most is not None and ours is not None:
        if row.record is not None and ours <= row.record:
            return "record"
        return "reached" if ours <= row.most else "NOT reached"
    if ratio is None or row.reach is None:
        return ""
    if row.record is not None and ratio <= row.record:
        return "record"
    return "reached" if ratio <= row.reach else "NOT reached"


def render(xen: dict[str, float], xylem: dict[str, float]) -> str:
    """The table as text; rows without any figure are left out."""
    lines = [f"{'instructions (the hypervisor’s, if not said otherwise)':56}"
             f"{'Xen 4.17':>16}{'Xylem':>16}{'ratio':>8}{'reach':>11}{'aim':>11}"]
    reached = goals = 0
    for row in ROWS:
        theirs, ours = xen.get(row.key), xylem.get(row.key)
        if theirs is None and ours is None:
            continue
        ratio = ours / theirs if ours is not None and theirs else None
        verdict = _verdict(ours, ratio, row)
        goals += row.reach is not None or row.most is not None
        reached += verdict in ("reached", "record")
        shown = f"{ratio:.2f}" if ratio is not None else "-"
        lines.append(f"{row.key:56}{_number(theirs):>16}{_number(ours):>16}{shown:>8}"
                     f"{_goal(row.reach or row.most):>11}{_goal(row.record):>11}"
                     f"  {verdict}".rstrip())
    lines.append(f"{reached} of {goals} goals reached")
    return "\n".join(lines)
