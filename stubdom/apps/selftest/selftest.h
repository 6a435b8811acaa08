/* SPDX-License-Identifier: MIT */
/* Tests; 0 if they pass. */
#ifndef SELFTEST_H
#define SELFTEST_H

int disk_copy(void);
int disk_removed(void);
int disk_barrier(void);
int disk_restart(void);
int disk_records(void);
int disk_records_alone(void);
int disk_records_early(void);
int disk_records_loose(void);
int disk_barrier_dies(void);
int maps(void);
int threads_wait(void);
int threads_compute(void);
int threads_speak(void);

#endif
