# SPDX-License-Identifier: GPL-2.0-only
"""An assertion build under failures on demand."""

from __future__ import annotations

from lib.scenario import Context, Skipped, scenario

from .scenario_debug import debug_hypervisor


def _need_our_own(context: Context) -> None:
    if context.hv != "xylem":
        raise Skipped("asks the hypervisor of this tree")


@scenario("guest-faults")
def faults(context: Context) -> None:
    """Each copy and each allocation of each call fails once."""
    _need_our_own(context)
    context.guest("faults", hv=str(debug_hypervisor()), seconds=240)
