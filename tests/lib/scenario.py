# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios: one question each about the whole system, asked in an emulator."""

from __future__ import annotations

import concurrent.futures
import fnmatch
import importlib
import os
import re
import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Iterable

from . import dom0, guests
from .paths import BUILD, ROOT, Trouble


Tell = Callable[[str, str, str, float], None]       # name, verdict, why, seconds
CPUS = 2                                            # of a scenario's machine, unless it says
# With lazy FPU switching, which Xen has by default, dom0's programs crash under QEMU once a guest
# is busy.
_XEN_ARGS = "spec-ctrl=eager-fpu"


class Failed(Exception):
    """The system did not do what the scenario asks."""


class Skipped(Exception):
    """The scenario cannot be asked here; the text says why."""


@dataclass
class Context:
    """What a scenario gets: which hypervisor and tools, and ways to boot them."""
    name: str
    hv: str = "xylem"
    tools: str = "xylem"
    long: bool = False
    parts: tuple[str, ...] = ()         # those wanted of a scenario that has several
    tell: Tell = lambda *_: None        # for the verdict of a part, as soon as it is known
    logs: list[Path] = field(default_factory=list)

    def new_log(self) -> Path:
        """The serial log of the next machine."""
        tail = f"-{len(self.logs)}" if self.logs else ""
        self.logs.append(BUILD / "logs" / f"{Path(self.hv).name}-{self.name}{tail}.txt")
        return self.logs[-1]

    def lab(self, seconds: float = 300, **setup: object) -> dom0.Lab:
        """A machine with stock dom0 (see dom0.Setup), to be used as a context manager."""
        values = {"hv": self.hv, "tools": self.tools, "cpus": CPUS} | setup
        if values["hv"] == "xen":
            values["hv_args"] = f"{_XEN_ARGS} {values.get('hv_args', '')}".rstrip()
        return dom0.Lab(dom0.Setup(**values), self.new_log(), seconds)      # type: ignore[arg-type]

    def script(self, script: str, seconds: float = 300, **setup: object) -> str:
        """Run a shell script in dom0; gives its output, Failed if its status is not 0."""
        with self.lab(seconds, script=script, **setup) as lab:
            status, output = lab.script_output()
            lab.wait_off(120)
        if status != 0:
            last = " / ".join(output.strip().splitlines()[-6:])
            raise Failed(f"script ended with {status}: {last}")
        return output

    def guest(self, name: str, **run: object) -> guests.Result:
        """Run a small guest as dom0; Failed if its verdict is not SUCCESS."""
        values = {"hv": self.hv} | run
        result = guests.Run(name, **values).boot(self.new_log())            # type: ignore[arg-type]
        if result.verdict == "SKIP":
            raise Skipped(result.complaints())
        if result.verdict != "SUCCESS":
            raise Failed(result.complaints())
        return result

    @staticmethod
    def check(condition: object, text: str) -> None:
        if not condition:
            raise Failed(text)

    @staticmethod
    def find(pattern: str, text: str) -> re.Match[str]:
        """The first match of PATTERN in TEXT; Failed if there is none."""
        match = re.search(pattern, text, re.M)
        if match is None:
            last = " / ".join(text.strip().splitlines()[-6:])
            raise Failed(f"no {pattern!r} in: {last}")
        return match


@dataclass(frozen=True)
class Scenario:
    """One boot, or several; PARTS are the names under which it tells several verdicts."""
    name: str
    run: Callable[[Context], None]
    long_only: bool
    parts: tuple[str, ...] = ()

    def chosen_by(self, patterns: list[str]) -> Scenario | None:
        """This scenario as far as PATTERNS ask for it."""
        if any(fnmatch.fnmatch(self.name, pattern) for pattern in patterns):
            return self
        parts = tuple(part for part in self.parts
                      if any(fnmatch.fnmatch(part, pattern) for pattern in patterns))
        return replace(self, parts=parts) if parts else None


_all: dict[str, Scenario] = {}


def scenario(name: str, long_only: bool = False, parts: Iterable[str] = ()
             ) -> Callable[[Callable[[Context], None]], Callable[[Context], None]]:
    """
    Registers a function as scenario NAME; LONG_ONLY: in `make test-long` only.  With PARTS, the
    function tells a verdict for each (Context.tell) and has none of its own unless it fails.
    """
    def register(function: Callable[[Context], None]) -> Callable[[Context], None]:
        if name in _all:
            raise ValueError(f"two scenarios are called {name}")
        _all[name] = Scenario(name, function, long_only, tuple(parts))
        return function
    return register


def load() -> dict[str, Scenario]:
    """All scenarios of tests/system/scenario_*.py."""
    for path in sorted((ROOT / "tests/system").glob("scenario_*.py")):
        importlib.import_module(f"system.{path.stem}")
    return _all


def _run_one(one: Scenario, hv: str, tools: str, long: bool, tell: Tell) -> None:
    """Run ONE; a scenario with parts tells theirs and speaks for itself only when it fails."""
    context = Context(one.name, hv, tools, long, one.parts, tell)
    start = time.monotonic()
    try:
        one.run(context)
        verdict, why = "ok", ""
    except Skipped as skipped:
        verdict, why = "skip", str(skipped)
    except (Failed, Trouble, OSError) as failure:
        verdict, why = "FAIL", str(failure)
    except Exception:                                # a mistake in the scenario itself
        verdict, why = "FAIL", "scenario broke: " + traceback.format_exc()
    if verdict == "FAIL" and context.logs:
        logs = ", ".join(os.path.relpath(log, ROOT) for log in context.logs)
        why = f"{why} (serial log {logs})"
    if verdict != "ok" or not one.parts:
        tell(one.name, verdict, why, time.monotonic() - start)


def run_all(chosen: list[Scenario], hv: str, tools: str, long: bool, jobs: int,
            tell: Tell) -> None:
    """Run scenarios, JOBS at a time; TELL(name, verdict, why, seconds) as each ends."""
    lock = threading.Lock()

    def tell_one(*verdict: Any) -> None:
        with lock:
            tell(*verdict)

    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = [pool.submit(_run_one, one, hv, tools, long, tell_one) for one in chosen]
        for done in concurrent.futures.as_completed(waiting):
            done.result()
