/* SPDX-License-Identifier: GPL-2.0-only */
/* The stub kernel's own thread switch, for the host. */

asm(".include \"stubdom/kernel/switch.S\"\n"
    ".text\n");
