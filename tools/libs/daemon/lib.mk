# SPDX-License-Identifier: GPL-2.0-only
# What every daemon does at its start.
$(call library,daemon,daemon.c keep.c wait.c,)
