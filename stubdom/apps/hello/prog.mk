# SPDX-License-Identifier: MIT
hello_SRCS := main.c
