/* SPDX-License-Identifier: MIT */
/* lwIP's threads, semaphores, mutexes and mailboxes, on the kernel's. */
#ifndef STUB_LWIP_SYS_ARCH_H
#define STUB_LWIP_SYS_ARCH_H

#include <stdbool.h>

#include <stub/thread.h>

typedef struct {
    bool valid;
    struct semaphore semaphore;
} sys_sem_t;

typedef struct {
    bool valid;
    struct mutex mutex;
} sys_mutex_t;

/* A ring of @size pointers, @used of them from @first on. */
typedef struct {
    void **slots;                       /* NULL: not valid */
    unsigned int size, first, used;
    struct wait_queue filled, emptied;
} sys_mbox_t;

typedef struct thread *sys_thread_t;

#define sys_sem_valid(s)           ((s)->valid)
#define sys_sem_set_invalid(s)     ((s)->valid = false)
#define sys_mutex_valid(m)         ((m)->valid)
#define sys_mutex_set_invalid(m)   ((m)->valid = false)
#define sys_mbox_valid(m)          ((m)->slots != NULL)
#define sys_mbox_set_invalid(m)    ((m)->slots = NULL)

#endif
