/* SPDX-License-Identifier: MIT */
/* What differs from lwIP's defaults, and why. */
#ifndef STUB_LWIPOPTS_H
#define STUB_LWIPOPTS_H

/* Threads: one core thread for timers; callers work under the core lock, not by messages. */
#define NO_SYS                      0
#define LWIP_TCPIP_CORE_LOCKING     1
void net_assert_core(void);
#define LWIP_ASSERT_CORE_LOCKED()   net_assert_core()
/* Who gives the core lock up sends the segments that were held back to go together (netif.h). */
void net_unlock_core(void);
#define LOCK_TCPIP_CORE()           sys_mutex_lock(&lock_tcpip_core)
#define UNLOCK_TCPIP_CORE()         net_unlock_core()
/* Threads are not preempted and handlers of events do not call lwIP: nothing to protect from. */
#define SYS_LIGHTWEIGHT_PROT        0
#define TCPIP_THREAD_NAME           "net-core"
#define TCPIP_THREAD_STACKSIZE      16384
#define TCPIP_MBOX_SIZE             64
#define DEFAULT_THREAD_STACKSIZE    16384
#define DEFAULT_ACCEPTMBOX_SIZE     64
#define DEFAULT_TCP_RECVMBOX_SIZE   256
#define DEFAULT_UDP_RECVMBOX_SIZE   64
#define DEFAULT_RAW_RECVMBOX_SIZE   64

/* Memory comes from malloc, so that an idle stub needs little and a busy one is not limited. */
#define MEM_LIBC_MALLOC             1
#define MEMP_MEM_MALLOC             1
#define MEM_ALIGNMENT               16
#define MEMP_NUM_NETCONN            64      /* also the number of sockets */
#define LWIP_SUPPORT_CUSTOM_PBUF    1       /* received pages are handed up without a copy */
#define PBUF_POOL_SIZE              128     /* not a pool: bounds the fragments held back */

/* Protocols. */
#define LWIP_IPV4                   1
#define LWIP_IPV6                   1
#define IPV6_FRAG_COPYHEADER        1       /* pointers of 64 bits do not fit into a header */
#define LWIP_DHCP                   1
#define DHCP_DOES_ARP_CHECK         0       /* would cost seconds at the start */
#define LWIP_DNS                    1
#define LWIP_RAW                    1
#define IP_REASS_MAX_PBUFS          64      /* a datagram of 64 KiB is 45 fragments */
#define LWIP_NETIF_HOSTNAME         0

/* TCP for links without loss: the window covers what a ring of pages holds. */
#define TCP_MSS                     1460
#define LWIP_WND_SCALE              1
#define TCP_RCV_SCALE               2
#define TCP_WND                     (128 * 1024)
#define TCP_SND_BUF                 (3 * 44 * TCP_MSS)      /* long segments: long.c */
#define TCP_SND_QUEUELEN            512
#define TCP_SNDLOWAT                (32 * 1024)     /* lwIP holds it in 16 bits */
#define MEMP_NUM_TCP_SEG            512
#define TCP_LISTEN_BACKLOG          1
#define LWIP_TCP_SACK_OUT           0

/* Segments of several packets, which the back end cuts (long.c): a note for each connection. */
#define LWIP_TCP_PCB_NUM_EXT_ARGS   1
#define LWIP_HOOK_FILENAME          "net-hooks.h"

/* Checksums of TCP and UDP are the back end's work (netif.c says which, for each card). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

/* Sockets: the C library's headers and descriptors lie above (newlib/sockets.c). */
#define LWIP_SOCKET                 1
#define LWIP_COMPAT_SOCKETS         0
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_SO_RCVTIMEO            1
#define LWIP_SO_SNDTIMEO            1
#define LWIP_SO_RCVBUF              1
#define SO_REUSE                    1
#define LWIP_TCP_KEEPALIVE          1
#define LWIP_TIMEVAL_PRIVATE        0
#define LWIP_ERRNO_STDINCLUDE       1
#define SOCKLEN_T_DEFINED           1
typedef unsigned int socklen_t;

#define LWIP_STATS                  0
#define LWIP_NETIF_STATUS_CALLBACK  1       /* wakes who waits for an address */

#endif
