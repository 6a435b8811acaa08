/* SPDX-License-Identifier: GPL-2.0-only */
/* Seen before everything else in each file of the hypervisor (gcc -include). */
#ifndef XEN_CONFIG_H
#define XEN_CONFIG_H

#ifndef __ASSEMBLY__
/* The image is linked as one: no symbol is reached through a global offset table. */
#pragma GCC visibility push(hidden)
#endif

#endif /* XEN_CONFIG_H */
