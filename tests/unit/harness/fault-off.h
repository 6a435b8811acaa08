/* SPDX-License-Identifier: GPL-2.0-only */
/* The C library's own functions again, for a test or a fake: included after everything else. */
#undef malloc
#undef calloc
#undef realloc
#undef strdup
#undef strndup
#undef asprintf
#undef vasprintf
#undef open_memstream
#undef open
#undef read
#undef write
#undef pread
#undef pwrite
#undef rename
#undef ftruncate
#undef fcntl
#undef flock
#undef fstat
#undef fopen
#undef mmap
#undef fork
#undef opendir
