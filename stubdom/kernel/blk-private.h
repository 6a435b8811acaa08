/* SPDX-License-Identifier: MIT */
/* Between blkfront.c and blk-connect.c. */
#ifndef STUB_BLK_PRIVATE_H
#define STUB_BLK_PRIVATE_H

#include <stub/blkfront.h>

/* Take answers and wake who waits for them: the handler of the event channel. */
void blkfront_event(void *arg);

/* blk_connect - find the back end, agree with it, connect; errors as of blkfront_open().
 * blk_disconnect - undo all of that, also of an attempt that failed half-way. */
int blk_connect(struct blkfront *bf);
void blk_disconnect(struct blkfront *bf);

/*
 * blk_reconnect - the back end has gone: a new ring with the next one, or `lost`, if the disk was
 * taken away, is another disk than before, or nobody serves it within a minute.
 * Context: one thread at a time.
 */
void blk_reconnect(struct blkfront *bf);

#endif
