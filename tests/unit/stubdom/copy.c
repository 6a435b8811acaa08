/* SPDX-License-Identifier: GPL-2.0-only */
/* The stub kernel's own memcpy(), for the host, as copy_memory(). */

asm(".set on_host, 1\n"
    ".include \"stubdom/kernel/copy.S\"\n"
    ".text\n");
