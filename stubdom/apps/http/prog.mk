# SPDX-License-Identifier: MIT
http_SRCS  := main.c
http_PARTS := net
