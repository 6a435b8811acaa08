/* SPDX-License-Identifier: MIT */
/* The tests of disks; 0 if they pass. */
#ifndef SELFTEST_H
#define SELFTEST_H

int disk_copy(void);
int disk_removed(void);
int disk_barrier(void);
int disk_restart(void);

#endif
