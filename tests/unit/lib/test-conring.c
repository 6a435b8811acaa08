/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/drivers/char/conring.c: what readers of the console ring see (CR1, CR2). */
#include "harness.h"

#include "conring.h"

static char out[70000];

static uint32_t read_all(uint32_t *index)
{
    uint32_t n = 0, got;

    while ((got = conring_peek(index, out + n, 100)) != 0) {
        n += got;
    }
    out[n] = '\0';
    return n;
}

TEST(incremental_reading)
{
    uint32_t index = conring_oldest();

    conring_put("hello ", 6);
    CHECK_EQ(read_all(&index), 6);
    CHECK_STR(out, "hello ");
    conring_put("world", 5);
    CHECK_EQ(read_all(&index), 5);
    CHECK_STR(out, "world");
    CHECK_EQ(read_all(&index), 0);
    index = conring_oldest();
    CHECK_EQ(read_all(&index), 11);
}

TEST(overrun_and_wild_positions)
{
    uint32_t index = conring_oldest(), wild;

    for (unsigned int i = 0; i < 5000; i++) {
        char line[9];

        snprintf(line, sizeof(line), "%07u\n", i);
        conring_put(line, 8);
    }
    CHECK_EQ(read_all(&index), conring_bytes());
    CHECK_EQ(memcmp(out + conring_bytes() - 8, "0004999\n", 8), 0);
    for (wild = index + 1; wild - index < 0x80000000u; wild += 0x01000001) {
        uint32_t w = wild;

        CHECK_EQ(read_all(&w), conring_bytes());
        CHECK_EQ(w, index);
    }
}

TEST(clear)
{
    uint32_t index = conring_oldest();
    uint32_t n = read_all(&index);

    CHECK(n != 0);
    conring_put("later", 5);
    conring_forget(index);
    index = conring_oldest();
    CHECK_EQ(read_all(&index), 5);
    CHECK_STR(out, "later");
    conring_forget(index + 1000);       /* ahead of the end: nothing happens */
    index = conring_oldest();
    CHECK_EQ(read_all(&index), 5);
}

TEST(growing_keeps_the_text)
{
    static char bigger[65536], smaller[16];
    uint32_t index;

    for (unsigned int i = 0; i < 3000; i++) {
        conring_put("0123456", 7);
    }
    conring_put("end\n", 4);
    index = conring_oldest();
    CHECK_EQ(read_all(&index), 16384);
    conring_replace(bigger, sizeof(bigger));
    index = conring_oldest();
    CHECK_EQ(read_all(&index), 16384);
    CHECK_EQ(memcmp(out + 16380, "end\n", 4), 0);
    conring_put("more", 4);
    CHECK_EQ(read_all(&index), 4);
    conring_replace(smaller, sizeof(smaller));
    index = conring_oldest();
    CHECK_EQ(read_all(&index), 16);
    CHECK_STR(out, "60123456end\nmore");
}

TEST_MAIN
