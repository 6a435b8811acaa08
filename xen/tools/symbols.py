#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make the symbol table for backtraces (assembly, to stdout) from `nm -n` of a link (stdin).

Tables: addresses as 32-bit distances from the image's start, sorted; for each the place of its
name in one pool of strings.  See xen/symbols.h for the reader.
"""

import sys


def read_symbols() -> list[tuple[int, str]]:
    """Text symbols, one name per address, without compiler-made local labels."""
    found: dict[int, str] = {}
    for line in sys.stdin:
        address, kind, name = line.split()
        if kind not in 'tT' or name.startswith('.'):
            continue
        value = int(address, 16)
        if value not in found or len(name) < len(found[value]):
            found[value] = name
    return sorted(found.items())


def main() -> int:
    symbols = read_symbols()
    print('    .section .rodata.symbols, "a", @progbits')
    print('    .globl symbol_nr, symbol_offsets, symbol_names, symbol_pool')
    print('    .hidden symbol_nr, symbol_offsets, symbol_names, symbol_pool')
    print(f'    .balign 4\nsymbol_nr: .long {len(symbols)}')
    print('symbol_offsets:')
    for address, _ in symbols:
        print(f'    .long {address - 0xffff810000000000:#x}')
    print('symbol_names:')
    place = 0
    for _, name in symbols:
        print(f'    .long {place}')
        place += len(name) + 1
    print('symbol_pool:')
    for _, name in symbols:
        print(f'    .asciz "{name}"')
    return 0


if __name__ == '__main__':
    sys.exit(main())
