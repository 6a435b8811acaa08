/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of a console daemon in unit tests: see console-world.h. */
#include "console-world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/fault-off.h"

struct daemon d;
struct xencons_interface *page;
int64_t clock_ms;
char tty_name[64], log_dir[64];
const char *type;
uint64_t limit;
int watches;
int port_reads = -1;

/* --- stand-ins for store and clock --- */

static bool fails(void)
{
    bool hit = fake_fails != NULL && fake_fails();

    errno = hit ? ENOMEM : errno;
    return hit;
}

/* --- nodes of domain 1's channel 1 --- */

#define FRONT "/local/domain/1/device/console/1"
#define BACK  CHANNELS_PATH "/1/1"

static struct { char path[100], value[256]; } nodes[16];

static const char *expand(const char *node)
{
    static char path[100];

    snprintf(path, sizeof(path), "%s%s", strncmp(node, "back", 4) == 0 ? BACK : FRONT,
             node + strcspn(node, "/"));
    return path;
}

static const char *node_at(const char *path)
{
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        if (strcmp(nodes[i].path, path) == 0) {
            return nodes[i].value;
        }
    }
    return NULL;
}

static void set_node(const char *path, const char *value)
{
    char *old = (char *)node_at(path);

    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        if (old == NULL && value != NULL && nodes[i].path[0] == '\0') {
            snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
            old = nodes[i].value;
        } else if (value == NULL && strncmp(nodes[i].path, path, strlen(path)) == 0) {
            nodes[i].path[0] = '\0';
        }
    }
    if (value != NULL) {
        snprintf(old, sizeof(nodes[0].value), "%s", value);
    }
}

void world_set(const char *node, const char *value)
{
    set_node(expand(node), value);
}

const char *world_get(const char *node)
{
    return node_at(expand(node));
}

int world_state(void)
{
    const char *state = world_get("back/state");

    return state != NULL ? atoi(state) : 0;
}

/* Weak: a test of the whole program has the program's. */
__attribute__((weak)) int64_t now_ms(void)
{
    return clock_ms;
}

int xyl_store_read_uint(struct xyl_store *s, xyl_store_tx tx, const char *path, uint64_t *value)
{
    unsigned int domid = (unsigned int)strtoul(path + strlen("/local/domain/"), NULL, 10);

    (void)s;
    (void)tx;
    if (fails()) {
        return -ENOMEM;
    }
    if (node_at(path) != NULL) {
        char *stop;

        *value = strtoull(node_at(path), &stop, 10);
        return *stop == '\0' && stop != node_at(path) ? 0 : -EINVAL;
    }
    if (strstr(path, "/device/") != NULL || strstr(path, "/backend/") != NULL) {
        return -ENOENT;
    }
    if (strstr(path, "/console/ring-ref") != NULL) {
        *value = 0x1000 + domid;
    } else if (strstr(path, "/console/port") != NULL && port_reads != 0) {
        port_reads -= port_reads > 0;
        *value = 7;
    } else if (strstr(path, "/console/limit") != NULL) {
        *value = limit;
    } else {
        return -ENOENT;
    }
    return 0;
}

char *xyl_store_read(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *len)
{
    (void)s;
    (void)tx;
    (void)len;
    if (fails()) {
        return NULL;
    }
    if (node_at(path) != NULL) {
        return strdup(node_at(path));
    }
    if (strstr(path, "/name") != NULL) {
        return strdup("../evil");
    }
    errno = ENOENT;
    return type != NULL && strstr(path, "/console/type") != NULL ? strdup(type) : NULL;
}

int xyl_store_write_str(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *value)
{
    (void)s;
    (void)tx;
    if (fails()) {
        return -ENOMEM;
    }
    if (strcmp(path, "/local/domain/1/console/tty") == 0) {
        snprintf(tty_name, sizeof(tty_name), "%s", value);
    } else {
        set_node(path, value);
    }
    return 0;
}

/* One channel, or none. */
char **xyl_store_directory(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *nr)
{
    char **names;

    (void)s;
    (void)tx;
    (void)path;
    if (fails()) {
        return NULL;
    }
    if (world_get("back/state") == NULL) {
        errno = ENOENT;
        return NULL;
    }
    names = calloc(1, 2 * sizeof(*names) + 2);
    if (names != NULL) {
        names[0] = memcpy(names + 2, "1", 2);
        *nr = 1;
    }
    return names;
}

int xyl_store_transact(struct xyl_store *s,
                       int (*fn)(struct xyl_store *s, xyl_store_tx tx, void *arg), void *arg)
{
    return fn(s, 1, arg);
}

int xyl_store_watch(struct xyl_store *s, const char *path, const char *token)
{
    (void)s;
    (void)path;
    (void)token;
    if (fails()) {
        return -ENOMEM;
    }
    watches++;
    return 0;
}

int xyl_store_unwatch(struct xyl_store *s, const char *path, const char *token)
{
    (void)s;
    (void)path;
    (void)token;
    watches--;
    return 0;
}

/* --- the world of a test --- */

void begin(void)
{
    fake_reset();
    signal(SIGPIPE, SIG_IGN);           /* as the daemon does */
    memset(nodes, 0, sizeof(nodes));
    fake_grant_ref = 0;
    type = "xenconsoled";
    limit = 4000;
    tty_name[0] = '\0';
    clock_ms = 1000;
    watches = 0;
    snprintf(log_dir, sizeof(log_dir), "/tmp/xylem-test-console-%d", (int)getpid());
    d = (struct daemon){ .epoll = epoll_create1(0), .evtchn = xenevtchn_open(NULL, 0),
                         .gnttab = xengnttab_open(NULL, 0), .fmem = xenforeignmemory_open(NULL, 0),
                         .call = xencall_open(NULL, 0), .discard = true, .log_dir = log_dir };
    fake_domain[1].page = page = calloc(1, sizeof(*page));
    fake_domain[1].alive = true;
}

struct guest *appear(void)
{
    domains_scan(&d);
    if (guest_find(&d, 1) != NULL) {
        guest_update(&d, guest_find(&d, 1));
    }
    return guest_find(&d, 1);
}

bool end(void)
{
    bool good = true;

    for (int i = 0; i < FAKE_DOMAINS; i++) {
        fake_domain[i].alive = false;
    }
    domains_scan(&d);
    clock_ms += LINGER_MS;
    guest_sweep(&d, clock_ms);
    good = d.guests == NULL && watches == 0;
    for (int i = 0; i < FAKE_DOMAINS; i++) {
        good = good && fake_domain[i].mapped == 0;
    }
    free(d.by_port);
    xenevtchn_close(d.evtchn);
    close(d.epoll);
    fake_reset();
    return good;
}

void guest_prints(const char *text)
{
    for (; *text != '\0'; text++) {
        page->out[MASK_XENCONS_IDX(page->out_prod++, page->out)] = *text;
    }
}

int open_tty(void)
{
    return open(tty_name, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

const char *tty_text(int fd, int wait_ms)
{
    static char text[8192];
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    ssize_t n = poll(&pfd, 1, wait_ms) > 0 ? read(fd, text, sizeof(text) - 1) : 0;

    text[n > 0 ? n : 0] = '\0';
    return text;
}

void pump_ttys(void)
{
    struct epoll_event ev[8];
    int n = epoll_wait(d.epoll, ev, 8, 100);

    for (int i = 0; i < n; i++) {
        ((struct source *)ev[i].data.ptr)->ready(&d, ev[i].data.ptr, ev[i].events);
    }
}

void wait_for_output(const struct guest *g)
{
    for (int i = 0; i < 5000 && tty_unread(g) == 0; i++) {
        usleep(1000);
    }
}
