/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzz target: a hostile xenstored against the stub kernel's reader of replies and events. */
#include <stub/store-wire.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes are steps: how far the store's index moves, and what it writes on the way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xenstore_domain_interface shared;
    static struct store_reader reader;
    struct store_ring ring;
    unsigned int token;

    memset(&shared, 0, sizeof(shared));
    memset(&reader, 0, sizeof(reader));
    store_ring_init(&ring, &shared);
    while (size > 0) {
        size_t n = *data++;

        size--;
        if (n == 255 && size >= 4) {    /* any index at all */
            memcpy(&shared.rsp_prod, data, 4);
            n = 4;
        } else {
            n = n < size ? n : size;
            for (size_t i = 0; i < n; i++) {
                shared.rsp[MASK_XENSTORE_IDX(shared.rsp_prod + i)] = (char)data[i];
            }
            shared.rsp_prod += (uint32_t)n;
        }
        data += n;
        size -= n;
        while (store_reader_fill(&reader, &ring) == 1) {
            (void)store_error(reader.body);
            (void)store_event_token(reader.body, reader.header.len, &token);
        }
        (void)store_ring_put(&ring, "request", 7);
    }
    return 0;
}
