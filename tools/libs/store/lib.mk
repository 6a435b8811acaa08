# SPDX-License-Identifier: GPL-2.0-only
# Client library of the store.
$(call library,store,again.c connection.c request.c watch.c,)
