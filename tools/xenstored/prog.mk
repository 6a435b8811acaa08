# SPDX-License-Identifier: GPL-2.0-only
# The store daemon: core (no system calls), then its back end.
$(call program,xenstored,xenstored,control.c domain.c main.c nodes.c outq.c perms.c posix.c \
    request.c ring.c store.c tree.c tx.c view.c watch.c xen.c,,\
    -lxenevtchn -lxengnttab -lxenforeignmemory -lxencall -lxentoollog -lxentoolcore)
