# SPDX-License-Identifier: GPL-2.0-only
"""xenstored and xenconsoled are killed and started again: guests and toolstack go on; pyxs.

Each step ends with the same free memory, the same domains and the same places in the store as
before it (tests/lib/steps.sh).
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.paths import BUILD, ROOT, TOOLS, run
from lib.scenario import Context, Failed, scenario
from lib.steps import Step, helper, run_steps

# The daemons' own death and return, as a supervisor would have it.
_KILL = r"""
kill_store() {
    kill -9 "$(cat /run/xenstored.pid)"
    xenstored --pid-file /run/xenstored.pid || fail "xenstored does not start again"
}
kill_consoles() {
    kill -9 "$(cat /run/xenconsoled.pid)"
    xenconsoled --pid-file=/run/xenconsoled.pid || fail "xenconsoled does not start again"
}
"""

# A stock guest with a watch on its shutdown node, set before the kill; dom0's kernel and clients.
_STORE = _KILL + r"""
stock live 128 run=idle
create live; console live
until_says live '@@guest: up'
id=$(xl domid live)
xenstore-write /local/domain/0/mark before
xenstore-watch -n 3 /local/domain/0/mark >/tmp/watched & watcher=$!
xenstore-ls -fp >/tmp/before
kill_store
xenstore-ls -fp >/tmp/after
cmp /tmp/before /tmp/after ||
    fail "the store has changed: $(diff /tmp/before /tmp/after | head -n 5)"
kill_store
xenstore-write /local/domain/0/mark after
xl shutdown -w live || fail "xl shutdown -w ended with $?"
gone live || fail "still there after shutdown -w"
kill "$watcher" 2>/dev/null
xenstore-rm /local/domain/0/mark
"""

# --keep starts it again by itself; a clean end is no reason to.
_KEEP = r"""
kill "$(cat /run/xenstored.pid)"
until_true [ ! -e /run/xenstored.pid ]
xenstored --keep --pid-file /run/xenstored.pid || fail "xenstored --keep does not start"
xenstore-write /local/domain/0/mark kept
i=0
while [ $i -lt 3 ]; do
    old=$(cat /run/xenstored.pid)
    kill -9 "$old"
    again() { [ -s /run/xenstored.pid ] && [ "$(cat /run/xenstored.pid)" != "$old" ]; }
    until_true again || fail "it was not started again"
    until_true xenstore-exists /local/domain/0/mark || fail "the mark is gone"
    i=$((i+1))
done
xl list >/dev/null || fail "xl list ended with $?"
kill "$(cat /run/xenstored.pid)"
until_true [ ! -e /run/xenstored.pid ]
[ "$(ps | grep -c '[x]enstored --keep')" = 0 ] || fail "its parent stays after a clean end"
xenstored --pid-file /run/xenstored.pid || fail "xenstored does not start"
until_true xenstore-exists /local/domain/0/mark || fail "the mark is gone after a clean end"
xenstore-rm /local/domain/0/mark
"""

# A new terminal, told in the store; what the guest says goes on.
_CONSOLE = _KILL + r"""
micro talk tick
create talk; id=$(xl domid talk)
console talk
until_says talk tick
tty=$(xenstore-read /local/domain/$id/console/tty)
kill_consoles
told() { [ -e "$(xenstore-read /local/domain/$id/console/tty)" ]; }
until_true told || fail "no terminal in the store (it was $tty)"
rm /tmp/talk.console
heard() { says talk tick || { console talk; sleep 2; says talk tick; }; } # the old one lets go
until_true heard || fail "the new terminal says nothing"
ticks=$(grep -c tick /tmp/talk.console)
kill_store
more_ticks() { [ "$(grep -c tick /tmp/talk.console)" -gt "$((ticks + 1))" ]; }
until_true more_ticks || fail "the console stops with the store"
xl destroy talk
"""

# Killed over and over in the midst of creates and destroys, each of which has to succeed.
_MIDST = _KILL + r"""
stock still 128 run=idle
create still; console still
until_says still '@@guest: up'
rm -f /tmp/enough
( i=0
  while [ $i -lt {kills} ]; do
      usleep $((200000 + i % 7 * 90000))
      if [ $((i % 3)) = 2 ]; then kill_consoles; else kill_store; fi
      i=$((i+1))
  done
  touch /tmp/enough ) & killer=$!
rounds=0
while [ ! -e /tmp/enough ]; do
    micro victim
    xl create -q /tmp/victim.cfg || fail "create in round $rounds"
    xl list victim >/dev/null || fail "list in round $rounds"
    xl destroy victim || fail "destroy in round $rounds"
    rounds=$((rounds+1))
    [ -d /proc/$killer ] || [ -e /tmp/enough ] || fail "a daemon does not start again"
done
wait $killer
xl shutdown -w still || fail "xl shutdown -w ended with $?"
echo "$rounds rounds while the daemons were killed {kills} times"
"""


def _midst(name: str, kills: int) -> Step:
    return Step(name, _MIDST.replace("{kills}", str(kills)))


_STEPS = [
    Step("store-killed", _STORE),
    Step("store-kept", _KEEP),
    Step("consoles-killed", _CONSOLE),
    _midst("store-killed-midst", 6),
]
_LONG = [_midst("store-killed-50", 50)]


@scenario("store", parts=[step.name for step in _STEPS])
def store(context: Context) -> None:
    run_steps(context, _STEPS, 600)


@scenario("store-long", long_only=True, parts=[step.name for step in _LONG])
def store_long(context: Context) -> None:
    run_steps(context, _LONG, 3000)


@contextmanager
def _on_host(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Our xenstored on the host, without domains; gives its process and its socket."""
    socket = folder / "socket"
    socket.unlink(missing_ok=True)
    with subprocess.Popen([TOOLS / "xenstored", "-N", "-D", "-s", socket, *options],
                          stderr=subprocess.DEVNULL) as daemon:
        try:
            while not socket.exists():
                if daemon.poll() is not None:
                    raise Failed(f"xenstored ended with {daemon.returncode}")
                time.sleep(0.02)
            yield daemon, socket
        finally:
            daemon.kill()


@scenario("store-pyxs")
def store_pyxs(context: Context) -> None:
    """Python's pyxs (which is made for Debian's own Python) against our xenstored, on the host."""
    del context
    with tempfile.TemporaryDirectory() as folder, _on_host(Path(folder)) as (_, socket):
        text = run(["timeout", "60", "/usr/bin/python3",
                    str(ROOT / "tests/system/helpers/pyxs_client.py"), str(socket)], what="pyxs")
    if "pyxs: all well" not in text:
        raise Failed(text)


_MANY = ("1000000", "10000")            # nodes, watches
_PEAK_KIB = 256 * 1000                  # what it may need at most: 256 bytes for each node


def _peak_kib(pid: int) -> int:
    """The most memory that a process has had."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM"))


@scenario("store-million", long_only=True)
def store_million(context: Context) -> None:
    """A million nodes, ten thousand watches, a kill in between; on the host, with a journal.

    In its second life it loads all of it, removes it and takes it once more: memory that was not
    given back would pass the bound.
    """
    client = str(helper("storeload"))

    def load(socket: Path, *commands: str) -> None:
        for command in commands:
            run(["timeout", "900", client, str(socket), command, *_MANY], what=f"store {command}")

    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        folder = Path(name)
        for commands in (("write", "watch"), ("check", "watch", "remove", "write", "check")):
            with _on_host(folder, "-J", str(folder / "journal")) as (daemon, socket):
                load(socket, *commands)
                peak = _peak_kib(daemon.pid)
                context.check(daemon.poll() is None, "xenstored has ended")
                context.check(peak <= _PEAK_KIB, f"{peak} KiB after {commands}")
