/* SPDX-License-Identifier: MIT */
/* The scheduler: a run queue in order of arrival, waiting, and the life of threads. */
#include <stub/print.h>
#include <stub/thread.h>
#include <stub/trap.h>

/* Exactly one thread is RUNNING and is `self`; READY threads are on `ready`. */
static struct list ready = LIST_INIT(ready);
static struct thread boot_thread;
static struct thread *self = &boot_thread;
static struct thread *dead;             /* ended; its stack is given back after the switch */
static unsigned int nr_threads;
uintptr_t stack_bound[STACK_BOUND_AT / sizeof(uintptr_t) + 1];

void thread_main(void);

struct thread *thread_self(void)
{
    return self;
}

unsigned int thread_count(void)
{
    return nr_threads;
}

static void make_ready(struct thread *thread)
{
    timer_cancel(&thread->timer);
    list_remove(&thread->link);
    thread->state = THREAD_READY;
    list_insert(&ready, &thread->link);
}

static void wait_is_over(struct timer *timer)
{
    struct thread *thread = container_of(timer, struct thread, timer);

    thread->timed_out = true;
    make_ready(thread);
}

static void thread_init(struct thread *thread, const char *name)
{
    size_t n = 0;

    list_init(&thread->link);
    timer_init(&thread->timer, wait_is_over);
    for (; n < sizeof(thread->name) - 1 && name[n] != '\0'; n++) {
        thread->name[n] = name[n];
    }
    thread->name[n] = '\0';
    nr_threads++;
}

void threads_init(void)
{
    thread_init(&boot_thread, "main");
    boot_thread.state = THREAD_RUNNING;
}

/* On the new thread's stack: the old one may be gone. */
static void bury(void)
{
    if (dead != NULL) {
        void *stack = dead->stack;
        size_t size = dead->stack_size;

        dead = NULL;
        if (stack != NULL) {
            stack_free(stack, size);
        }
    }
}

/* Handle what has come in meanwhile; with nothing to run, wait for it. */
static void gather(void)
{
    events_handle();
    for (;;) {
        uint64_t next = timers_next();

        if (next != FOREVER && next <= time_now()) {
            timers_run(time_now());
        }
        if (!list_empty(&ready)) {
            return;
        }
        idle_until(timers_next());
    }
}

/* Give up the CPU; the caller has put itself on a list, or is dead. */
static void schedule(void)
{
    struct thread *from = self, *to;

    gather();
    to = list_entry(ready.next, struct thread, link);
    list_remove(&to->link);
    to->state = THREAD_RUNNING;
    if (to != from) {
        uintptr_t *bound = &stack_bound[ARRAY_SIZE(stack_bound) - 1];

        self = to;
        from->bound = *bound;
        *bound = to->bound;
        thread_switch(&from->sp, to->sp);
        bury();
    }
}

void thread_main(void)
{
    bury();
    self->fn(self->arg);
    thread_exit();
}

/* What thread_switch() takes off the stack: control words, six registers, the return address. */
struct first_frame {
    uint32_t mxcsr;
    uint32_t x87_control;
    uint64_t registers[6];
    void (*start)(void);
    uint64_t end[2];            /* no caller; 16-aligned, as a call wants it */
};

struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg, size_t stack_size)
{
    struct first_frame *frame;
    struct thread *thread;
    char *stack;

    stack_size = (stack_size + PAGE_MASK) & ~PAGE_MASK;
    stack = stack_alloc(stack_size);
    if (stack == NULL) {
        return NULL;
    }
    /* The thread's own data lies at the top, where an overflow does not reach. */
    thread = (struct thread *)((uintptr_t)(stack + stack_size - sizeof(*thread)) & ~63UL);
    *thread = (struct thread){
        .fn = fn, .arg = arg, .stack = stack, .stack_size = stack_size,
        .bound = (uintptr_t)stack + STACK_RESERVE,
    };
    thread_init(thread, name);
    frame = (struct first_frame *)((char *)thread - sizeof(*frame));
    *frame = (struct first_frame){ .mxcsr = 0x1f80, .x87_control = 0x37f, .start = thread_start };
    thread->sp = frame;
    make_ready(thread);
    return thread;
}

void thread_exit(void)
{
    if (self->on_exit != NULL) {
        self->on_exit(self);
    }
    self->state = THREAD_DEAD;
    nr_threads--;
    dead = self;
    schedule();
    __builtin_unreachable();
}

void thread_yield(void)
{
    make_ready(self);
    schedule();
}

void thread_sleep(uint64_t ns)
{
    struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);

    (void)wait_on(&nobody, time_now() + ns);
}

int wait_on(struct wait_queue *q, uint64_t deadline)
{
    self->state = THREAD_WAITING;
    self->timed_out = false;
    list_insert(&q->threads, &self->link);
    if (deadline != FOREVER) {
        timer_set(&self->timer, deadline);
    }
    schedule();
    return self->timed_out ? -XEN_ETIME : 0;
}

bool wake_one(struct wait_queue *q)
{
    if (list_empty(&q->threads)) {
        return false;
    }
    make_ready(list_entry(q->threads.next, struct thread, link));
    return true;
}

void wake_all(struct wait_queue *q)
{
    while (wake_one(q)) {
    }
}
