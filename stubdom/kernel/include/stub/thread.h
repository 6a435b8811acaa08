/* SPDX-License-Identifier: MIT */
/* Threads on one vcpu.  A thread runs until it waits, yields or ends: no preemption. */
#ifndef STUB_THREAD_H
#define STUB_THREAD_H

#include <stub/list.h>
#include <stub/time.h>

/*
 * Who may be on which list:
 *   RUNNING   on none; exactly one thread
 *   READY     link on the run queue
 *   WAITING   link on a wait queue; timer set if the wait has a deadline
 *   DEAD      on none; its memory goes at the next switch
 */
enum thread_state { THREAD_RUNNING, THREAD_READY, THREAD_WAITING, THREAD_DEAD };

struct thread {
    void *sp;                   /* while it does not run */
    struct list link;
    enum thread_state state;
    bool timed_out;
    struct timer timer;
    void (*fn)(void *arg);
    void *arg;
    char *stack;                /* lowest usable address; NULL for the boot stack */
    size_t stack_size;
    uintptr_t bound;            /* while it does not run: of stack_bound */
    void *local[2];             /* for the C library and the network stack; NULL at first */
    void (*on_exit)(struct thread *thread);
    char name[16];
};

struct wait_queue {
    struct list threads;
};

#define WAIT_QUEUE_INIT(q) { LIST_INIT((q).threads) }

static inline void wait_queue_init(struct wait_queue *q)
{
    list_init(&q->threads);
}

/*
 * Programs are compiled with -fsplit-stack: a function compares the stack pointer it wants with
 * the word at FS's base + STACK_BOUND_AT, and ends in stack_overflowed() (trap.c) if it is lower.
 * That is the last entry here, for the thread that runs.  STACK_RESERVE lies between it and the
 * stack's end, for the libraries, which do not compare; below is the guard page.
 */
#define STACK_BOUND_AT 0x70
#define STACK_RESERVE  2048
extern uintptr_t stack_bound[STACK_BOUND_AT / sizeof(uintptr_t) + 1];

/* threads_init - make the caller the first thread.  Context: once, on the boot stack. */
void threads_init(void);

/*
 * thread_create - a new thread that calls @fn(@arg) and ends when that returns.
 * @stack_size  bytes, rounded up to pages; a guard page lies below.
 * Returns NULL if there is no memory.  The thread's memory is freed when it has ended.
 */
struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg, size_t stack_size);
void thread_exit(void) __attribute__((noreturn));
void thread_yield(void);
void thread_sleep(uint64_t ns);
struct thread *thread_self(void);
unsigned int thread_count(void);

/*
 * wait_on - wait until woken through @q, at most until @deadline (system time; FOREVER).
 * Returns 0, or -XEN_ETIME.  The condition has to be looked at again by the caller; between its
 * look and this call nothing else runs, so no wake-up is lost.
 */
int wait_on(struct wait_queue *q, uint64_t deadline);
/* Make the first, or every, waiting thread ready.  Any context; they run later. */
bool wake_one(struct wait_queue *q);
void wake_all(struct wait_queue *q);

/* The scheduler's seam, supplied by idle.c, stack.c and entry.S, or by a unit test. */
void idle_until(uint64_t deadline);     /* wait for events until then, and handle them */
void events_handle(void);               /* call the handlers of pending events */
void *stack_alloc(size_t size);         /* lowest address, or NULL */
void stack_free(void *stack, size_t size);
void thread_switch(void **save_sp, void *load_sp);
void thread_start(void);                /* first return address of a new thread */

/*
 * Mutexes may be taken again by their owner.  With others waiting, the end of its last hold makes
 * the first of them the owner, before that runs: a thread that takes it in a loop waits its turn.
 */
struct mutex {
    struct thread *owner;
    unsigned int depth;
    struct wait_queue queue;
};

struct semaphore {
    unsigned int count;
    struct wait_queue queue;
};

struct condition {
    struct wait_queue queue;
};

#define MUTEX_INIT(m) { NULL, 0, WAIT_QUEUE_INIT((m).queue) }

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);     /* by its owner only: anything else stops the program */

void semaphore_init(struct semaphore *s, unsigned int count);
int semaphore_down(struct semaphore *s, uint64_t deadline);     /* 0 or -XEN_ETIME */
void semaphore_up(struct semaphore *s);

void condition_init(struct condition *c);
int condition_wait(struct condition *c, struct mutex *m, uint64_t deadline);
void condition_signal(struct condition *c);
void condition_broadcast(struct condition *c);

#endif
