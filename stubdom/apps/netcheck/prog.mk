# SPDX-License-Identifier: MIT
# For tests/system/scenario_stubdom.py; it has no configuration and is not installed.
netcheck_SRCS  := main.c check.c
netcheck_PARTS := net
