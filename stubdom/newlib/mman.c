/* SPDX-License-Identifier: MIT */
/* mmap() of memory. */
#include <sys/mman.h>

#include <errno.h>

#include <stub/mm.h>

static int refused(size_t length, int protection, int flags)
{
    int sharing = flags & (MAP_SHARED | MAP_PRIVATE);

    if (length == 0 || (flags & MAP_FIXED) != 0 ||
        (sharing != MAP_SHARED && sharing != MAP_PRIVATE)) {
        return EINVAL;
    }
    if ((flags & MAP_ANONYMOUS) == 0) {
        return ENODEV;
    }
    return protection != (PROT_READ | PROT_WRITE) ? ENOTSUP : 0;
}

/* There is one process: shared memory is its own too.  Where is a wish, which is not fulfilled. */
void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t offset)
{
    int why = refused(length, protection, flags);
    void *memory = NULL;

    (void)where;
    (void)fd;
    (void)offset;
    if (why == 0 && length <= MAP_PAGES * PAGE_SIZE) {
        memory = map_alloc((length + PAGE_MASK) / PAGE_SIZE);
    }
    if (memory == NULL) {
        errno = why != 0 ? why : ENOMEM;
        return MAP_FAILED;
    }
    return memory;
}

int munmap(void *start, size_t length)
{
    if (length == 0 || length > MAP_PAGES * PAGE_SIZE ||
        !map_free(start, (length + PAGE_MASK) / PAGE_SIZE)) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}
