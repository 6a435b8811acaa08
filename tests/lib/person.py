# SPDX-License-Identifier: GPL-2.0-only
"""A person at a terminal: runs a program there, reads what it shows, types."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

from .paths import Trouble


class Person:
    """A context manager; the program sees a terminal.  All that it shows goes to LOG, too."""

    def __init__(self, command: list[str], log: Path, seconds: float) -> None:
        self._command = command
        self._log = log
        self._limit = time.monotonic() + seconds
        self.text = ""
        self._seen = 0

    def __enter__(self) -> Person:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(self._command, stdin=slave, stdout=slave, stderr=slave,
                                         start_new_session=True)
        os.close(slave)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)        # it ends its machine then
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        os.close(self._master)
        self._log.write_text(self.text)

    def _read(self) -> bool:
        """False: the program has closed its terminal."""
        if not select.select([self._master], [], [], 1)[0]:
            return True
        try:
            piece = os.read(self._master, 65536)
        except OSError:
            return False
        self.text += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)

    def sees(self, pattern: str) -> None:
        """Wait until PATTERN is shown, after what was seen before."""
        while (match := re.compile(pattern, re.M).search(self.text, self._seen)) is None:
            if time.monotonic() > self._limit:
                raise Trouble(f"not shown in time: {pattern!r}")
            if not self._read():
                raise Trouble(f"ended while waiting for {pattern!r}")
        self._seen = match.end()

    def types(self, line: str) -> None:
        """Type LINE and Enter."""
        os.write(self._master, line.encode() + b"\r")

    def sees_the_end(self) -> int:
        """Wait until the program ends; its exit status."""
        while self._read():
            if time.monotonic() > self._limit:
                raise Trouble("it does not end")
        return self._process.wait(20)
