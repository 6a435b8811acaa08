/* SPDX-License-Identifier: MIT */
/* Sockets of a program: lwIP's types, the C library's descriptors. */
#ifndef STUB_SOCKETS_H
#define STUB_SOCKETS_H

#include <fcntl.h>
#include <sys/select.h>
#include <sys/types.h>

#include <lwip/inet.h>
#include <lwip/sockets.h>

/* As POSIX has them; a descriptor that is no socket fails with ENOTSOCK. */
int socket(int domain, int type, int protocol);
int bind(int fd, const struct sockaddr *address, socklen_t length);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *address, socklen_t *length);
int connect(int fd, const struct sockaddr *address, socklen_t length);
int shutdown(int fd, int how);
int getsockname(int fd, struct sockaddr *address, socklen_t *length);
int getpeername(int fd, struct sockaddr *address, socklen_t *length);
int getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int setsockopt(int fd, int level, int name, const void *value, socklen_t length);
ssize_t recv(int fd, void *data, size_t n, int flags);
ssize_t send(int fd, const void *data, size_t n, int flags);
ssize_t recvfrom(int fd, void *data, size_t n, int flags, struct sockaddr *from, socklen_t *length);
ssize_t sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to,
               socklen_t length);

#define inet_pton(family, text, address)       lwip_inet_pton(family, text, address)
#define inet_ntop(family, address, text, size) lwip_inet_ntop(family, address, text, size)

#endif
