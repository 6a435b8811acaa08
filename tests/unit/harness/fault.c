/* SPDX-License-Identifier: GPL-2.0-only */
/* The N-th allocation or system call fails: see fault.h. */
#define FAULT_OFF
#include "harness/fault.h"
#include "harness/fault-off.h"

/* Shared with children that the code under test makes. */
static struct {
    unsigned long until;    /* calls of that kind until the one that fails; 0: none does */
    enum fault_kind kind;
    bool hit;
} *state;

void fault_arm(enum fault_kind kind, unsigned long nth)
{
    if (state == NULL) {
        state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                     0);
    }
    state->kind = kind;
    state->until = nth;
    state->hit = false;
}

bool fault_disarm(void)
{
    state->until = 0;
    return state->hit;
}

static bool fails(enum fault_kind kind, int error)
{
    if (state == NULL || kind != state->kind || state->until == 0 || --state->until != 0) {
        return false;
    }
    state->hit = true;
    errno = error;
    return true;
}

size_t fault_open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t nr = 0;

    while (dir != NULL && readdir(dir) != NULL) {
        nr++;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return nr;
}

bool fault_system(void)
{
    return fails(FAULT_SYSTEM_CALL, EIO);
}

ssize_t fault_write(int fd, const void *data, size_t size)
{
    return fault_system() ? -1 : write(fd, data, size);
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
