/* SPDX-License-Identifier: MIT */
/* A front end's place in the store: its nodes, its back end's state, the handshake of both. */
#ifndef STUB_DEVICE_H
#define STUB_DEVICE_H

#include <stub/store.h>

#include <public/io/xenbus.h>

struct device {
    char front[64], back[128];          /* paths */
    domid_t back_id;
    struct store_watch watch;           /* on the back end's state */
    uint64_t away_until;                /* not 0: it gets ready again, and has so long for it */
};

/*
 * device_open - find device @number of @type ("vif", "vbd") and watch its back end.
 * Errors: -XEN_ENOENT there is no such device; others of the store.
 */
int device_open(struct device *dev, const char *type, unsigned int number);
/* Forget it; the nodes stay. */
void device_close(struct device *dev);

/* Path of a node of the front end; -XEN_E2BIG. */
int device_path(const struct device *dev, const char *node, char *path, size_t size);

/* Nodes of the front end, within @tx, and of the back end. */
int device_write(struct device *dev, uint32_t tx, const char *node, uint64_t number);
int device_read_back(struct device *dev, const char *node, char *value, size_t size);
/* A number, or @absent if there is none. */
uint64_t device_number_back(struct device *dev, const char *node, uint64_t absent);

int device_set_state(struct device *dev, enum xenbus_state state);
/* The back end's state; XenbusStateClosed if its nodes are gone. */
enum xenbus_state device_back_state(struct device *dev);

/*
 * device_begin - say Initialising, and wait until the back end is ready to agree on features.  One
 * that is still closing what was before is helped to its end first.
 * Errors: as of device_wait().
 */
int device_begin(struct device *dev, uint64_t deadline);

/*
 * device_leave - tell the back end that this is over, and wait until it has seen that, or is not
 * there: five seconds at most.
 */
void device_leave(struct device *dev);

/*
 * device_lost - has the back end left a front end that is connected?  For whenever the watch may
 * have fired.  Linux' back ends can be taken off a device and put back, and then go on with the
 * same rings: while they get ready, for ten seconds, the device is not lost.
 * *kick: it has just come back, and may have missed an event.
 */
bool device_lost(struct device *dev, bool *kick);

/*
 * device_wait - wait until the back end's state is one of @states (a mask of 1 << state).
 * Returns the state, or -XEN_ETIME or the store's error.
 */
int device_wait(struct device *dev, unsigned int states, uint64_t deadline);

#endif
