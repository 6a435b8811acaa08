#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a stub's symbol table for backtraces (assembly, to stdout) from `nm -n` of a link (stdin).

Tables: addresses as 32-bit distances from VIRT_BASE, sorted; for each the place of its name in one
pool of strings.  kernel/trap.c reads them.
"""

import sys

VIRT_BASE = 0xffffffff80000000


def read_symbols() -> list[tuple[int, str]]:
    """Text symbols, one name per address, without compiler-made local labels."""
    found: dict[int, str] = {}
    for line in sys.stdin:
        address, kind, name = line.split()
        if kind in "tTwW" and not name.startswith("."):
            value = int(address, 16)
            if value not in found or len(name) < len(found[value]):
                found[value] = name
    return sorted(found.items())


def main() -> int:
    symbols = read_symbols()
    print('    .section .symbols, "a", @progbits')
    print("    .globl symbol_nr, symbol_offsets, symbol_names, symbol_pool")
    print(f"    .balign 4\nsymbol_nr: .long {len(symbols)}")
    print("symbol_offsets:")
    for address, _ in symbols:
        print(f"    .long {address - VIRT_BASE:#x}")
    print("symbol_names:")
    place = 0
    for _, name in symbols:
        print(f"    .long {place}")
        place += len(name) + 1
    print("symbol_pool:")
    for _, name in symbols:
        print(f'    .asciz "{name}"')
    print('    .section .note.GNU-stack, "", @progbits')
    return 0


if __name__ == "__main__":
    sys.exit(main())
