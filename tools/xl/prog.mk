# SPDX-License-Identifier: GPL-2.0-only
# xl, and the small program that start-up scripts run once the store is there.
XL_LIBS := util light guest ctrl store
$(call program,xl,xl,main.c verbs.c log.c numbers.c complete.c conf.c config.c create.c block.c network.c channel.c screen.c process.c \
    control.c tune.c pin.c sched.c list.c lists.c vcpus.c info.c console.c names.c top.c top-rows.c \
    stat.c stat-fields.c metrics.c,$(XL_LIBS),)
$(call program,xen-init-dom0,xl,init-dom0.c,light guest ctrl store,)
