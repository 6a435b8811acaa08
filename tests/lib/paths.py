# SPDX-License-Identifier: GPL-2.0-only
"""Where things lie, the values of Config.mk, and how to run a command."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CACHE = BUILD / "cache"
TOOLS = BUILD / "tools" / "bin"
HYPERVISOR = BUILD / "xen" / "xen-xylem.gz"


class Trouble(Exception):
    """A failure told to a person: what failed, where, and what to try next."""


def config(name: str) -> list[str]:
    """The words of a variable of Config.mk (plain lists only)."""
    text = (ROOT / "Config.mk").read_text().replace("\\\n", " ")
    match = re.search(rf"^{re.escape(name)}\s*[:?]?=\s*(.*)$", text, re.M)
    if match is None:
        raise Trouble(f"Config.mk does not define {name}")
    return match.group(1).split()


def run(argv: list[str], cwd: Path | None = None, what: str = "") -> str:
    """Run a command and give its output; Trouble with its last lines if it fails."""
    try:
        done = subprocess.run(argv, cwd=cwd, text=True, errors="replace", check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise Trouble(f"{what or argv[0]}: no command {argv[0]}: run 'make setup'") from None
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-12:])
        raise Trouble(f"{what or ' '.join(argv)} failed (status {done.returncode}):\n{tail}")
    return done.stdout
