# SPDX-License-Identifier: GPL-2.0-only
"""Images whose code a profile may name: programs, the hypervisor, stock Linux kernels."""

from __future__ import annotations

import bisect
import ctypes
import ctypes.util
import lzma
import re
import struct
from pathlib import Path

from lib.paths import Trouble, run


class Image:
    """An ELF file's bytes by address, and the names of its functions."""

    def __init__(self, label: str, data: bytes, names: list[tuple[int, str]]) -> None:
        self.label = label
        self._data = data
        names.sort()
        self._starts = [address for address, _ in names]
        self._names = [name for _, name in names]
        self._segments = _segments(data)

    def bytes_at(self, address: int, size: int) -> bytes:
        """What the file has at ADDRESS, or nothing."""
        for start, offset, length in self._segments:
            if start <= address < start + length:
                at = offset + address - start
                return self._data[at:at + size]
        return b""

    def name(self, address: int) -> str:
        """The function that holds ADDRESS."""
        at = bisect.bisect_right(self._starts, address) - 1
        return self._names[at] if at >= 0 else "?"


def _segments(data: bytes) -> list[tuple[int, int, int]]:
    """(address, offset, size) of each loaded segment of a 64-bit ELF file."""
    if data[:5] != b"\x7fELF\x02":
        raise Trouble("not a 64-bit ELF file")
    at, = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    rows = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(count)]
    return [(va, offset, length) for kind, _, offset, va, _, length in rows if kind == 1]


def program(path: Path) -> Image:
    """An unstripped ELF file; one without symbols has one name for all."""
    names = []
    for line in run(["nm", str(path)]).splitlines():
        match = re.fullmatch(r"([0-9a-f]+) [tTwWiuV] (\S+)", line)
        if match:
            names.append((int(match.group(1), 16), match.group(2)))
    return Image(path.name, path.read_bytes(), names or [(0, "(no symbols)")])


def extent(path: Path, name: str) -> tuple[int, int]:
    """First and last address, exclusive, of a function of an unstripped ELF file."""
    match = re.search(rf"^([0-9a-f]+) ([0-9a-f]+) [tT] {re.escape(name)}$",
                      run(["nm", "-S", str(path)]), re.M)
    if match is None:
        raise Trouble(f"{path} has no function {name}")
    start = int(match.group(1), 16)
    return start, start + int(match.group(2), 16)


# ---------------------------------------------------------------- Linux

def payload(bzimage: bytes) -> bytes:
    """The ELF file in a bzImage packed by xz or lz4 (Linux boot protocol 2.08)."""
    start = ((bzimage[0x1f1] or 4) + 1) * 512 + struct.unpack_from("<I", bzimage, 0x248)[0]
    packed = bzimage[start:start + struct.unpack_from("<I", bzimage, 0x24c)[0]]
    if packed[:6] == b"\xfd7zXZ\0":
        return lzma.decompress(packed[:-4])
    if packed[:4] == b"\x02\x21\x4c\x18":
        return _lz4(packed[4:-4])
    raise Trouble("a kernel packed by neither xz nor lz4")


def _lz4(data: bytes) -> bytes:
    name = ctypes.util.find_library("lz4")
    if name is None:
        raise Trouble("no liblz4 to unpack the guest's kernel: apt-get install liblz4-1")
    library = ctypes.CDLL(name)
    out, at = [], 0
    room = ctypes.create_string_buffer(8 << 20)
    while at + 4 <= len(data):
        size, = struct.unpack_from("<I", data, at)
        block = data[at + 4:at + 4 + size]
        got = library.LZ4_decompress_safe(block, room, len(block), len(room))
        if got < 0:
            raise Trouble("a kernel's lz4 payload is damaged")
        out.append(room.raw[:got])
        at += 4 + size
    return b"".join(out)


def linux(label: str, vmlinux: bytes) -> Image:
    """A Linux 6.1 kernel; its names come from the table it carries for itself."""
    return Image(label, vmlinux, _kallsyms(vmlinux))


def _aligned(at: int) -> int:
    return at + -at % 8


def _tokens(data: bytes) -> tuple[int, list[bytes]]:
    """kallsyms' table of 256 strings, which names are written in: where it begins, the strings.

    Digits stand for themselves in it, so it is found by them; the table of offsets behind it says
    where it begins.
    """
    digits = b"".join(b"%d\0" % i for i in range(10))
    at = data.find(digits)
    while at >= 0:
        end = at
        for _ in range(256 - ord("0")):
            end = data.find(b"\0", end) + 1
        index = struct.unpack_from("<256H", data, _aligned(end))
        start = at - index[ord("0")]
        strings = data[start:end].split(b"\0")[:256]
        whole = len(strings) == 256 and index[255] + len(strings[255]) + 1 == end - start
        if index[0] == 0 and whole:
            return start, strings
        at = data.find(digits, at + 1)
    raise Trouble("a kernel without kallsyms")


def _names(data: bytes, tokens: int) -> tuple[int, int]:
    """Where the names begin, and how many there are.

    Between them and the tokens lie the offset of every 256th name and, for each name, its rank in
    three bytes.  Only the right count leads from the tokens back to a place that says the count.
    """
    for count in range(20000, 400000):
        every = (count + 255) // 256
        markers = tokens - _aligned(3 * count) - _aligned(4 * every)
        if markers < 0 or data[markers:markers + 4] != b"\0\0\0\0":
            continue
        last, = struct.unpack_from("<I", data, markers + 4 * (every - 1))
        found = data.rfind(struct.pack("<Q", count), max(0, markers - last - 40000), markers - last)
        if last > 0 and found >= 0:
            return found + 8, count
    raise Trouble("a kernel whose kallsyms have another layout than Debian 12's")


def _kallsyms(data: bytes) -> list[tuple[int, str]]:
    """Linux 6.1's layout: offsets, base, count, names, markers, ranks, tokens, index."""
    tokens_at, tokens = _tokens(data)
    at, count = _names(data, tokens_at)
    base, = struct.unpack_from("<Q", data, at - 16)
    offsets = struct.unpack_from(f"<{count}i", data, at - 16 - _aligned(4 * count))
    names = []
    for offset in offsets:
        size = data[at]
        at += 1
        if size & 0x80:
            size = size & 0x7f | data[at] << 7
            at += 1
        text = b"".join(tokens[b] for b in data[at:at + size]).decode("latin-1")
        at += size
        if offset < 0 and text[0] in "tTwW":      # a positive one is a per-CPU variable's
            names.append((base - 1 - offset, text[1:]))
    return names
