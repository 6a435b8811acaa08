/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of the xenstore client, its threads included: a store that answers late, in pieces,
 * out of order, with lies, or no more.
 */
#include "harness.h"

#include "fake-idle.h"

#include <stub/domain.h>
#include <stub/event.h>
#include <stub/frames.h>
#include <stub/store.h>
#include <stub/thread.h>

#define OUT 65536

static struct xenstore_domain_interface shared;
static struct start_info info;
struct start_info *start_info = &info;
static event_handler_t handler;

/* The store: what came in, what is still to go out, and how. */
static char in[8192], out[OUT];
static size_t in_size, out_size, out_done;
static size_t piece;                    /* bytes that go out at a time */
static unsigned int served, last_token;
static uint32_t seed;
static bool dead;                       /* it takes nothing and says nothing */
static void (*serve_one)(const struct xsd_sockmsg *request, const char *body);

void *mfn_to_va(unsigned long mfn)
{
    EXPECT(mfn == 77);
    return &shared;
}

int event_listen(evtchn_port_t port, event_handler_t fn, void *arg)
{
    EXPECT(port == 5 && arg == NULL);
    handler = fn;
    return 0;
}

/* ---- the store */

static void put(const void *data, size_t n)
{
    if (out_size + n <= OUT) {
        memcpy(out + out_size, data, n);
        out_size += n;
    }
}

static void say(uint32_t type, uint32_t id, const void *body, size_t n)
{
    struct xsd_sockmsg header = { .type = type, .req_id = id, .len = (uint32_t)n };

    put(&header, sizeof(header));
    put(body, n);
}

static void fire(unsigned int token)
{
    char body[64];
    int n = snprintf(body, sizeof(body), "some/path%c%u", 0, token);

    say(XS_WATCH_EVENT, 0, body, (size_t)n + 1);
}

/* READ: the path is the value; what else it is asked is done. */
static void honest(const struct xsd_sockmsg *request, const char *body)
{
    const char *second = body + strlen(body) + 1;

    switch (request->type) {
    case XS_READ:
    case XS_DIRECTORY:
        if (strcmp(body, "none") == 0) {
            say(XS_ERROR, request->req_id, "ENOENT", 7);
        } else {
            say(request->type, request->req_id, body, strlen(body));
        }
        break;
    case XS_TRANSACTION_START:
        say(request->type, request->req_id, "12", 3);
        break;
    case XS_WATCH:
        last_token = (unsigned int)atoi(second);
        say(request->type, request->req_id, "OK", 3);
        fire(last_token);
        break;
    default:
        say(request->type, request->req_id, "OK", 3);
        break;
    }
}

static void take_requests(void)
{
    struct xsd_sockmsg request;

    while (shared.req_cons != shared.req_prod && in_size < sizeof(in) - 1) {
        in[in_size++] = shared.req[MASK_XENSTORE_IDX(shared.req_cons++)];
    }
    for (;;) {
        memcpy(&request, in, sizeof(request));
        if (in_size < sizeof(request) || in_size < sizeof(request) + request.len) {
            return;
        }
        served++;
        serve_one(&request, in + sizeof(request));
        in_size -= sizeof(request) + request.len;
        memmove(in, in + sizeof(request) + request.len, in_size);
        memset(in + in_size, 0, sizeof(in) - in_size);
    }
}

/* Its turn, while all threads wait: a piece goes out, and an event with it. */
static void turn(void)
{
    size_t n = 0;

    if (dead) {
        return;
    }
    take_requests();
    while (out_done < out_size && n++ < piece && shared.rsp_prod - shared.rsp_cons < 1024) {
        shared.rsp[MASK_XENSTORE_IDX(shared.rsp_prod++)] = out[out_done++];
    }
    if (out_done == out_size) {
        out_done = out_size = 0;
    }
    handler(NULL);
    fake_event = out_size > 0 || shared.req_cons != shared.req_prod ? turn : fake_event;
}

void event_send(evtchn_port_t port)
{
    EXPECT(port == 5);
    fake_event = turn;
}

static void begin(size_t bytes)
{
    static bool once;

    if (!once) {
        once = true;
        threads_init();
    }
    memset(&shared, 0, sizeof(shared));
    shared.req_cons = shared.req_prod = shared.rsp_cons = shared.rsp_prod = UINT32_MAX - 100;
    in_size = out_size = out_done = served = 0;
    piece = bytes;
    dead = false;
    fake_event = NULL;
    serve_one = honest;
    info.store_mfn = 77;
    info.store_evtchn = 5;
    CHECK_EQ(store_init(), 0);
    CHECK_STR(store_home(), "/local/domain/domid");     /* the path is the value */
}

static void settle(void)
{
    for (int i = 0; i < 1000 && thread_count() > 1; i++) {
        thread_sleep(10);
    }
    CHECK_EQ(thread_count(), 1);
}

/* ---- the tests */

TEST(requests_are_answered_in_pieces_of_any_size)
{
    static const size_t sizes[] = { 1, 2, 3, 7, 15, 16, 17, 100, 1024, OUT };
    uint64_t number = 0;
    uint32_t tx = 0;
    char value[64];

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        begin(sizes[i]);
        CHECK_EQ(store_read(0, "a/b", value, sizeof(value)), 3);
        CHECK_STR(value, "a/b");
        CHECK_EQ(store_read(0, "none", value, sizeof(value)), -XEN_ENOENT);
        CHECK_EQ(store_read_number(0, "4711", &number), 0);
        CHECK_EQ(number, 4711);
        CHECK_EQ(store_read_number(0, "47x", &number), -XEN_EINVAL);
        CHECK_EQ(store_read_number(0, "", &number), -XEN_EINVAL);
        CHECK_EQ(store_read_number(0, "99999999999999999999999", &number), -XEN_EINVAL);
        CHECK_EQ(store_write(0, "a", "value"), 0);
        CHECK_EQ(store_write_number(0, "a", 9), 0);
        CHECK_EQ(store_remove(0, "a"), 0);
        CHECK_EQ(store_list(0, "names", value, sizeof(value)), 5);
        CHECK_EQ(store_start(&tx), 0);
        CHECK_EQ(tx, 12);
        CHECK_EQ(store_end(tx, true), 0);
        CHECK_EQ(served, 13);
    }
}

TEST(what_does_not_fit_is_said)
{
    static char path[XENSTORE_PAYLOAD_MAX + 2];
    static char value[XENSTORE_PAYLOAD_MAX + 2];

    begin(500);
    CHECK_EQ(store_read(0, "12345", value, 5), -XEN_E2BIG);
    CHECK_EQ(store_read(0, "12345", value, 6), 5);
    memset(path, 'p', XENSTORE_PAYLOAD_MAX - 1);            /* and its NUL: four rings' worth */
    CHECK_EQ(store_read(0, path, value, sizeof(value)), XENSTORE_PAYLOAD_MAX - 1);
    CHECK_STR(value, path);
    served = 0;
    path[XENSTORE_PAYLOAD_MAX - 1] = 'p';
    CHECK_EQ(store_read(0, path, value, sizeof(value)), -XEN_E2BIG);
    CHECK_EQ(store_write(0, path, "x"), -XEN_E2BIG);
    CHECK_EQ(served, 0);
    CHECK_EQ(store_write(0, "a", "x"), 0);
}

TEST(without_a_store_there_is_none)
{
    begin(OUT);
    info.store_mfn = 0;
    CHECK_EQ(store_init(), -XEN_ENODEV);
    info.store_mfn = 77;
    info.flags = SIF_INITDOMAIN;
    CHECK_EQ(store_init(), -XEN_ENODEV);
    info.flags = 0;
}

static int results[8];

static void reader_thread(void *arg)
{
    unsigned int nr = (unsigned int)(uintptr_t)arg;
    char path[16], value[16];

    snprintf(path, sizeof(path), "path%u", nr);
    results[nr] = store_read(0, path, value, sizeof(value));
    results[nr] = results[nr] == 5 && strcmp(path, value) == 0 ? 5 : results[nr] < 0 ? results[nr]
                  : -9999;
}

static void start_readers(unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        results[i] = 0;
        CHECK(thread_create("reader", reader_thread, (void *)(uintptr_t)i, 65536) != NULL);
    }
}

/* Held back until four are there; then the last comes first, each twice, between lies. */
static void reversed(const struct xsd_sockmsg *request, const char *body)
{
    static struct xsd_sockmsg held[4];
    static char bodies[4][16];
    unsigned int n = (served - 1) % 4;

    held[n] = *request;
    snprintf(bodies[n], sizeof(bodies[n]), "%s", body);
    for (unsigned int i = 4; n == 3 && i-- > 0;) {
        say(XS_READ, held[i].req_id + 1000, "lie", 3);
        say(XS_ERROR, held[i].req_id - 1000, "EIO", 4);
        say(XS_WATCH_EVENT, held[i].req_id, "lie", 4);
        say(XS_READ, held[i].req_id, bodies[i], strlen(bodies[i]));
        say(XS_READ, held[i].req_id, "late", 4);
    }
}

TEST(answers_find_their_threads_in_any_order)
{
    for (size_t bytes = 1; bytes < 70; bytes += 3) {
        begin(bytes);
        served = 0;
        serve_one = reversed;
        start_readers(4);
        settle();
        for (int i = 0; i < 4; i++) {
            CHECK_EQ(results[i], 5);
        }
    }
}

TEST(watches_fire_and_lies_do_not)
{
    static struct store_watch one, two;
    char value[16];

    begin(9);
    CHECK_EQ(store_watch(&one, "one"), 0);
    CHECK_EQ(store_watch_wait(&one, fake_now + 1000), 0);
    CHECK_EQ(store_watch(&two, "two"), 0);
    CHECK_EQ(store_watch_wait(&two, fake_now + 1000), 0);
    CHECK_EQ(store_watch_wait(&two, fake_now + 1000), -XEN_ETIME);
    say(XS_WATCH_EVENT, 0, "", 0);
    say(XS_WATCH_EVENT, 0, "no token", 9);
    say(XS_WATCH_EVENT, 0, "path\0" "12x", 9);
    say(XS_WATCH_EVENT, 0, "path\0" "1", 6);                 /* no NUL behind it */
    say(XS_WATCH_EVENT, 7, "path\0" "999999999999", 18);
    fire(last_token + 1);
    CHECK_EQ(store_read(0, "between", value, sizeof(value)), 7);
    CHECK(!one.fired && !two.fired);
    fire(last_token - 1);
    event_send(5);
    CHECK_EQ(store_watch_wait(&one, fake_now + 1000), 0);
    CHECK(!two.fired);
    CHECK_EQ(store_unwatch(&one), 0);
    CHECK_EQ(store_unwatch(&two), 0);
    fire(last_token);
    CHECK_EQ(store_read(0, "after", value, sizeof(value)), 5);
}

static void refusing(const struct xsd_sockmsg *request, const char *body)
{
    static const char *const words[] = { "EAGAIN", "EACCES", "EWHATEVER", "" };
    const char *word = words[(served - 1) % ARRAY_SIZE(words)];

    (void)body;
    say(XS_ERROR, request->req_id, word, strlen(word));     /* without its NUL */
}

TEST(errors_are_told)
{
    struct store_watch watch;
    uint32_t tx = 5;

    begin(OUT);
    served = 0;
    serve_one = refusing;
    CHECK_EQ(store_end(1, true), -XEN_EAGAIN);
    CHECK_EQ(store_start(&tx), -XEN_EACCES);
    CHECK_EQ(tx, 0);
    CHECK_EQ(store_write(0, "a", "b"), -XEN_EINVAL);
    CHECK_EQ(store_remove(0, "a"), -XEN_EINVAL);
    CHECK_EQ(store_watch(&watch, "a"), -XEN_EAGAIN);
    serve_one = honest;
    fire(watch.token);                  /* it is on no list any more */
    CHECK_EQ(store_remove(0, "a"), 0);
}

/* ---- a store that dies */

static struct store_watch waiting;
static int waited;

static void watch_thread(void *arg)
{
    (void)arg;
    waited = store_watch_wait(&waiting, FOREVER);
}

/* Three wait for answers, one for a watch; then @break_it, and nothing but -EIO comes. */
static void die_by(void (*break_it)(void))
{
    char value[16];

    begin(OUT);
    CHECK_EQ(store_watch(&waiting, "w"), 0);
    CHECK_EQ(store_watch_wait(&waiting, fake_now + 1000), 0);
    dead = true;
    waited = 0;
    CHECK(thread_create("watch", watch_thread, NULL, 65536) != NULL);
    start_readers(3);
    thread_sleep(10);
    CHECK_EQ(thread_count(), 5);
    break_it();
    settle();
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(results[i], -XEN_EIO);
    }
    CHECK_EQ(waited, -XEN_EIO);
    CHECK_EQ(store_read(0, "a", value, sizeof(value)), -XEN_EIO);
    CHECK_EQ(store_unwatch(&waiting), -XEN_EIO);
}

static void too_much_said(void)
{
    shared.rsp_prod = shared.rsp_cons + 1025;
    handler(NULL);
}

static void an_index_goes_back(void)
{
    shared.rsp_prod = shared.rsp_cons - 1;
    handler(NULL);
}

static void too_long_a_message(void)
{
    struct xsd_sockmsg header = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

    memset(shared.rsp, 0, sizeof(shared.rsp));
    for (size_t i = 0; i < sizeof(header); i++) {
        shared.rsp[MASK_XENSTORE_IDX(shared.rsp_prod++)] = ((char *)&header)[i];
    }
    handler(NULL);
}

/* Seen only by who sends next: no event comes from a store that is dead. */
static void more_taken_than_sent(void)
{
    char value[16];

    shared.req_cons = shared.req_prod + 1;
    CHECK_EQ(store_read(0, "b", value, sizeof(value)), -XEN_EIO);
}

TEST(nobody_waits_for_a_store_that_breaks_the_ring)
{
    static void (*const ways[])(void) = {
        too_much_said, an_index_goes_back, too_long_a_message, more_taken_than_sent,
    };

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        die_by(ways[i]);
    }
}

/* So do those whose requests do not fit into the ring any more, one behind the other. */
static void writer_thread(void *arg)
{
    static char value[3000];

    memset(value, 'v', sizeof(value) - 1);
    *(int *)arg = store_write(0, "long", value);
}

TEST(nor_to_send)
{
    begin(OUT);
    dead = true;
    CHECK(thread_create("one", writer_thread, &results[0], 65536) != NULL);
    CHECK(thread_create("two", writer_thread, &results[1], 65536) != NULL);
    thread_sleep(10);
    CHECK_EQ(thread_count(), 3);
    too_much_said();
    settle();
    CHECK_EQ(results[0], -XEN_EIO);
    CHECK_EQ(results[1], -XEN_EIO);
}

/* A store that was restarted goes on where it was, in the midst of messages. */
TEST(a_pause_changes_nothing)
{
    begin(5);
    dead = true;
    CHECK(thread_create("one", writer_thread, &results[0], 65536) != NULL);
    start_readers(0);
    thread_sleep(10);
    dead = false;
    turn();
    thread_sleep(0);
    dead = true;
    thread_sleep(10);
    dead = false;
    turn();
    settle();
    CHECK_EQ(results[0], 0);
}

/* ---- any answer at all */

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void at_random(const struct xsd_sockmsg *request, const char *body)
{
    char noise[300];
    size_t n = draw(sizeof(noise));

    for (size_t i = 0; i < n; i++) {
        noise[i] = (char)draw(4) == 0 ? 0 : (char)('0' + draw(10));
    }
    while (draw(3) != 0) {
        uint32_t type = draw(2) != 0 ? XS_WATCH_EVENT : draw(24);

        say(type, request->req_id + draw(5) + 1, noise, n);
    }
    if (draw(3) == 0) {
        say(draw(24), request->req_id, noise, n);
    } else {
        honest(request, body);
    }
    piece = 1 + draw(40);
}

TEST(no_answer_does_harm)
{
    struct store_watch watch;
    uint64_t number;
    uint32_t tx;

    for (seed = 1; seed < 400; seed++) {
        char value[40];
        int rc;

        begin(1);
        serve_one = at_random;
        for (int i = 0; i < 10; i++) {
            rc = store_read(0, "a/b", value, sizeof(value));
            CHECK(rc < 0 || (rc < (int)sizeof(value) && value[rc] == '\0'));
        }
        (void)store_read_number(0, "17", &number);
        rc = store_start(&tx);
        CHECK((rc == 0) == (tx != 0));
        if (store_watch(&watch, "w") == 0) {
            rc = store_watch_wait(&watch, fake_now + 100);
            CHECK(rc == 0 || rc == -XEN_ETIME);
            (void)store_unwatch(&watch);
        }
        settle();
    }
}

TEST_MAIN
