/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's service of domains' rings: good guests, hostile ones, dying ones (L1, R1). */
#include <stdarg.h>
#include <unistd.h>

#include "fake-xen.h"
#include "harness.h"
#include "server.h"

static struct server s;
static struct xenstore_domain_interface *page;
static char last_log[512];

void server_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(last_log, sizeof(last_log), fmt, ap);
    va_end(ap);
}

static void step(void)
{
    for (int i = 0; i < 3; i++) {
        server_step(&s, 0);
    }
}

static void add_domain(unsigned int domid)
{
    fake_domain[domid].page = calloc(1, sizeof(*page));
    fake_domain[domid].alive = true;
}

/* A server with domain 1 introduced. */
static void begin(void)
{
    fake_reset();
    last_log[0] = '\0';
    if (server_open(&s, &store_default_limits, 77) != 0 || xen_open(&s) != 0) {
        abort();
    }
    add_domain(1);
    page = fake_domain[1].page;
}

static bool end(void)
{
    bool good = store_check(s.st);

    server_close(&s);
    for (int i = 0; i < FAKE_DOMAINS; i++) {
        good = good && fake_domain[i].mapped == 0;
    }
    for (int i = 0; i < FAKE_PORTS; i++) {
        good = good && (fake_domid_of_port[i] < 0 || fake_domid_of_port[i] == 999);
    }
    fake_reset();
    return good;
}

/* As domain 0 through INTRODUCE. */
static const char *privileged(uint32_t type, const char *args, size_t len)
{
    static char text[64];
    struct conn *c = store_connect(s.st, 0, false, NULL);
    struct xsd_sockmsg hdr = { .type = type, .len = (uint32_t)len };
    char copy[256];
    const char *out;

    memcpy(copy, args, len);
    store_message(s.st, c, &hdr, copy);
    conn_output(c, &out);
    snprintf(text, sizeof(text), "%s", out + sizeof(hdr));
    store_disconnect(s.st, c);
    server_flush(&s);
    step();
    return text;
}

#define INTRODUCE(args) privileged(XS_INTRODUCE, args, sizeof(args))

static void put(const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        page->req[MASK_XENSTORE_IDX(page->req_prod++)] = ((const char *)data)[i];
    }
}

/* What the guest adds just before it is told that its earlier bytes are taken. */
static const char *late;
static size_t late_len;

void __real_ring_taken(struct xenstore_domain_interface *ring, uint32_t cons);
void __wrap_ring_taken(struct xenstore_domain_interface *ring, uint32_t cons);

void __wrap_ring_taken(struct xenstore_domain_interface *ring, uint32_t cons)
{
    if (late != NULL) {
        put(late, late_len);
        late = NULL;
    }
    __real_ring_taken(ring, cons);
}

static void request(uint32_t type, uint32_t id, const char *args, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = id, .len = (uint32_t)len };

    put(&hdr, sizeof(hdr));
    put(args, len);
}

static char buffer[5000];
static const char *volatile text = buffer; /* payload of the message taken last */

/* Take a message: its type, or -1. */
static int take(void)
{
    struct xsd_sockmsg hdr;

    if (page->rsp_prod - page->rsp_cons < sizeof(hdr)) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(hdr); i++) {
        ((char *)&hdr)[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
    }
    for (size_t i = 0; i < hdr.len; i++) {
        buffer[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
    }
    buffer[hdr.len] = '\0';
    return (int)hdr.type;
}

static void kick(void)
{
    fake_event(fake_port_of(1));
    step();
}

TEST(introduced_domain_is_served)
{
    int port;

    begin();
    page->connection = XENSTORE_RECONNECT; /* as the toolstack leaves it */
    CHECK_STR(INTRODUCE("1\0" "4097\0" "9"), "OK");
    port = fake_port_of(1);
    CHECK(port > 0 && fake_notified[port] == 1);
    CHECK_EQ(page->server_features, 3);
    CHECK_EQ(page->connection, 0);
    request(XS_GET_DOMAIN_PATH, 5, "1", 2);
    kick();
    CHECK_EQ(fake_unmasked(), 1);
    CHECK_EQ(fake_notified[port], 2);
    CHECK_EQ(take(), XS_GET_DOMAIN_PATH);
    CHECK_STR(text, "/local/domain/1");
    CHECK(end());
}

TEST(requests_before_the_introduction_are_found)
{
    begin();
    request(XS_GET_DOMAIN_PATH, 5, "1", 2);
    CHECK_STR(INTRODUCE("1\0" "4097\0" "9"), "OK");
    CHECK_EQ(take(), XS_GET_DOMAIN_PATH);
    CHECK(end());
}

TEST(page_by_grant_if_not_by_frame_number)
{
    begin();
    fake_domain[1].no_frame = true;
    CHECK_STR(INTRODUCE("1\0" "4097\0" "9"), "OK");
    CHECK_STR(privileged(XS_RELEASE, "1", 2), "OK");
    CHECK(fake_port_of(1) < 0 && fake_domain[1].mapped == 0);
    fake_grant_ref = 99;
    CHECK_STR(INTRODUCE("1\0" "99\0" "9"), "EINVAL");
    fake_grant_ref = 1;
    CHECK(strstr(last_log, "cannot map its store page") != NULL);
    CHECK(end());
}

TEST(failed_introductions_leave_nothing)
{
    begin();
    fake_domain[1].refuses_port = true;
    CHECK_STR(INTRODUCE("1\0" "4097\0" "9"), "EINVAL");
    CHECK_EQ(fake_domain[1].mapped, 0);
    CHECK_STR(INTRODUCE("2\0" "4098\0" "9"), "EINVAL");
    fake_domain[1].refuses_port = false;
    CHECK_STR(INTRODUCE("1\0" "4097\0" "9"), "OK");
    fake_domain[1].refuses_port = true; /* now a new port that cannot be bound */
    CHECK_STR(INTRODUCE("1\0" "4097\0" "10"), "EINVAL");
    CHECK(end());
}

TEST(introduced_again_takes_the_new_port)
{
    int port;

    begin();
    INTRODUCE("1\0" "4097\0" "9");
    port = fake_port_of(1);
    CHECK_STR(INTRODUCE("1\0" "4097\0" "10"), "OK");
    CHECK(fake_port_of(1) > 0 && fake_port_of(1) != port && fake_domain[1].mapped == 1);
    CHECK(end());
}

TEST(a_message_longer_than_the_ring_comes_in_parts)
{
    char big[3000] = "/x";
    struct xsd_sockmsg hdr = { .type = XS_WRITE, .len = sizeof(big) };
    unsigned int before;
    size_t sent = 0, n;

    begin();
    INTRODUCE("1\0" "4097\0" "9");
    put(&hdr, sizeof(hdr));
    while (sent < sizeof(big)) {
        n = XENSTORE_RING_SIZE - (page->req_prod - page->req_cons);
        n = n < sizeof(big) - sent ? n : sizeof(big) - sent;
        put(big + sent, n);
        sent += n;
        before = fake_notified[fake_port_of(1)];
        kick();
        CHECK(fake_notified[fake_port_of(1)] == before + 1); /* the guest waits for room */
    }
    CHECK_EQ(take(), XS_ERROR);
    CHECK_STR(text, "ENOSPC");
    CHECK(end());
}

/*
 * A guest looks at what has been taken to know whether to send an event: what it adds before that
 * is told comes without one.
 */
TEST(bytes_that_come_before_the_others_are_acknowledged)
{
    struct xsd_sockmsg hdr = { .type = XS_GET_DOMAIN_PATH, .req_id = 3, .len = 2 };

    begin();
    INTRODUCE("1\0" "4097\0" "9");
    put(&hdr, sizeof(hdr));
    late = "1";
    late_len = 2;
    kick();
    CHECK(late == NULL);
    CHECK_EQ(take(), XS_GET_DOMAIN_PATH);
    CHECK_STR(text, "/local/domain/1");
    CHECK(!xen_is_busy(&s));
    CHECK(end());
}

TEST(a_reply_longer_than_the_ring_goes_in_parts)
{
    static char value[4000];
    char all[5000];
    size_t got = 0;

    begin();
    INTRODUCE("1\0" "4097\0" "9");
    memset(value, 'v', sizeof(value));
    memcpy(value, "/big", 5);
    {
        struct conn *c = store_connect(s.st, 0, false, NULL);
        struct xsd_sockmsg hdr = { .type = XS_WRITE, .len = sizeof(value) };

        store_message(s.st, c, &hdr, value);
        hdr = (struct xsd_sockmsg){ .type = XS_SET_PERMS, .len = 8 };
        store_message(s.st, c, &hdr, (char[]){ "/big\0r0" });
        store_disconnect(s.st, c);
    }
    request(XS_READ, 1, "/big", 5);
    kick();
    for (int i = 0; i < 8 && got < 16 + 3995; i++) {
        while (page->rsp_cons != page->rsp_prod) {
            all[got++] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
        }
        kick();
    }
    CHECK_EQ(got, 16 + 3995);
    CHECK(all[16] == 'v' && all[got - 1] == 'v');
    CHECK(end());
}

TEST(bad_request_index_costs_the_connection)
{
    begin();
    INTRODUCE("1\0" "4097\0" "9");
    page->req_prod = page->req_cons + 1025;
    kick();
    CHECK_EQ(page->error, XENSTORE_ERROR_RINGIDX);
    CHECK(fake_port_of(1) < 0 && fake_domain[1].mapped == 0);
    CHECK(strstr(last_log, "impossible index") != NULL);
    CHECK_STR(privileged(XS_RELEASE, "1", 2), "OK"); /* still introduced, as far as tools know */
    CHECK(end());
}

TEST(bad_response_index_costs_the_connection)
{
    begin();
    INTRODUCE("1\0" "4097\0" "9");
    page->rsp_cons = page->rsp_prod + 1;
    request(XS_READ, 1, "/", 2);
    kick();
    CHECK_EQ(page->error, XENSTORE_ERROR_RINGIDX);
    CHECK(fake_port_of(1) < 0);
    CHECK(end());
}

TEST(too_long_a_message_costs_the_connection)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

    begin();
    INTRODUCE("1\0" "4097\0" "9");
    put(&hdr, sizeof(hdr));
    kick();
    CHECK_EQ(page->error, XENSTORE_ERROR_PROTO);
    CHECK(fake_port_of(1) < 0);
    CHECK(end());
}

TEST(reconnection_starts_anew)
{
    begin();
    INTRODUCE("1\0" "4097\0" "9");
    request(XS_WATCH, 1, "/a\0t", 5);
    kick();
    put("half a header", 13);
    page->connection = XENSTORE_RECONNECT;
    kick();
    CHECK_EQ(page->connection, XENSTORE_CONNECTED);
    CHECK(page->req_cons == 0 && page->req_prod == 0 && page->rsp_prod == 0);
    request(XS_UNWATCH, 2, "/a\0t", 5);
    kick();
    CHECK_EQ(take(), XS_ERROR);
    CHECK_STR(text, "ENOENT");
    CHECK(end());
}

TEST(many_requests_take_turns)
{
    int nr = 0;

    begin();
    INTRODUCE("1\0" "4097\0" "9");
    for (int i = 0; i < 50; i++) {
        request(XS_READ, 1, "/", 2);
    }
    for (int i = 0; i < 100 && nr < 50; i++) {
        while (take() >= 0) {
            nr++;
        }
        kick();
    }
    CHECK_EQ(nr, 50);
    CHECK(end());
}

TEST(a_guest_that_fetches_no_replies_waits)
{
    int nr = 0;

    begin();
    INTRODUCE("1\0" "4097\0" "9");
    for (int i = 0; i < 200; i++) {
        while (XENSTORE_RING_SIZE - (page->req_prod - page->req_cons) >= 18) {
            request(XS_READ, 1, "/", 2);
        }
        kick();
    }
    CHECK(page->req_prod - page->req_cons > 900); /* it is not read any more */
    while (nr < 100) {
        while (take() >= 0) {
            nr++;
        }
        kick();
    }
    CHECK(end());
}

TEST(events_cross_domains)
{
    begin();
    INTRODUCE("1\0" "4097\0" "9");
    request(XS_WATCH, 1, "/shared\0tok", 12);
    kick();
    CHECK_EQ(take(), XS_WATCH);
    CHECK_EQ(take(), XS_WATCH_EVENT);
    privileged(XS_WRITE, "/shared\0v", 9);
    privileged(XS_SET_PERMS, "/shared\0r0", 11);
    CHECK_EQ(take(), XS_WATCH_EVENT);
    CHECK_STR(text, "/shared");
    CHECK(end());
}

TEST(death_and_shutdown_are_noticed)
{
    begin();
    add_domain(2);
    INTRODUCE("1\0" "4097\0" "9");
    INTRODUCE("2\0" "4098\0" "9");
    fake_domain[1].shutdown = true;
    fake_event(fake_virq_port);
    step();
    CHECK(fake_port_of(1) > 0);
    fake_domain[1].alive = false;
    fake_event(fake_virq_port);
    step();
    CHECK(fake_port_of(1) < 0 && fake_port_of(2) > 0);
    CHECK_STR(privileged(XS_IS_DOMAIN_INTRODUCED, "1", 2), "F");
    CHECK_STR(privileged(XS_IS_DOMAIN_INTRODUCED, "2", 2), "T");
    CHECK(end());
}

TEST(events_on_unknown_ports_are_unmasked_and_ignored)
{
    begin();
    INTRODUCE("1\0" "4097\0" "9");
    fake_event(60);
    fake_event(100000);
    step();
    CHECK_EQ(fake_unmasked(), 2);
    CHECK(end());
}

/* All that a guest can write, at random, while the daemon serves it. */
TEST(noise_in_the_page)
{
    unsigned int seed = 11;

    for (int round = 0; round < 300; round++) {
        begin();
        INTRODUCE("1\0" "4097\0" "9");
        for (int i = 0; i < 40 && fake_port_of(1) > 0; i++) {
            seed = seed * 1103515245 + 12345;
            switch (seed >> 16 & 7) {
            case 0:
                page->req_prod += seed >> 20 & 2047;
                break;
            case 1:
                page->rsp_cons += seed >> 20 & 255;
                break;
            case 2:
                page->connection = seed >> 20 & 3;
                break;
            case 3:
                page->req_cons -= seed >> 24 & 3;
                break;
            default:
                request(seed >> 20 & 31, seed, "/a\0b\0c", 1 + (seed >> 25 & 5));
            }
            kick();
        }
        CHECK(end());
    }
}

TEST_MAIN
