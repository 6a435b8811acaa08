/* SPDX-License-Identifier: GPL-2.0-only */
/* The console ring against any index, and the buffer that drops its middle (B1, B2). */
#include <errno.h>

#include "buffer.h"
#include "harness.h"
#include "ring.h"

static struct xencons_interface *new_page(uint32_t at)
{
    struct xencons_interface *p = calloc(1, sizeof(*p)); /* exact: ASan guards its end */

    p->in_cons = p->in_prod = p->out_cons = p->out_prod = at;
    return p;
}

TEST(output_and_input_pass_over_all_wraps)
{
    static const uint32_t starts[] = { 0, 1, 2047, 2048, 0xfffffff0u };
    char got[4096];

    for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
        struct xencons_interface *p = new_page(starts[k]);

        for (uint32_t i = 0; i < 2048; i++) {
            p->out[MASK_XENCONS_IDX(p->out_prod++, p->out)] = (char)(i * 5);
        }
        CHECK_EQ(cons_take(p, got, 100), 100);
        CHECK_EQ(cons_take(p, got + 100, sizeof(got) - 100), 1948);
        for (uint32_t i = 0; i < 2048; i++) {
            CHECK(got[i] == (char)(i * 5));
        }
        CHECK_EQ(cons_take(p, got, 1), 0);
        CHECK_EQ(cons_room(p), 1024);
        CHECK_EQ(cons_give(p, got, 4096), 1024);
        CHECK_EQ(cons_room(p), 0);
        CHECK_EQ(cons_give(p, got, 1), 0);
        for (uint32_t i = 0; i < 1024; i++) {
            CHECK(p->in[MASK_XENCONS_IDX(starts[k] + i, p->in)] == got[i]);
        }
        free(p);
    }
}

TEST(impossible_indices_are_refused)
{
    struct xencons_interface *p = new_page(9), before;
    char buf[64] = "";

    p->out_prod += 2049;
    p->in_cons += 1;
    before = *p;
    CHECK_EQ(cons_take(p, buf, sizeof(buf)), -EIO);
    CHECK_EQ(cons_room(p), -EIO);
    CHECK_EQ(cons_give(p, buf, sizeof(buf)), -EIO);
    CHECK(memcmp(p, &before, sizeof(before)) == 0);
    free(p);
}

TEST(any_indices_at_all)
{
    struct xencons_interface *p = new_page(0);
    unsigned int seed = 5;
    char buf[4096];

    memset(buf, 'x', sizeof(buf));
    for (unsigned int i = 0; i < 100000; i++) {
        uint32_t *index = &p->in_cons + ((seed = seed * 1103515245 + 12345) >> 16 & 3);
        int took, gave;

        *index = (seed & 0x1000) != 0 ? seed : *index + (seed >> 20 & 4095);
        took = cons_take(p, buf, seed >> 8 & 4095);
        gave = cons_give(p, buf, seed >> 9 & 4095);
        CHECK((took == -EIO || (took >= 0 && took <= 2048)) &&
              (gave == -EIO || (gave >= 0 && gave <= 1024)));
    }
    free(p);
}

TEST(buffer_is_a_queue)
{
    struct buffer b = { .limit = 0 };
    unsigned int in = 0, out = 0;
    char chunk[700];

    for (unsigned int i = 0; i < 500; i++) {
        for (size_t k = 0; k < sizeof(chunk); k++) {
            chunk[k] = (char)in++;
        }
        CHECK(buffer_append(&b, chunk, sizeof(chunk), true));
        for (size_t k = 0; k < 650; k++) {
            CHECK(b.data[b.head] == (char)out++);
            buffer_consume(&b, 1);
        }
        CHECK(buffer_size(&b) == in - out && b.tail <= b.cap);
    }
    buffer_free(&b);
}

TEST(beginning_and_newest_stay)
{
    struct buffer b = { .limit = 1000 };
    char chunk[100];

    for (unsigned int i = 0; i < 200; i++) {
        memset(chunk, i < 5 ? 'a' : i < 195 ? 'm' : 'z', sizeof(chunk));
        CHECK(buffer_append(&b, chunk, sizeof(chunk), true));
        CHECK(buffer_size(&b) <= 1250);
    }
    for (unsigned int i = 0; i < 500; i++) {
        CHECK(b.data[b.head + i] == 'a' && b.data[b.tail - 1 - i] == 'z');
    }
    buffer_free(&b);
}

TEST(keeping_all_tells_when_it_is_full)
{
    struct buffer b = { .limit = 8 };

    CHECK(buffer_append(&b, "1234567", 7, false) && !buffer_full(&b));
    CHECK(buffer_append(&b, "89", 2, false) && buffer_full(&b) && buffer_size(&b) == 9);
    buffer_consume(&b, 9);
    CHECK(!buffer_full(&b) && buffer_size(&b) == 0);
    buffer_free(&b);
}

TEST_MAIN
