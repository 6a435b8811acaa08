/* SPDX-License-Identifier: MIT */
/* Mutexes, semaphores and condition variables, from wait queues. */
#include <stub/thread.h>
#include <stub/trap.h>

void mutex_init(struct mutex *m)
{
    m->owner = NULL;
    m->depth = 0;
    wait_queue_init(&m->queue);
}

bool mutex_trylock(struct mutex *m)
{
    if (m->owner != NULL && m->owner != thread_self()) {
        return false;
    }
    m->owner = thread_self();
    m->depth++;
    return true;
}

void mutex_lock(struct mutex *m)
{
    if (!mutex_trylock(m)) {
        (void)wait_on(&m->queue, FOREVER);      /* who wakes us has made us the owner */
    }
}

void mutex_unlock(struct mutex *m)
{
    if (m->owner != thread_self() || m->depth == 0) {
        stub_panic("mutex %p unlocked by a thread that does not own it", (void *)m);
    }
    if (--m->depth == 0) {
        m->owner = NULL;
        if (!list_empty(&m->queue.threads)) {
            m->owner = list_entry(m->queue.threads.next, struct thread, link);
            m->depth = 1;
            (void)wake_one(&m->queue);
        }
    }
}

void semaphore_init(struct semaphore *s, unsigned int count)
{
    s->count = count;
    wait_queue_init(&s->queue);
}

int semaphore_down(struct semaphore *s, uint64_t deadline)
{
    while (s->count == 0) {
        int rc = wait_on(&s->queue, deadline);

        if (rc != 0 && s->count == 0) {
            return rc;
        }
    }
    s->count--;
    return 0;
}

void semaphore_up(struct semaphore *s)
{
    s->count++;
    (void)wake_one(&s->queue);
}

void condition_init(struct condition *c)
{
    wait_queue_init(&c->queue);
}

int condition_wait(struct condition *c, struct mutex *m, uint64_t deadline)
{
    unsigned int depth = m->depth;
    int rc;

    m->depth = 1;
    mutex_unlock(m);
    rc = wait_on(&c->queue, deadline);
    mutex_lock(m);
    m->depth = depth;
    return rc;
}

void condition_signal(struct condition *c)
{
    (void)wake_one(&c->queue);
}

void condition_broadcast(struct condition *c)
{
    wake_all(&c->queue);
}
