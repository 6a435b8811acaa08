/* SPDX-License-Identifier: MIT */
/* tests/bench/work-stream.c as it is. */
#include "../../../tests/bench/work-stream.c"
