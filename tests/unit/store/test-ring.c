/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's ring page: bytes pass in order, and no index that a domain writes does harm. */
#include <errno.h>

#include "harness.h"
#include "ring.h"

static struct xenstore_domain_interface *new_page(uint32_t at)
{
    struct xenstore_domain_interface *p = calloc(1, sizeof(*p)); /* exact: ASan guards its end */

    p->req_cons = p->req_prod = p->rsp_cons = p->rsp_prod = at;
    return p;
}

/* The domain's side. */
static void guest_put(struct xenstore_domain_interface *p, const char *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        p->req[MASK_XENSTORE_IDX(p->req_prod++)] = s[i];
    }
}

TEST(bytes_pass_in_order_over_all_wraps)
{
    static const uint32_t starts[] = { 0, 1, 1000, 1023, 1024, 0xfffffff0u, 0xffffffffu };
    char out[2048], in[2048];

    for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
        struct xenstore_domain_interface *p = new_page(starts[k]);
        uint32_t cons = ring_cons(p);

        for (int i = 0; i < 2048; i++) {
            out[i] = (char)(i * 7 + 3);
        }
        guest_put(p, out, 1024);
        CHECK_EQ(ring_pending(p), 1);
        CHECK_EQ(ring_get(p, &cons, in, 10), 10);
        CHECK_EQ(ring_get(p, &cons, in + 10, sizeof(in) - 10), 1014);
        CHECK(memcmp(in, out, 1024) == 0);
        CHECK_EQ(ring_get(p, &cons, in, 1), 0);
        CHECK_EQ(ring_pending(p), 1); /* until it is told */
        ring_taken(p, cons);
        CHECK_EQ(ring_pending(p), 0);
        CHECK_EQ(ring_put(p, out, 2048), 1024);
        CHECK_EQ(ring_put(p, out, 1), 0);
        for (uint32_t i = 0; i < 1024; i++) {
            CHECK(p->rsp[MASK_XENSTORE_IDX(starts[k] + i)] == out[i]);
        }
        p->rsp_cons += 5;
        CHECK_EQ(ring_put(p, out + 1024, 100), 5);
        free(p);
    }
}

TEST(impossible_indices_are_refused)
{
    static const uint32_t bad[] = { 1025, 2048, 0x7fffffff, 0x80000000u, 0xffffffffu };
    char buf[4096] = "";

    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        struct xenstore_domain_interface *p = new_page(77), before;
        uint32_t cons = ring_cons(p);

        p->req_prod += bad[k];
        p->rsp_cons -= bad[k];
        before = *p;
        CHECK_EQ(ring_pending(p), -EIO);
        CHECK_EQ(ring_get(p, &cons, buf, sizeof(buf)), -EIO);
        CHECK_EQ(ring_put(p, buf, sizeof(buf)), -EIO);
        CHECK(memcmp(p, &before, sizeof(before)) == 0);
        free(p);
    }
}

TEST(any_indices_at_all)
{
    struct xenstore_domain_interface *p = new_page(0);
    unsigned int seed = 3;
    char buf[4112];
    uint32_t cons;

    for (unsigned int i = 0; i < 100000; i++) {
        uint32_t *index = &p->req_cons + ((seed = seed * 1103515245 + 12345) >> 16 & 3);
        int got, put;

        *index = (seed & 0x1000) != 0 ? seed : *index + (seed >> 20 & 2047);
        cons = ring_cons(p);
        got = ring_get(p, &cons, buf, seed >> 8 & 4095);
        ring_taken(p, cons);
        put = ring_put(p, buf, seed >> 9 & 4095);
        CHECK((got == -EIO || (got >= 0 && got <= 1024)) &&
              (put == -EIO || (put >= 0 && put <= 1024)));
    }
    free(p);
}

TEST_MAIN
