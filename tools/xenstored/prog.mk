# SPDX-License-Identifier: GPL-2.0-only
# The store daemon: core (no system calls), then its back end.
$(call program,xenstored,xenstored,control.c domain.c nodes.c note.c outq.c perms.c replay.c \
    request.c save.c store.c tree.c tx.c view.c watch.c \
    journal.c journal-file.c journal-load.c journal-serving.c main.c posix.c ring.c xen.c \
    xen-connect.c xen-news.c xen-serve.c,daemon,\
    -lxenevtchn -lxengnttab -lxenforeignmemory -lxencall -lxentoollog -lxentoolcore)
