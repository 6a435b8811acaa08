# SPDX-License-Identifier: GPL-2.0-only
"""Several questions asked of one booted machine: each step has its own verdict."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import guests
from .once import once
from .paths import BUILD, ROOT, Trouble, run
from .scenario import Context, Failed, scenario

PRELUDE = Path(__file__).with_name("steps.sh")
_LINE = re.compile(r"^@@step (\S+) (starts|ok|FAIL|skip)(?: (.*))?\n", re.M)

SAID = 20                       # lines of a failed step's own output that its verdict repeats


@dataclass(frozen=True)
class Step:
    """SCRIPT: the body of a shell function that runs in dom0, with the functions of steps.sh."""
    name: str
    script: str


@once
def helper(name: str, *libraries: str) -> Path:
    """A program of tests/system/helpers, statically linked."""
    out = BUILD / "tests" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", str(out),
         str(ROOT / f"tests/system/helpers/{name}.c"), *libraries], what=f"building {name}")
    return out


def caller(name: str) -> Path:
    """A helper that makes hypercalls."""
    return helper(name, "-lxencall", "-lxentoollog", "-lxentoolcore", "-ldl", "-lpthread")


@once
def toolstack_user(name: str) -> Path:
    """A helper that uses the toolstack's library, as xl does."""
    libs = ("light", "guest", "ctrl", "store")
    archives = [str(BUILD / f"tools/lib/libxyl{lib}.a") for lib in libs]
    headers = [f"-I{ROOT}/tools/libs/{lib}/include" for lib in libs]
    return helper(name, "-D_GNU_SOURCE", "-D__XEN_TOOLS__", f"-I{BUILD}/include", *headers,
                  *archives, str(BUILD / "imports/host/libunpack.a"), "-lxenforeignmemory",
                  "-lxencall", "-lxentoolcore", "-lxentoollog")


def _script(steps: list[Step], before: str) -> str:
    functions = "".join(f"step_{i}() {{\n{step.script}\n}}\n" for i, step in enumerate(steps))
    calls = "".join(f"step {step.name} step_{i}\n" for i, step in enumerate(steps))
    return f"{PRELUDE.read_text()}\n{functions}\nwarm_up\n{before}\n{calls}"


class _Watch:
    """Tells each step's verdict as it is printed."""

    def __init__(self, context: Context, steps: list[Step]) -> None:
        self.waiting = [step.name for step in steps]
        self._context = context
        self._text = ""
        self._started = time.monotonic()

    def listen(self, piece: str) -> None:
        self._text += piece
        while (match := _LINE.search(self._text)) is not None:
            before, self._text = self._text[:match.start()], self._text[match.end():]
            name, what, why = match.groups()
            said = before.strip().splitlines()[-SAID:]
            if what == "FAIL" and said:
                why = " / ".join([why, *said])
            if what == "starts":
                self._started = time.monotonic()
            else:
                self.end(name, what, why or "")

    def end(self, name: str, verdict: str, why: str) -> None:
        if name in self.waiting:
            self.waiting.remove(name)
            self._context.tell(name, verdict, why, time.monotonic() - self._started)
            self._started = time.monotonic()


def run_steps(context: Context, steps: list[Step], seconds: float, **setup: object) -> None:
    """
    Boot once, run the STEPS that are wanted, tell each verdict; Failed if the machine fails.
    SETUP may have `before`, a shell script to run before the first step.
    """
    chosen = [step for step in steps if step.name in context.parts]
    watch = _Watch(context, chosen)
    before = str(setup.pop("before", ""))
    add = [(caller(name), f"/usr/bin/{name}") for name in ("freepages", "dom0tables")]
    add += [(path, f"/guests/{path.name}") for path in guests.FOLDER.iterdir() if path.is_file()]
    add += setup.pop("add", [])                                          # type: ignore[arg-type]
    try:
        with context.lab(seconds, script=_script(chosen, before), add=add, **setup) as lab:
            lab.listen(watch.listen)
            status, _ = lab.script_output()
            lab.wait_off(120)
    except (Trouble, OSError) as trouble:
        for i, name in enumerate(list(watch.waiting)):
            watch.end(name, "FAIL", str(trouble) if i == 0 else "not reached")
        raise
    for name in list(watch.waiting):
        watch.end(name, "FAIL", f"the script ended with {status} before it")
    if status != 0:
        raise Failed(f"the script ended with {status}")


def stepped(name: str, steps: list[Step], seconds: float, long_only: bool = False,
            **setup: object) -> Callable[[Context], None]:
    """Registers a scenario that runs STEPS in one boot."""
    @scenario(name, long_only, [step.name for step in steps])
    def all_steps(context: Context) -> None:
        run_steps(context, steps, seconds, **setup)
    return all_steps
