#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Wrap the 64-bit image into an ELF32 file with one segment, as multiboot loaders want it.

usage: mkelf32.py IN.elf64 OUT
"""

import struct
import sys

EHDR64 = struct.Struct('<16sHHIQQQIHHHHHH')
PHDR64 = struct.Struct('<IIQQQQQQ')
EHDR32 = struct.Struct('<16sHHIIIIIHHHHHH')
PHDR32 = struct.Struct('<IIIIIIII')
PT_LOAD, EM_386 = 1, 3
FILE_OFFSET = 4096
HEADER_LIMIT = 32768
MB2_MAGIC = struct.pack('<I', 0xe85250d6)


def load_segments(data: bytes) -> tuple[int, list[tuple[int, int, int, int]]]:
    """Entry and the loadable segments as (paddr, offset, file size, memory size)."""
    ehdr = EHDR64.unpack_from(data)
    entry, phoff, phentsize, phnum = ehdr[4], ehdr[5], ehdr[9], ehdr[10]
    segments = []
    for i in range(phnum):
        fields = PHDR64.unpack_from(data, phoff + i * phentsize)
        kind, _, offset, _, paddr, filesz, memsz, _ = fields
        if kind == PT_LOAD and memsz:
            segments.append((paddr, offset, filesz, memsz))
    return entry, sorted(segments)


def main() -> int:
    with open(sys.argv[1], 'rb') as source:
        data = source.read()
    entry, segments = load_segments(data)
    base = segments[0][0]
    end = max(paddr + memsz for paddr, _, _, memsz in segments)
    image = bytearray(max(paddr + filesz for paddr, _, filesz, _ in segments) - base)
    for paddr, offset, filesz, _ in segments:
        image[paddr - base:paddr - base + filesz] = data[offset:offset + filesz]
    if MB2_MAGIC not in image[:HEADER_LIMIT - FILE_OFFSET]:
        sys.exit('mkelf32: no multiboot2 header in the first 32 KiB')
    ident = b'\x7fELF\x01\x01\x01' + bytes(9)
    header = EHDR32.pack(ident, 2, EM_386, 1, entry, EHDR32.size, 0, 0,
                         EHDR32.size, PHDR32.size, 1, 0, 0, 0)
    header += PHDR32.pack(PT_LOAD, FILE_OFFSET, base, base, len(image), end - base, 7, 4096)
    with open(sys.argv[2], 'wb') as target:
        target.write(header.ljust(FILE_OFFSET, b'\0') + image)
    return 0


if __name__ == '__main__':
    sys.exit(main())
