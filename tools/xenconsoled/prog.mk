# SPDX-License-Identifier: GPL-2.0-only
# The console daemon.
$(call program,xenconsoled,xenconsoled,buffer.c channel.c connect.c domains.c guest.c log.c main.c ring.c say.c socket.c tty.c,store daemon,\
    -lxenevtchn -lxengnttab -lxenforeignmemory -lxencall -lxentoollog -lxentoolcore)
