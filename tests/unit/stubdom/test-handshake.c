/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of a front end's place in the store: a back end that goes through its states in any
 * order, never answers, goes away, or changes without end.
 */
#include "harness.h"

#include <stub/device.h>

#define STATE(s) (1u << XenbusState##s)

/* Nodes of the store; one without a value is not there. */
static struct {
    const char *path;
    char value[160];
} nodes[] = {
    { "device/vif/0/backend", "" }, { "device/vif/0/backend-id", "" },
    { "device/vif/0/state", "" }, { "/back/state", "" }, { "/back/mac", "" },
};
enum { BACKEND, BACKEND_ID, FRONT_STATE, BACK_STATE, MAC };

static struct device dev;
static uint64_t now;
static uint32_t seed;
static int watches, broken;             /* watches there; the store's error, once it has one */
static void (*changes)(void);           /* the back end, at each wait for its watch */

static char *value_of(const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
        if (strcmp(nodes[i].path, path) == 0) {
            return nodes[i].value;
        }
    }
    return NULL;
}

uint64_t time_now(void)
{
    return now;
}

int store_read(uint32_t tx, const char *path, char *value, size_t size)
{
    const char *found = value_of(path);

    EXPECT(tx == 0);
    now += 10;
    if (broken != 0 || found == NULL || found[0] == '\0') {
        return broken != 0 ? broken : -XEN_ENOENT;
    }
    return strlen(found) < size ? snprintf(value, size, "%s", found) : -XEN_E2BIG;
}

int store_read_number(uint32_t tx, const char *path, uint64_t *number)
{
    char text[24], *end;
    int rc = store_read(tx, path, text, sizeof(text));

    if (rc < 0) {
        return rc;
    }
    *number = strtoull(text, &end, 10);
    return *end == '\0' ? 0 : -XEN_EINVAL;
}

int store_write_number(uint32_t tx, const char *path, uint64_t number)
{
    char *value = value_of(path);

    (void)tx;
    now += 10;
    EXPECT(value != NULL);
    if (value != NULL) {
        snprintf(value, sizeof(nodes[0].value), "%lu", number);
    }
    return broken;
}

int store_watch(struct store_watch *watch, const char *path)
{
    EXPECT(value_of(path) != NULL || broken != 0);
    watches += broken == 0;
    watch->fired = true;
    return broken;
}

int store_unwatch(struct store_watch *watch)
{
    (void)watch;
    watches--;
    return broken;
}

int store_watch_wait(struct store_watch *watch, uint64_t deadline)
{
    if (!watch->fired && changes != NULL) {
        changes();
    }
    if (broken != 0 || watch->fired) {
        watch->fired = false;
        return broken;
    }
    now = now > deadline ? now : deadline;
    return -XEN_ETIME;
}

static void set(int node, const char *value)
{
    snprintf(nodes[node].value, sizeof(nodes[node].value), "%s", value);
}

/* The back end's state becomes @state; less than 0: its nodes are gone. */
static void become(int state)
{
    nodes[BACK_STATE].value[0] = '\0';
    if (state >= 0) {
        snprintf(nodes[BACK_STATE].value, 16, "%d", state);
    }
    dev.watch.fired = true;
}

static void fresh(void)
{
    set(BACKEND, "/back");
    set(BACKEND_ID, "3");
    set(FRONT_STATE, "1");
    set(MAC, "a:b");
    broken = watches = 0;
    changes = NULL;
    now = 1000;
    become(XenbusStateInitWait);
    CHECK_EQ(device_open(&dev, "vif", 0), 0);
    CHECK_EQ(watches, 1);
}

TEST(a_device_is_found_by_its_nodes)
{
    char text[16], path[STORE_PATH_MAX];

    fresh();
    CHECK_EQ(dev.back_id, 3);
    CHECK_EQ(device_read_back(&dev, "mac", text, sizeof(text)), 3);
    CHECK_EQ(device_number_back(&dev, "state", 77), XenbusStateInitWait);
    CHECK_EQ(device_number_back(&dev, "mac", 77), 77);
    CHECK_EQ(device_number_back(&dev, "none", 77), 77);
    CHECK_EQ(device_path(&dev, "x", path, sizeof(path)), 0);
    CHECK_STR(path, "device/vif/0/x");
    CHECK_EQ(device_path(&dev, "x", path, 5), -XEN_E2BIG);
    device_close(&dev);
    CHECK_EQ(watches, 0);
    CHECK_EQ(device_open(&dev, "vif", 1), -XEN_ENOENT);
}

TEST(wrong_nodes_are_refused)
{
    static const struct {
        int node, error;
        const char *value;
    } wrong[] = {
        { BACKEND, -XEN_ENOENT, "" }, { BACKEND_ID, -XEN_ENOENT, "" },
        { BACKEND_ID, -XEN_EINVAL, "x" }, { BACKEND_ID, -XEN_EINVAL, "32752" },
        { BACKEND_ID, -XEN_EINVAL, "65539" }, { BACKEND_ID, -XEN_EINVAL, "18446744073709551615" },
        { BACKEND, -XEN_E2BIG, "/01234567890123456789012345678901234567890123456789012345678901234"
          "5678901234567890123456789012345678901234567890123456789012345678" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        fresh();
        device_close(&dev);
        set(wrong[i].node, wrong[i].value);
        CHECK_EQ(device_open(&dev, "vif", 0), wrong[i].error);
        CHECK_EQ(watches, 0);
    }
}

TEST(a_state_is_one_of_those_there_are)
{
    static const char *const values[] = { "", "9", "x", "18446744073709551615", "4294967300", "0" };

    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        fresh();
        set(BACK_STATE, values[i]);
        CHECK_EQ(device_back_state(&dev), i % 2 == 0 && i != 4 ? XenbusStateClosed
                 : XenbusStateUnknown);
    }
}

static bool saw_closing;

/* As Linux does: it looks at the front end's state when it comes to that. */
static void look(void)
{
    saw_closing |= nodes[FRONT_STATE].value[0] == '0' + XenbusStateClosing;
    become(nodes[FRONT_STATE].value[0] == '0' + XenbusStateInitialising ? XenbusStateInitWait
           : nodes[FRONT_STATE].value[0] - '0');
}

/* Restarted, it is about to be connected with the rings of before; and one that says no more. */
TEST(a_back_end_sees_that_it_is_left)
{
    static const enum xenbus_state from[] = { XenbusStateInitWait, XenbusStateConnected };

    for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
        fresh();
        become((int)from[i]);
        changes = look;
        saw_closing = false;
        device_leave(&dev);
        CHECK_STR(nodes[FRONT_STATE].value, "6");
        CHECK(saw_closing);
        CHECK_EQ(device_begin(&dev, now + SECONDS(60)), 0);
        CHECK(now < 1000 + SECONDS(1));
        device_close(&dev);
        fresh();
        become((int)from[i]);
        device_leave(&dev);
        CHECK(now >= 1000 + SECONDS(5) && now < 1000 + SECONDS(6));
        device_close(&dev);
    }
}

/* The longest that a back end may keep a front end that has @patience. */
static bool in_time(uint64_t patience)
{
    return now <= 1000 + patience + SECONDS(11);
}

TEST(one_that_never_answers_costs_the_time_allowed)
{
    for (int state = -1; state < 12; state++) {
        bool ready = state == XenbusStateInitWait;

        fresh();
        become(state);
        CHECK_EQ(device_begin(&dev, now + SECONDS(60)), ready ? 0 : -XEN_ETIME);
        CHECK(in_time(ready ? 0 : SECONDS(60)));
    }
}

/* Each look finds another state, and none is the one that is waited for. */
static void flutter(void)
{
    become(device_back_state(&dev) == XenbusStateInitialising ? XenbusStateInitialised
           : XenbusStateInitialising);
}

TEST(one_that_changes_without_end_costs_no_more)
{
    fresh();
    become(XenbusStateInitialising);
    changes = flutter;
    CHECK_EQ(device_wait(&dev, STATE(Connected), now + MILLIS(1)), -XEN_ETIME);
    CHECK(in_time(MILLIS(1)));
    fresh();
    become(XenbusStateInitialising);
    changes = flutter;
    CHECK_EQ(device_begin(&dev, now + MILLIS(1)), -XEN_ETIME);
    CHECK(in_time(MILLIS(1)));
}

/* It was connected to what was there before, and closes when it sees us begin. */
static void close_then_wait(void)
{
    static const int way[] = { XenbusStateClosing, XenbusStateClosed, XenbusStateInitWait };
    static unsigned int at;

    if (nodes[BACK_STATE].value[0] == '4') {
        at = 0;
    }
    /* Closed only once the front end is. */
    if (way[at] == XenbusStateClosed && nodes[FRONT_STATE].value[0] != '6') {
        return;
    }
    become(way[at++]);
}

TEST(one_that_still_closes_is_helped_to_its_end)
{
    fresh();
    become(XenbusStateConnected);
    changes = close_then_wait;
    CHECK_EQ(device_begin(&dev, now + SECONDS(60)), 0);
    CHECK_EQ(device_back_state(&dev), XenbusStateInitWait);
    CHECK(in_time(0));
}

static void close_now(void)
{
    become(XenbusStateClosing);
}

static void nodes_gone(void)
{
    become(-1);
}

TEST(one_that_closes_while_we_connect_is_seen)
{
    fresh();
    CHECK_EQ(device_begin(&dev, now + SECONDS(60)), 0);
    changes = close_now;
    CHECK_EQ(device_wait(&dev, STATE(Connected) | STATE(Closing) | STATE(Closed),
                         now + SECONDS(60)), XenbusStateClosing);
    changes = nodes_gone;
    CHECK_EQ(device_wait(&dev, STATE(Connected) | STATE(Closed), now + SECONDS(60)),
             XenbusStateClosed);
    CHECK(in_time(0));
}

static void store_dies(void)
{
    broken = -XEN_EIO;
}

TEST(a_store_that_dies_ends_each_wait)
{
    fresh();
    become(XenbusStateInitialising);
    changes = store_dies;
    CHECK_EQ(device_begin(&dev, now + SECONDS(60)), -XEN_EIO);
    CHECK_EQ(device_begin(&dev, now + SECONDS(60)), -XEN_EIO);
    CHECK_EQ(device_open(&dev, "vif", 0), -XEN_EIO);
    CHECK(in_time(0));
}

/* ---- one that is connected */

TEST(a_back_end_may_be_away_for_ten_seconds)
{
    bool kick;

    fresh();
    become(XenbusStateConnected);
    CHECK(!device_lost(&dev, &kick) && kick);
    CHECK(!device_lost(&dev, &kick) && !kick);
    for (int state = XenbusStateInitialising; state <= XenbusStateInitialised; state++) {
        become(state);
        CHECK(!device_lost(&dev, &kick) && !kick);
    }
    now += SECONDS(9);
    CHECK(!device_lost(&dev, &kick));
    become(XenbusStateInitWait);        /* which gives it no more time */
    now += SECONDS(1);
    CHECK(device_lost(&dev, &kick));
    become(XenbusStateConnected);
    CHECK(!device_lost(&dev, &kick) && kick);
    now += SECONDS(100);
    CHECK(!device_lost(&dev, &kick) && !kick);
}

TEST(any_other_state_is_the_end)
{
    static const int states[] = { -1, 0, XenbusStateClosing, XenbusStateClosed, 7, 8, 9 };
    bool kick;

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        fresh();
        become(states[i]);
        CHECK(device_lost(&dev, &kick) && !kick);
    }
}

static void any_state(void)
{
    seed = seed * 1664525 + 1013904223;
    now += (seed >> 8) % SECONDS(1);
    if ((seed >> 28) != 0) {
        become((int)((seed >> 16) % 11) - 1);
    }
}

TEST(states_in_any_order_do_no_harm)
{
    for (uint32_t from = 1; from < 2000; from++) {
        bool kick;
        int rc;

        seed = from;
        fresh();
        any_state();
        changes = any_state;
        rc = device_begin(&dev, now + SECONDS(20));
        CHECK(rc == 0 || rc == -XEN_ETIME);
        CHECK(rc != 0 || strcmp(nodes[FRONT_STATE].value, "1") == 0);
        CHECK(in_time(SECONDS(21)));
        now = 1000;
        rc = device_wait(&dev, STATE(Connected) | STATE(Closed), now + SECONDS(20));
        CHECK(rc == -XEN_ETIME || rc == XenbusStateConnected || rc == XenbusStateClosed);
        CHECK(in_time(SECONDS(20)));
        for (int i = 0; i < 20; i++) {
            any_state();
            (void)device_lost(&dev, &kick);
            CHECK(!kick || device_back_state(&dev) == XenbusStateConnected);
        }
        device_close(&dev);
    }
}

TEST_MAIN
