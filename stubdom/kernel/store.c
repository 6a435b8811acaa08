/* SPDX-License-Identifier: MIT */
/* The xenstore client: who waits for which answer, which watch has fired. */
#include <stub/domain.h>
#include <stub/event.h>
#include <stub/mm.h>
#include <stub/print.h>
#include <stub/store-wire.h>
#include <stub/store.h>

/* One request, on the stack of the thread that waits for its answer. */
struct request {
    struct list link;
    uint32_t id;
    char *buf;
    size_t size;
    int result;
    bool done;
    struct wait_queue queue;
};

/* What the body of a request is made of. */
struct part {
    const void *data;
    size_t len;
};

static struct store_ring ring;
static struct store_reader reader;
static evtchn_port_t port;
static struct list requests = LIST_INIT(requests), watches = LIST_INIT(watches);
static struct mutex sending = MUTEX_INIT(sending);      /* messages go out one after another */
static struct wait_queue room = WAIT_QUEUE_INIT(room);
static uint32_t last_id;
static unsigned int last_token;
static char home[64];

static size_t length(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0') {
        n++;
    }
    return n;
}

static void finish(struct request *request, int result)
{
    list_remove(&request->link);
    request->result = result;
    request->done = true;
    wake_all(&request->queue);
}

/* The connection is of no use any more: nobody waits for it in vain. */
static void give_up(void)
{
    while (!list_empty(&requests)) {
        finish(list_entry(requests.next, struct request, link), -XEN_EIO);
    }
    list_for_each (link, &watches) {
        wake_all(&list_entry(link, struct store_watch, link)->queue);
    }
    wake_all(&room);
}

static void answer(const struct xsd_sockmsg *header, const char *body)
{
    list_for_each (link, &requests) {
        struct request *request = list_entry(link, struct request, link);

        if (request->id != header->req_id) {
            continue;
        }
        if (header->type == XS_ERROR) {
            finish(request, store_error(body));
        } else if (request->buf != NULL && header->len >= request->size) {
            finish(request, -XEN_E2BIG);
        } else {
            for (size_t i = 0; request->buf != NULL && i <= header->len; i++) {
                request->buf[i] = body[i];
            }
            finish(request, (int)header->len);
        }
        return;
    }
}

static void watch_event(const char *body, size_t len)
{
    unsigned int token;

    if (!store_event_token(body, len, &token)) {
        return;
    }
    list_for_each (link, &watches) {
        struct store_watch *watch = list_entry(link, struct store_watch, link);

        if (watch->token == token) {
            watch->fired = true;
            wake_all(&watch->queue);
        }
    }
}

static void store_event(void *arg)
{
    bool any = false;
    int rc;

    (void)arg;
    while ((rc = store_reader_fill(&reader, &ring)) > 0) {
        any = true;
        if (reader.header.type == XS_WATCH_EVENT) {
            watch_event(reader.body, reader.header.len);
        } else {
            answer(&reader.header, reader.body);
        }
    }
    if (rc < 0) {
        give_up();
    }
    if (any || reader.got > 0) {
        event_send(port);               /* there is room for more */
    }
    wake_all(&room);
}

static int send_bytes(const void *data, size_t n)
{
    while (n > 0) {
        size_t done = store_ring_put(&ring, data, n);

        if (ring.broken) {
            return -XEN_EIO;
        }
        data = (const char *)data + done;
        n -= done;
        if (n > 0) {
            event_send(port);
            (void)wait_on(&room, FOREVER);
        }
    }
    return 0;
}

static int send_message(const struct xsd_sockmsg *header, const struct part *parts, unsigned int nr)
{
    int rc;

    mutex_lock(&sending);
    rc = send_bytes(header, sizeof(*header));
    for (unsigned int i = 0; i < nr && rc == 0; i++) {
        rc = send_bytes(parts[i].data, parts[i].len);
    }
    mutex_unlock(&sending);
    event_send(port);
    return rc;
}

/* Send a request and wait for its answer, which goes to @buf with a NUL behind it. */
static int transact(uint32_t type, uint32_t tx, const struct part *parts, unsigned int nr,
                    struct part reply)
{
    struct request request = { .id = ++last_id, .buf = (char *)reply.data, .size = reply.len };
    struct xsd_sockmsg header = { .type = type, .req_id = request.id, .tx_id = tx };
    int rc;

    for (unsigned int i = 0; i < nr; i++) {
        header.len += (uint32_t)parts[i].len;
    }
    if (ring.shared == NULL || ring.broken) {
        return -XEN_EIO;
    }
    if (header.len > XENSTORE_PAYLOAD_MAX) {
        return -XEN_E2BIG;
    }
    wait_queue_init(&request.queue);
    list_init(&request.link);
    list_insert(&requests, &request.link);
    rc = send_message(&header, parts, nr);
    if (rc != 0) {
        list_remove(&request.link);
        give_up();                      /* no event may come to tell the others */
        return rc;
    }
    while (!request.done) {
        (void)wait_on(&request.queue, FOREVER);
    }
    return request.result;
}

static struct part string(const char *s)
{
    return (struct part){ s, length(s) + 1 };
}

static const struct part nothing = { NULL, 0 };

int store_read(uint32_t tx, const char *path, char *value, size_t size)
{
    struct part parts[] = { string(path) };

    return transact(XS_READ, tx, parts, 1, (struct part){ value, size });
}

int store_read_number(uint32_t tx, const char *path, uint64_t *number)
{
    char text[24];
    int rc = store_read(tx, path, text, sizeof(text));

    if (rc < 0) {
        return rc;
    }
    *number = 0;
    for (int i = 0; i < rc; i++) {
        if (text[i] < '0' || text[i] > '9' || *number > UINT64_MAX / 10 - 1) {
            return -XEN_EINVAL;
        }
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return rc > 0 ? 0 : -XEN_EINVAL;
}

int store_write(uint32_t tx, const char *path, const char *value)
{
    struct part parts[] = { string(path), { value, length(value) } };
    int rc = transact(XS_WRITE, tx, parts, 2, nothing);

    return rc > 0 ? 0 : rc;
}

int store_write_number(uint32_t tx, const char *path, uint64_t number)
{
    char text[24];

    (void)stub_snprintf(text, sizeof(text), "%lu", number);
    return store_write(tx, path, text);
}

int store_remove(uint32_t tx, const char *path)
{
    struct part parts[] = { string(path) };
    int rc = transact(XS_RM, tx, parts, 1, nothing);

    return rc > 0 ? 0 : rc;
}

int store_list(uint32_t tx, const char *path, char *names, size_t size)
{
    struct part parts[] = { string(path) };

    return transact(XS_DIRECTORY, tx, parts, 1, (struct part){ names, size });
}

int store_start(uint32_t *tx)
{
    char text[24];
    struct part parts[] = { string("") };
    int rc = transact(XS_TRANSACTION_START, 0, parts, 1, (struct part){ text, sizeof(text) });

    *tx = 0;
    for (int i = 0; i < rc && text[i] >= '0' && text[i] <= '9'; i++) {
        *tx = *tx * 10 + (uint32_t)(text[i] - '0');
    }
    return rc < 0 ? rc : *tx != 0 ? 0 : -XEN_EIO;
}

int store_end(uint32_t tx, bool commit)
{
    struct part parts[] = { string(commit ? "T" : "F") };
    int rc = transact(XS_TRANSACTION_END, tx, parts, 1, nothing);

    return rc > 0 ? 0 : rc;
}

const char *store_home(void)
{
    return home;
}

static int watch_request(uint32_t type, const struct store_watch *watch)
{
    char token[16];
    struct part parts[2];
    int rc;

    (void)stub_snprintf(token, sizeof(token), "%u", watch->token);
    parts[0] = string(watch->path);
    parts[1] = string(token);
    rc = transact(type, 0, parts, 2, nothing);
    return rc > 0 ? 0 : rc;
}

int store_watch(struct store_watch *watch, const char *path)
{
    int rc;

    if (stub_snprintf(watch->path, sizeof(watch->path), "%s", path) >= (int)sizeof(watch->path)) {
        return -XEN_E2BIG;
    }
    watch->fired = false;
    watch->token = ++last_token;
    wait_queue_init(&watch->queue);
    list_init(&watch->link);
    list_insert(&watches, &watch->link);
    rc = watch_request(XS_WATCH, watch);
    if (rc != 0) {
        list_remove(&watch->link);
    }
    return rc;
}

int store_unwatch(struct store_watch *watch)
{
    list_remove(&watch->link);
    return watch_request(XS_UNWATCH, watch);
}

int store_watch_wait(struct store_watch *watch, uint64_t deadline)
{
    while (!watch->fired) {
        int rc = wait_on(&watch->queue, deadline);

        if (ring.broken) {
            return -XEN_EIO;
        }
        if (rc != 0 && !watch->fired) {
            return rc;
        }
    }
    watch->fired = false;
    return 0;
}

int store_init(void)
{
    char id[16];
    int rc;

    if (start_info->store_mfn == 0 || (start_info->flags & SIF_INITDOMAIN) != 0) {
        return -XEN_ENODEV;
    }
    store_ring_init(&ring, mfn_to_va(start_info->store_mfn));
    reader.got = 0;
    port = start_info->store_evtchn;
    rc = event_listen(port, store_event, NULL);
    if (rc == 0) {
        rc = store_read(0, "domid", id, sizeof(id));
    }
    if (rc >= 0) {
        (void)stub_snprintf(home, sizeof(home), "/local/domain/%s", id);
    }
    return rc < 0 ? rc : 0;
}
