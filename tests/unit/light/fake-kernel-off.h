/* SPDX-License-Identifier: GPL-2.0-only */
/* The C library's own functions again for a test above the fake kernel. */
#undef open
#undef close
#undef fstat
#undef ioctl
#undef flock
#undef access
#undef mkdir
#undef opendir
#undef readdir
#undef closedir
#undef fopen
#undef nanosleep
#undef if_nametoindex
#undef socket
#undef send
#undef recv
#undef posix_spawnp
#undef syscall
#undef poll
#undef kill
#undef waitpid
