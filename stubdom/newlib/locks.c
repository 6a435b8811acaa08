/* SPDX-License-Identifier: MIT */
/* newlib's locks, and its state of each thread (errno, stdio), on the kernel's threads. */
#include <reent.h>
#include <stdlib.h>
#include <sys/lock.h>

#include <stub/thread.h>

struct __lock {
    struct mutex mutex;
};

/* The locks that newlib declares for itself; all zero but for the queue, which lock() looks at. */
#define NEWLIB_LOCK(name) struct __lock name = { MUTEX_INIT(name.mutex) }
NEWLIB_LOCK(__lock___sinit_recursive_mutex);
NEWLIB_LOCK(__lock___sfp_recursive_mutex);
NEWLIB_LOCK(__lock___atexit_recursive_mutex);
NEWLIB_LOCK(__lock___at_quick_exit_mutex);
NEWLIB_LOCK(__lock___malloc_recursive_mutex);
NEWLIB_LOCK(__lock___env_recursive_mutex);
NEWLIB_LOCK(__lock___tz_mutex);
NEWLIB_LOCK(__lock___dd_hash_mutex);
NEWLIB_LOCK(__lock___arc4random_mutex);

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = malloc(sizeof(**lock));
    if (*lock != NULL) {
        mutex_init(&(*lock)->mutex);
    }
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    free(lock);
}

/* A lock for which there was no memory is no lock: without preemption few notice. */
void __retarget_lock_acquire(_LOCK_T lock)
{
    if (lock != NULL) {
        mutex_lock(&lock->mutex);
    }
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    __retarget_lock_acquire(lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return lock == NULL || mutex_trylock(&lock->mutex) ? 0 : -1;
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    return __retarget_lock_try_acquire(lock);
}

void __retarget_lock_release(_LOCK_T lock)
{
    if (lock != NULL) {
        mutex_unlock(&lock->mutex);
    }
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    __retarget_lock_release(lock);
}

static void reent_end(struct thread *thread)
{
    struct _reent *reent = thread->local[0];

    thread->local[0] = _GLOBAL_REENT;
    if (reent != NULL && reent != _GLOBAL_REENT) {
        _reclaim_reent(reent);
        free(reent);
    }
}

/* Made when a thread first needs it: most threads of the network never touch errno or stdio. */
struct _reent *__getreent(void)
{
    struct thread *thread = thread_self();

    if (thread->local[0] == NULL) {
        struct _reent *reent;

        thread->local[0] = _GLOBAL_REENT;       /* malloc() asks for it too */
        if (thread->stack == NULL) {
            return _GLOBAL_REENT;               /* the first thread */
        }
        reent = malloc(sizeof(*reent));
        if (reent != NULL) {
            _REENT_INIT_PTR(reent);
            thread->local[0] = reent;
            thread->on_exit = reent_end;
        }
    }
    return thread->local[0];
}
