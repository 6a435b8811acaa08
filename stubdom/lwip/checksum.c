/* SPDX-License-Identifier: MIT */
/* The Internet checksum (RFC 1071) over memory of any alignment. */
#include "offload.h"

#include <string.h>

uint16_t net_checksum(const void *data, int len)
{
    const uint8_t *at = data;
    unsigned __int128 wide = 0;
    uint64_t sum, word;

    for (; len >= 8; len -= 8, at += 8) {
        memcpy(&word, at, sizeof(word));
        wide += word;
    }
    if (len > 0) {
        word = 0;
        memcpy(&word, at, (size_t)len);
        wide += word;
    }
    /* Carries go round: 2^16, 2^32 and 2^64 are all 1 in this arithmetic. */
    sum = (uint64_t)(wide >> 64);
    word = (uint64_t)wide;
    sum += (word & 0xffffffff) + (word >> 32);
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}
