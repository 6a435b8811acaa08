# SPDX-License-Identifier: MIT
# For tests/bench; it has no configuration and is not installed.
stream_SRCS  := main.c stream.c
stream_PARTS := net
