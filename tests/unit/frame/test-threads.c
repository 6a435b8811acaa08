/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Four processors take and drop types of a few frames at once; nobody ever sees two uses of one
 * frame.
 */
#include <pthread.h>

#include "fake.h"

#define FRAMES  3
#define THREADS 4
#define ROUNDS  60000

static struct frame frames[FRAMES];
static int users[FRAMES][FT_WRITABLE + 1];      /* who holds what, kept by the holders themselves */
static int in_work[FRAMES];
static int errors;
static _Thread_local uint64_t seed;

static uint32_t rnd(void)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (uint32_t)(seed >> 33);
}

static void claim(bool ok)
{
    if (!ok) {
        __atomic_fetch_add(&errors, 1, __ATOMIC_SEQ_CST);
    }
}

static bool nobody_else(unsigned int f, enum frame_type but)
{
    for (unsigned int t = 0; t <= FT_WRITABLE; t++) {
        if (t != (unsigned int)but && __atomic_load_n(&users[f][t], __ATOMIC_SEQ_CST) != 0) {
            return false;
        }
    }
    return true;
}

static int work(struct frame *f, enum frame_type type, unsigned int end)
{
    unsigned int i = (unsigned int)(f - frames);

    claim(__atomic_fetch_add(&in_work[i], 1, __ATOMIC_SEQ_CST) == 0);
    claim(nobody_else(i, type));
    for (unsigned int n = rnd() % 50; n > 0; n--) {
        asm volatile ("pause");
    }
    claim(nobody_else(i, type));
    if (type != FT_SEGDESC && rnd() % 3 == 0) {
        frame_set_progress(f, 1 + rnd() % 511);
        __atomic_fetch_sub(&in_work[i], 1, __ATOMIC_SEQ_CST);
        return -ERESTART;
    }
    frame_set_progress(f, end);
    __atomic_fetch_sub(&in_work[i], 1, __ATOMIC_SEQ_CST);
    return 0;
}

int pt_validate(struct frame *f, enum frame_type type, const struct domain *d)
{
    (void)d;
    return work(f, type, 512);
}

int pt_invalidate(struct frame *f, enum frame_type type)
{
    return work(f, type, 0);
}

void tlb_flush_stamp(uint64_t word)
{
    (void)word;
    __atomic_fetch_add(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

static void one(void)
{
    static const enum frame_type types[] = { FT_L1, FT_L2, FT_SEGDESC, FT_WRITABLE, FT_WRITABLE };
    enum frame_type t = types[rnd() % 5];
    unsigned int i = rnd() % FRAMES;
    struct frame *f = &frames[i];
    bool fast = t == FT_WRITABLE && rnd() % 2;

    claim(frame_get(f, &dom));
    if (fast ? frame_get_writable(f) : frame_get_type(f, t, &dom) == 0) {
        __atomic_fetch_add(&users[i][t], 1, __ATOMIC_SEQ_CST);
        claim(nobody_else(i, t) && in_work[i] == 0);
        for (unsigned int n = rnd() % 30; n > 0; n--) {
            asm volatile ("pause");
        }
        claim(nobody_else(i, t));
        __atomic_fetch_sub(&users[i][t], 1, __ATOMIC_SEQ_CST);
        if (fast) {
            frame_put_writable(f);
        } else {
            frame_put_type(f);
        }
    }
    frame_put(f);
}

static void *processor(void *arg)
{
    seed = (uint64_t)(uintptr_t)arg * 7919 + 1;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        one();
    }
    return NULL;
}

TEST(one_use_at_a_time)
{
    pthread_t t[THREADS];

    for (unsigned int i = 0; i < FRAMES; i++) {
        frames[i].ref = FRAME_OWNER(0) | FRAME_ALLOCATED | 1;
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK_EQ(pthread_create(&t[i], NULL, processor, (void *)(i + 1)), 0);
    }
    for (unsigned int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
    }
    CHECK_EQ(errors, 0);
    seed = 1;
    for (unsigned int i = 0; i < FRAMES; i++) {
        CHECK(frame_get(&frames[i], &dom));
        for (unsigned int n = 0; n < 1000 && frame_clear_leftover(&frames[i]) != 0; n++) {
        }
        frame_put(&frames[i]);
        CHECK(frame_check(&frames[i]));
        CHECK_EQ((uint32_t)frames[i].ref, 1);
        CHECK_EQ((uint32_t)frames[i].type, 0);
    }
    CHECK_EQ(frees, 0);
}

TEST_MAIN
