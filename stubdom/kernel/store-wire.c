/* SPDX-License-Identifier: MIT */
/* xenstore's ring and messages. */
#include <stub/store-wire.h>

#define RING_SIZE XENSTORE_RING_SIZE

void store_ring_init(struct store_ring *ring, struct xenstore_domain_interface *shared)
{
    ring->shared = shared;
    ring->req_prod = READ_ONCE(shared->req_prod);
    ring->rsp_cons = READ_ONCE(shared->rsp_cons);
    ring->broken = false;
}

size_t store_ring_put(struct store_ring *ring, const void *data, size_t n)
{
    struct xenstore_domain_interface *shared = ring->shared;
    uint32_t used = ring->req_prod - READ_ONCE(shared->req_cons);

    if (ring->broken || used > RING_SIZE) {
        ring->broken = true;
        return 0;
    }
    if (n > RING_SIZE - used) {
        n = RING_SIZE - used;
    }
    for (size_t i = 0; i < n; i++) {
        WRITE_ONCE(shared->req[MASK_XENSTORE_IDX(ring->req_prod + i)], ((const char *)data)[i]);
    }
    ring->req_prod += (uint32_t)n;
    barrier();
    WRITE_ONCE(shared->req_prod, ring->req_prod);
    return n;
}

size_t store_ring_get(struct store_ring *ring, void *data, size_t n)
{
    struct xenstore_domain_interface *shared = ring->shared;
    uint32_t filled = READ_ONCE(shared->rsp_prod) - ring->rsp_cons;

    if (ring->broken || filled > RING_SIZE) {
        ring->broken = true;
        return 0;
    }
    if (n > filled) {
        n = filled;
    }
    barrier();
    for (size_t i = 0; i < n; i++) {
        ((char *)data)[i] = READ_ONCE(shared->rsp[MASK_XENSTORE_IDX(ring->rsp_cons + i)]);
    }
    ring->rsp_cons += (uint32_t)n;
    barrier();
    WRITE_ONCE(shared->rsp_cons, ring->rsp_cons);
    return n;
}

/* Move on with the part of @size bytes at @start of the message; true when it is whole. */
static bool fill_part(struct store_reader *reader, struct store_ring *ring, void *part,
                      size_t start, size_t size)
{
    size_t have = reader->got - start;

    if (have < size) {
        reader->got += store_ring_get(ring, (char *)part + have, size - have);
    }
    return reader->got - start >= size;
}

int store_reader_fill(struct store_reader *reader, struct store_ring *ring)
{
    const size_t head = sizeof(reader->header);

    if (reader->got >= head && reader->got == head + reader->header.len) {
        reader->got = 0;                /* the last message has been looked at */
    }
    if (reader->got < head && !fill_part(reader, ring, &reader->header, 0, head)) {
        return ring->broken ? -XEN_EIO : 0;
    }
    if (reader->header.len > XENSTORE_PAYLOAD_MAX) {
        ring->broken = true;
        return -XEN_EIO;
    }
    if (!fill_part(reader, ring, reader->body, head, reader->header.len)) {
        return ring->broken ? -XEN_EIO : 0;
    }
    reader->body[reader->header.len] = '\0';
    return 1;
}

static bool same(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

int store_error(const char *body)
{
    static const struct {
        const char *word;
        int error;
    } words[] = {
        { "EINVAL", XEN_EINVAL }, { "EACCES", XEN_EACCES }, { "EEXIST", XEN_EEXIST },
        { "EISDIR", XEN_EISDIR }, { "ENOENT", XEN_ENOENT }, { "ENOMEM", XEN_ENOMEM },
        { "ENOSPC", XEN_ENOSPC }, { "EIO", XEN_EIO }, { "ENOTEMPTY", XEN_ENOTEMPTY },
        { "ENOSYS", XEN_ENOSYS }, { "EROFS", XEN_EROFS }, { "EBUSY", XEN_EBUSY },
        { "EAGAIN", XEN_EAGAIN }, { "EISCONN", XEN_EISCONN }, { "E2BIG", XEN_E2BIG },
        { "EPERM", XEN_EPERM },
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (same(body, words[i].word)) {
            return -words[i].error;
        }
    }
    return -XEN_EINVAL;
}

bool store_event_token(const char *body, size_t len, unsigned int *token)
{
    size_t at = 0;

    while (at < len && body[at] != '\0') {
        at++;
    }
    if (at + 2 >= len || body[len - 1] != '\0') {
        return false;
    }
    *token = 0;
    for (at++; at < len - 1; at++) {
        if (body[at] < '0' || body[at] > '9' || *token > 100000) {
            return false;
        }
        *token = *token * 10 + (unsigned int)(body[at] - '0');
    }
    return true;
}
