/* SPDX-License-Identifier: GPL-2.0-only */
/* What a hypervisor built with its assertions (DEBUG=y) offers to tests; else -ENOSYS. */
#ifndef XYLEM_DEBUG_H
#define XYLEM_DEBUG_H

/*
 * Commands of XYLEM_HYPERCALL (xylem/counters.h); all arguments are in registers.  Any domain may
 * give them: such a build is for tests.
 */

/*
 * Does each invariant hold that can be checked: the heap and the tables of its window, each frame,
 * what each domain owns, its channels and grants?  The number of those that do not; the log has
 * them.
 */
#define XYLEM_OP_DEBUG_AUDIT        0x100

/*
 * The rsi-th time, from 1, that the calling vcpu's calls come to what is named, it fails; 0: never.
 * Gives how often that was come to since the last such call.
 */
#define XYLEM_OP_DEBUG_FAIL_READ    0x101       /* a copy from the guest */
#define XYLEM_OP_DEBUG_FAIL_WRITE   0x102       /* a copy to it */
#define XYLEM_OP_DEBUG_FAIL_ALLOC   0x103       /* an allocation of any kind */

/* The CPU stands still, interrupts off: for those that watch it.  Does not return. */
#define XYLEM_OP_DEBUG_STALL        0x104

/*
 * Let the hypervisor do what it must never do, so that its end can be seen: it panics.  rsi has
 * XYLEM_DIE in its upper half, lest a random call does it.
 */
#define XYLEM_OP_DEBUG_DIE          0x105
#define XYLEM_DIE                   0x79656d2dUL
#define XYLEM_DIE_BUG               0           /* come upon a mistake of its own */
#define XYLEM_DIE_STACK             1           /* use more stack than there is */
#define XYLEM_DIE_TEXT              2           /* write to its own code */
#define XYLEM_DIE_DATA              3           /* run its own data */

/* The next call of a service of EFI firmware goes where there is none. */
#define XYLEM_OP_DEBUG_EFI_FAULT    0x106

#endif
