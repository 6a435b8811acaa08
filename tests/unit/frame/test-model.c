/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every reachable state of one frame's type machine, with up to three holders and every outcome
 * of validation and teardown (done, refused, interrupted).  The model knows who holds what.
 */
#include "fake.h"

#define ENTRIES     512
#define MAX_HELD    3

/* What the test holds, beside the frame's two words: the whole state. */
struct model {
    uint64_t ref, type;             /* type without the stamp */
    uint8_t held[FT_WRITABLE + 1];  /* type references by type */
    /* of which one put was interrupted and is to be repeated: its type */
    uint8_t unfinished;
    /* entries of the table that hold references, in quarters (0-4) */
    uint8_t contents;
};

static struct frame frame;
static struct model m;
static bool broken;
static const char *what;

enum outcome { DONE, REFUSED, STOPPED, NR_OUTCOMES };
static enum outcome next_validate, next_invalidate;

static void fail(const char *why)
{
    if (!broken) {
        broken = true;
        what = why;
    }
}

static unsigned int quarter(void)
{
    if (frame_progress(&frame) != m.contents * (ENTRIES / 4u)) {
        fail("progress is not what holds references");
    }
    return m.contents;
}

static bool is_table(enum frame_type t)
{
    return t >= FT_L1 && t <= FT_L4;
}

int pt_validate(struct frame *f, enum frame_type type, const struct domain *d)
{
    (void)d;
    if (!(f->type & FTF_LOCKED) || frame_type(f) != type || m.held[FT_WRITABLE] != 0) {
        fail("validation of a frame in use");
    }
    if (type == FT_SEGDESC) {
        return next_validate == REFUSED ? -EINVAL : 0;
    }
    quarter();
    if (next_validate != DONE && m.contents < 3) {
        m.contents++;
        frame_set_progress(f, m.contents * (ENTRIES / 4));
        return next_validate == REFUSED ? -EINVAL : -ERESTART;
    }
    m.contents = 4;
    frame_set_progress(f, ENTRIES);
    return 0;
}

int pt_invalidate(struct frame *f, enum frame_type type)
{
    if (!(f->type & FTF_LOCKED) || frame_type(f) != type) {
        fail("teardown of a frame that is not locked");
    }
    if (type == FT_SEGDESC) {
        frame_set_progress(f, 0);
        return 0;
    }
    quarter();
    if (next_invalidate == STOPPED && m.contents > 1) {
        m.contents--;
        frame_set_progress(f, m.contents * (ENTRIES / 4));
        return -ERESTART;
    }
    m.contents = 0;
    frame_set_progress(f, 0);
    return 0;
}

static bool flushed;

void tlb_flush_stamp(uint64_t word)
{
    (void)word;
    flushed = true;
}

static unsigned int total_held(void)
{
    unsigned int n = 0;

    for (unsigned int t = 0; t <= FT_WRITABLE; t++) {
        n += m.held[t];
    }
    return n;
}

/* The rules that hold between any two operations. */
static void check_rules(void)
{
    uint64_t w = frame.type;
    enum frame_type t = frame_type(&frame);
    unsigned int n = total_held(), kinds = 0;
    bool leftover = (w & FTF_PARTIAL) && (uint32_t)w == 0;

    for (unsigned int i = 0; i <= FT_WRITABLE; i++) {
        kinds += m.held[i] != 0;
    }
    if (!frame_check(&frame) || (w & FTF_LOCKED)) {
        fail("frame_check");
    }
    if ((uint32_t)w != n || kinds > 1 || (n != 0 && m.held[t] == 0)) {
        fail("type references are not those held");
    }
    if ((uint32_t)frame.ref != 1 + n + leftover) {
        fail("references are not those held");
    }
    if (is_table(t) && (w & FTF_VALIDATED ? m.contents != 4
                        : w & FTF_PARTIAL ? quarter() != m.contents : m.contents != 0)) {
        fail("contents hold other references than the word says");
    }
    if (!is_table(t) && m.contents != 0) {
        fail("references left in contents");
    }
    if (m.held[FT_WRITABLE] != 0 && m.contents != 0) {
        fail("F4: writable and a table");
    }
}

static void op_get(enum frame_type type)
{
    enum frame_type before = frame_type(&frame);
    int rc;

    if (total_held() >= MAX_HELD || !frame_get(&frame, &dom)) {
        return;
    }
    flushed = false;
    rc = frame_get_type(&frame, type, &dom);
    if (rc == 0) {
        m.held[type]++;
        if (before != type && before != FT_NONE && !flushed) {
            fail("type changed without a flush");
        }
        if (m.unfinished != 0 && m.unfinished != type) {
            fail("type changed under an interrupted put");
        }
    } else {
        frame_put(&frame);
    }
    if (rc != 0 && rc != -EBUSY && rc != -EINVAL && rc != -ERESTART) {
        fail("unexpected error");
    }
}

static void op_put(enum frame_type type)
{
    if (m.held[type] == 0) {
        return;
    }
    if (frame_put_type_preemptible(&frame) == 0) {
        m.held[type]--;
        frame_put(&frame);
        if (m.unfinished == type) {
            m.unfinished = 0;
        }
    } else {
        m.unfinished = (uint8_t)type;
    }
}

/* --- Search -------------------------------------------------------------------------------- */

#define MAX_STATES 4096
static struct model seen[MAX_STATES];
static unsigned int nr_seen;

static void save(struct model *to)
{
    *to = m;
    to->ref = frame.ref;
    to->type = frame.type & ~FT_STAMP_MASK;
}

static void visit(void)
{
    struct model now;

    memset(&now, 0, sizeof(now));
    save(&now);
    for (unsigned int i = 0; i < nr_seen; i++) {
        if (memcmp(&seen[i], &now, sizeof(now)) == 0) {
            return;
        }
    }
    if (nr_seen == MAX_STATES) {
        fail("more states than expected");
        return;
    }
    seen[nr_seen++] = now;
}

static void try_op(const struct model *from, unsigned int op)
{
    static const enum frame_type types[] = { FT_L1, FT_L2, FT_SEGDESC, FT_WRITABLE };

    m = *from;
    frame.ref = from->ref;
    frame.type = from->type;
    next_validate = (enum outcome)(op / 8 % NR_OUTCOMES);
    next_invalidate = op / 8 / NR_OUTCOMES ? STOPPED : DONE;
    if (op % 8 < 4) {
        op_get(types[op % 4]);
    } else {
        op_put(types[op % 4]);
    }
    check_rules();
    visit();
}

TEST(every_reachable_state_keeps_the_rules)
{
    memset(&m, 0, sizeof(m));
    frame_table = &frame;
    frame.ref = FRAME_OWNER(0) | FRAME_ALLOCATED | 1;
    frame.type = 0;
    visit();
    for (unsigned int i = 0; i < nr_seen; i++) {
        struct model from = seen[i];

        for (unsigned int op = 0; op < 8 * NR_OUTCOMES * 2; op++) {
            try_op(&from, op);
            if (broken) {
                char why[160];

                snprintf(why, sizeof(why),
                         "%s: operation %u on word %#lx ref %#lx gives %#lx ref %#lx", what,
                         op, from.type, from.ref, frame.type, frame.ref);
                unit_fail(__FILE__, __LINE__, why);
                return;
            }
        }
    }
    /*
     * None; writable and descriptors with 0-3 holders; each of two table types: idle, valid with
     * 1-3,
     * half-way without or with a holder at 3 places, valid with 2 or 3 of whom one has a put to
     * repeat.
     */
    CHECK_EQ(nr_seen, 1 + 2 * 4 + 2 * (1 + 3 + 2 * 3 + 2));
    CHECK_EQ(frees, 0);
}

/* From each of those states the frame can be made idle again: nothing gets stuck. */
TEST(every_state_can_be_left)
{
    for (unsigned int i = 0; i < nr_seen; i++) {
        m = seen[i];
        frame.ref = seen[i].ref;
        frame.type = seen[i].type;
        next_validate = DONE;
        next_invalidate = STOPPED;
        for (unsigned int n = 0; n < 100 && total_held() != 0; n++) {
            op_put(frame_type(&frame));
        }
        for (unsigned int n = 0; n < 100 && frame_clear_leftover(&frame) != 0; n++) {
        }
        CHECK(!broken);
        CHECK_EQ(total_held(), 0);
        CHECK_EQ((uint32_t)frame.ref, 1);
        CHECK_EQ(frame.type & (FT_COUNT_MASK | FTF_PARTIAL | FTF_LOCKED), 0);
        CHECK_EQ(m.contents, 0);
    }
}

TEST(counts_do_not_wrap)
{
    memset(&m, 0, sizeof(m));
    frame.ref = FRAME_OWNER(0) | FRAME_REF_MASK;
    CHECK(!frame_get(&frame, &dom));
    frame.ref = FRAME_OWNER(0) | (FRAME_REF_MASK - 1);
    CHECK(frame_get(&frame, &dom));
    CHECK(!frame_get(&frame, &dom));
    frame.ref = 0;
    CHECK(!frame_get(&frame, &dom));
    frame.type = ((uint64_t)FT_WRITABLE << FT_SHIFT) | FTF_VALIDATED | FT_COUNT_MASK;
    CHECK_EQ(frame_get_type(&frame, FT_WRITABLE, &dom), -EBUSY);
    CHECK(!frame_get_writable(&frame));
    frame.type = ((uint64_t)FT_L1 << FT_SHIFT) | FTF_VALIDATED | FT_COUNT_MASK;
    CHECK_EQ(frame_get_type(&frame, FT_L1, &dom), -EINVAL);
    CHECK_EQ(frame_get_type(&frame, FT_WRITABLE, &dom), -EBUSY);
}

TEST(a_hold_that_cannot_be_taken_is_torn_down_at_once)
{
    memset(&m, 0, sizeof(m));
    frame.ref = FRAME_OWNER(0) | FRAME_REF_MASK;
    frame.type = 0;
    next_validate = STOPPED;
    next_invalidate = STOPPED;
    CHECK_EQ(frame_get_type(&frame, FT_L2, &dom), -ERESTART);
    CHECK_EQ(m.contents, 0);
    CHECK_EQ(frame.type & ~FT_STAMP_MASK, (uint64_t)FT_L2 << FT_SHIFT);
    CHECK(!broken);
}

TEST(last_reference_frees_with_a_stamp)
{
    frees = 0;
    tlb_clock = 77;
    frame.ref = FRAME_OWNER(0) | FRAME_ALLOCATED | 2;
    frame.type = (uint64_t)FT_WRITABLE << FT_SHIFT | FTF_VALIDATED;
    CHECK(frame_release(&frame));
    CHECK_EQ(frees, 0);
    frame_put(&frame);
    CHECK_EQ(frees, 1);
    CHECK_EQ(frame.type >> FT_STAMP_SHIFT, 77);
}

TEST_MAIN
