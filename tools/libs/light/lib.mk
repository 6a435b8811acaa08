# SPDX-License-Identifier: GPL-2.0-only
# A domain's life: create, watch, shut down, destroy.
$(call library,light,config.c uuid-cpus.c context.c find.c userdata.c nodes.c create.c end.c keep.c around.c,guest ctrl store)
