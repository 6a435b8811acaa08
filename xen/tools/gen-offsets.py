#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn the compiler's output for asm-offsets.c into a header of #define lines."""

import re
import sys


def main() -> int:
    marker = re.compile(r'->(\w+) \$?(-?\d+)')
    print('/* Made from asm-offsets.c by the build. */')
    print('#ifndef ASM_ASM_OFFSETS_H\n#define ASM_ASM_OFFSETS_H')
    with open(sys.argv[1], encoding='ascii') as source:
        for line in source:
            found = marker.search(line)
            if found:
                print(f'#define {found[1]} {found[2]}')
    print('#endif')
    return 0


if __name__ == '__main__':
    sys.exit(main())
