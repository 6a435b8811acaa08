# SPDX-License-Identifier: MIT
# For tests/system/scenario_stubdom.py; it has no configuration and is not installed.
selftest_SRCS  := main.c disks.c maps.c records.c threads.c
selftest_PARTS := disk
