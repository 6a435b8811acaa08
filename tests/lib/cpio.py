# SPDX-License-Identifier: GPL-2.0-only
"""Writes initrd archives (cpio "newc"); the same input gives the same bytes."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import BinaryIO, NamedTuple


class _Entry(NamedTuple):
    mode: int
    data: bytes | Path
    rdev: tuple[int, int] = (0, 0)


class Archive:
    """A file tree that becomes an initrd; folders above an entry are made by themselves."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def _put(self, path: str, entry: _Entry) -> None:
        path = path.strip("/")
        parent = path.rpartition("/")[0]
        if parent and parent not in self._entries:
            self.folder(parent)
        self._entries[path] = entry

    def folder(self, path: str, mode: int = 0o755) -> None:
        self._put(path, _Entry(stat.S_IFDIR | mode, b""))

    def text(self, path: str, text: str, mode: int = 0o644) -> None:
        self._put(path, _Entry(stat.S_IFREG | mode, text.encode()))

    def file(self, path: str, source: Path, mode: int | None = None) -> None:
        """A copy of SOURCE; executable if it is."""
        if mode is None:
            mode = 0o755 if source.stat().st_mode & 0o100 else 0o644
        self._put(path, _Entry(stat.S_IFREG | mode, source))

    def tree(self, path: str, source: Path) -> None:
        """A copy of what lies under SOURCE (a file, or a folder with all in it)."""
        if source.is_symlink():
            self.link(path, str(source.readlink()))
        elif source.is_dir():
            self.folder(path)
            for child in sorted(source.iterdir()):
                self.tree(f"{path}/{child.name}", child)
        else:
            self.file(path, source)

    def link(self, path: str, target: str) -> None:
        self._put(path, _Entry(stat.S_IFLNK | 0o777, target.encode()))

    def device(self, path: str, major: int, minor: int) -> None:
        self._put(path, _Entry(stat.S_IFCHR | 0o600, b"", (major, minor)))

    def __contains__(self, path: str) -> bool:
        return path.strip("/") in self._entries

    def write(self, out: BinaryIO) -> None:
        for inode, (path, entry) in enumerate(sorted(self._entries.items()), start=1):
            data = entry.data if isinstance(entry.data, bytes) else entry.data.read_bytes()
            _member(out, path, entry.mode, inode, data, entry.rdev)
        _member(out, "TRAILER!!!", 0, 0, b"", (0, 0))

    def save(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
        with open(part, "wb") as out:
            self.write(out)
        part.rename(path)
        return path


def _member(out: BinaryIO, path: str, mode: int, inode: int, data: bytes,
            rdev: tuple[int, int]) -> None:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (inode, mode, 0, 0, links, 0, len(data), 0, 0, *rdev, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    out.write(head + b"\0" * (-len(head) % 4))
    out.write(data + b"\0" * (-len(data) % 4))
