# SPDX-License-Identifier: GPL-2.0-only
"""Connects the person's terminal with a machine's serial line."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty

from .paths import Trouble
from .qemu import Machine

ESCAPE = b"\x01"


class Terminal:
    """Relays keys and output; Ctrl-A x ends the machine, Ctrl-A a types a Ctrl-A."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._escaped = False

    def relay(self) -> int:
        """Relay until the machine is off; the script's exit status if one was told, else 0."""
        machine = self._machine
        _show(machine.text)
        machine.listen(_show)
        keys: int | None = sys.stdin.fileno()
        saved = termios.tcgetattr(keys) if os.isatty(keys) else None
        try:
            if saved is not None:
                tty.setraw(keys, termios.TCSANOW)
            while machine.poll(0.02):
                if keys is None or not select.select([keys], [], [], 0)[0]:
                    continue
                data = os.read(keys, 256)
                if not data:
                    keys = None                 # a pipe that has ended
                elif not self._keys(data):
                    machine.stopped_by_person = True
                    break
        except Trouble:
            pass                                # it ended between two keys
        finally:
            if saved is not None:
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, saved)
        print()
        return _status(machine.text)

    def _keys(self, data: bytes) -> bool:
        for key in (data[i:i + 1] for i in range(len(data))):
            if self._escaped:
                self._escaped = False
                if key in b"xX":
                    return False
                self._machine.send("\x01" if key in b"aA\x01" else key.decode("latin-1"))
            elif key == ESCAPE:
                self._escaped = True
            else:
                self._machine.send(key.decode("latin-1"))
        return True


def _show(text: str) -> None:
    sys.stdout.write(text.replace("\n", "\r\n"))
    sys.stdout.flush()


def _status(text: str) -> int:
    line = text.rpartition("@@lab: end ")[2].split("\n", 1)[0]
    return int(line) if line.isdigit() else 0
