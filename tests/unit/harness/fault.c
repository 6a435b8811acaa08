/* SPDX-License-Identifier: GPL-2.0-only */
/* The N-th allocation or system call fails: see fault.h. */
#define FAULT_OFF
#include "harness/fault.h"
#include "harness/fault-off.h"

static unsigned long until; /* calls of that kind until the one that fails; 0: none does */
static enum fault_kind kind;
static bool hit;

void fault_arm(enum fault_kind of, unsigned long nth)
{
    kind = of;
    until = nth;
    hit = false;
}

bool fault_disarm(void)
{
    until = 0;
    return hit;
}

static bool fails(enum fault_kind of, int error)
{
    if (of != kind || until == 0 || --until != 0) {
        return false;
    }
    hit = true;
    errno = error;
    return true;
}

bool fault_system(void)
{
    return fails(FAULT_SYSTEM_CALL, EIO);
}

void *fault_malloc(size_t size)
{
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : malloc(size);
}

void *fault_calloc(size_t nr, size_t size)
{
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : calloc(nr, size);
}

void *fault_realloc(void *p, size_t size)
{
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : realloc(p, size);
}

char *fault_strdup(const char *s)
{
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : strdup(s);
}

char *fault_strndup(const char *s, size_t len)
{
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : strndup(s, len);
}

int fault_vasprintf(char **text, const char *fmt, va_list ap)
{
    /* The text is undefined then: nobody may free it. */
    *text = (char *)1;
    return fails(FAULT_ALLOCATION, ENOMEM) ? -1 : vasprintf(text, fmt, ap);
}

int fault_asprintf(char **text, const char *fmt, ...)
{
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = fault_vasprintf(text, fmt, ap);
    va_end(ap);
    return len;
}

FILE *fault_open_memstream(char **text, size_t *len)
{
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : open_memstream(text, len);
}
