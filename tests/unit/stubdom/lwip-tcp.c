/* SPDX-License-Identifier: GPL-2.0-only */
/* lwIP's TCP for the host; see lwip.c. */
#include <lwipopts.h>                   /* not by a system header, so that make knows */

#include <core/tcp.c>
#include <core/tcp_in.c>
#include <core/tcp_out.c>
