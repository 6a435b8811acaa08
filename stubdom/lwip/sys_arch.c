/* SPDX-License-Identifier: MIT */
/* What lwIP asks of the system below it. */
#include <lwip/sys.h>
#include <lwip/tcpip.h>

#include <stdlib.h>

#include <stub/time.h>
#include <stub/trap.h>

static uint64_t random_state;

void sys_init(void)
{
    random_state = time_wall();
}

u32_t sys_now(void)
{
    return (u32_t)(time_now() / MILLIS(1));
}

u32_t sys_jiffies(void)
{
    return sys_now();
}

/* splitmix64 over the clock and the TSC: hard to guess from outside, not a secret's source. */
uint32_t net_random(void)
{
    uint32_t low, high;
    uint64_t z;

    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    random_state += 0x9e3779b97f4a7c15u + ((uint64_t)high << 32 | low);
    z = random_state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z ^ z >> 31);
}

void net_assert_failed(const char *what, const char *file, int line)
{
    stub_panic("lwIP: %s at %s:%d", what, file, line);
}

void net_assert_core(void)
{
    /* tcpip_init() makes the lock when it has set up everything else. */
    if (sys_mutex_valid(&lock_tcpip_core) && lock_tcpip_core.mutex.owner != thread_self()) {
        stub_panic("lwIP is called without its core lock");
    }
}

err_t sys_sem_new(sys_sem_t *s, u8_t count)
{
    semaphore_init(&s->semaphore, count);
    s->valid = true;
    return ERR_OK;
}

void sys_sem_free(sys_sem_t *s)
{
    s->valid = false;
}

void sys_sem_signal(sys_sem_t *s)
{
    semaphore_up(&s->semaphore);
}

static uint64_t deadline_of(u32_t timeout_ms)
{
    return timeout_ms == 0 ? FOREVER : time_now() + MILLIS(timeout_ms);
}

u32_t sys_arch_sem_wait(sys_sem_t *s, u32_t timeout_ms)
{
    return semaphore_down(&s->semaphore, deadline_of(timeout_ms)) == 0 ? 0 : SYS_ARCH_TIMEOUT;
}

err_t sys_mutex_new(sys_mutex_t *m)
{
    mutex_init(&m->mutex);
    m->valid = true;
    return ERR_OK;
}

void sys_mutex_free(sys_mutex_t *m)
{
    m->valid = false;
}

void sys_mutex_lock(sys_mutex_t *m)
{
    mutex_lock(&m->mutex);
}

void sys_mutex_unlock(sys_mutex_t *m)
{
    mutex_unlock(&m->mutex);
}

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
    *mbox = (sys_mbox_t){ .size = size > 0 ? (unsigned int)size : 32 };
    mbox->slots = malloc(mbox->size * sizeof(*mbox->slots));
    wait_queue_init(&mbox->filled);
    wait_queue_init(&mbox->emptied);
    return mbox->slots != NULL ? ERR_OK : ERR_MEM;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
    free(mbox->slots);
    mbox->slots = NULL;
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *message)
{
    if (mbox->used == mbox->size) {
        return ERR_MEM;
    }
    mbox->slots[(mbox->first + mbox->used++) % mbox->size] = message;
    (void)wake_one(&mbox->filled);
    return ERR_OK;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *message)
{
    return sys_mbox_trypost(mbox, message);
}

void sys_mbox_post(sys_mbox_t *mbox, void *message)
{
    while (sys_mbox_trypost(mbox, message) != ERR_OK) {
        (void)wait_on(&mbox->emptied, FOREVER);
    }
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **message)
{
    if (mbox->used == 0) {
        return SYS_MBOX_EMPTY;
    }
    if (message != NULL) {
        *message = mbox->slots[mbox->first];
    }
    mbox->first = (mbox->first + 1) % mbox->size;
    mbox->used--;
    (void)wake_one(&mbox->emptied);
    return 0;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **message, u32_t timeout_ms)
{
    uint64_t deadline = deadline_of(timeout_ms);

    while (sys_arch_mbox_tryfetch(mbox, message) == SYS_MBOX_EMPTY) {
        if (wait_on(&mbox->filled, deadline) != 0 && mbox->used == 0) {
            return SYS_ARCH_TIMEOUT;
        }
    }
    return 0;
}

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn thread, void *arg, int stacksize,
                            int prio)
{
    struct thread *new = thread_create(name, thread, arg, (size_t)stacksize);

    (void)prio;
    if (new == NULL) {
        stub_panic("no memory for thread %s", name);
    }
    return new;
}
