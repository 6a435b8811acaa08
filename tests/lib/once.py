# SPDX-License-Identifier: GPL-2.0-only
"""What several scenarios need built, which run side by side."""

from __future__ import annotations

import functools
import threading
from typing import Callable, TypeVar

Result = TypeVar("Result")
_building = threading.RLock()             # one build may ask for another


def once(build: Callable[..., Result]) -> Callable[..., Result]:
    """BUILD by one scenario at a time, and once in a run: two makes in a tree spoil each other."""
    results: dict[tuple[object, ...], Result] = {}

    @functools.wraps(build)
    def call(*args: object) -> Result:
        with _building:
            if args not in results:
                results[args] = build(*args)
            return results[args]

    return call
