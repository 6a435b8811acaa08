/* SPDX-License-Identifier: MIT */
/* xenstore's ring and messages, without waiting or memory: the part that faces untrusted bytes. */
#ifndef STUB_STORE_WIRE_H
#define STUB_STORE_WIRE_H

#include <stub/base.h>

#include <public/io/xs_wire.h>

/*
 * Our end of the ring.  Own indices are private; the other's are checked at each use.
 *   S1  req_prod - (its req_cons) and (its rsp_prod) - rsp_cons are at most the ring's size.
 */
struct store_ring {
    struct xenstore_domain_interface *shared;
    uint32_t req_prod, rsp_cons;
    bool broken;
};

void store_ring_init(struct store_ring *ring, struct xenstore_domain_interface *shared);
/* Both move at most @n bytes and return how many; 0 if there is no room or nothing, or broken. */
size_t store_ring_put(struct store_ring *ring, const void *data, size_t n);
size_t store_ring_get(struct store_ring *ring, void *data, size_t n);

/* Puts messages together from bytes as they come. */
struct store_reader {
    struct xsd_sockmsg header;
    size_t got;                         /* of header and body together */
    char body[XENSTORE_PAYLOAD_MAX + 1];    /* complete: with a NUL behind it */
};

/*
 * store_reader_fill - take bytes from @ring until a message is complete.
 * Returns 1: header and body hold one, until the next call; 0: nothing more to take now;
 * -XEN_EIO: the ring is broken, or a message is longer than the protocol allows.
 */
int store_reader_fill(struct store_reader *reader, struct store_ring *ring);

/* store_error - negative errno for the error word in @body; -XEN_EINVAL for unknown ones. */
int store_error(const char *body);

/*
 * store_event_token - the token of a watch event: a decimal number, as we give them.
 * Returns false for a body that is not "path NUL number NUL".
 */
bool store_event_token(const char *body, size_t len, unsigned int *token);

#endif
