/* SPDX-License-Identifier: GPL-2.0-only */
/* A request that kills the daemon each time is refused after a few deaths; others are served. */
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-xen.h"
#include "folder.h"
#include "harness.h"
#include "journal.h"

#define POISON "poison"
#define DEADLY "deadly"
#define LIVES  8

static struct xenstore_domain_interface *page; /* shared, as the guest outlives the daemon */
static struct server s;
static bool write_deadly, other_dies;
static char folder[64];

void server_log(const char *fmt, ...)
{
    (void)fmt;
}

void __real_store_message(struct store *st, struct conn *c, const struct xsd_sockmsg *hdr,
                          char *payload);
void __wrap_store_message(struct store *st, struct conn *c, const struct xsd_sockmsg *hdr,
                          char *payload);

void __wrap_store_message(struct store *st, struct conn *c, const struct xsd_sockmsg *hdr,
                          char *payload)
{
    if (hdr->type == XS_READ && strcmp(payload, POISON) == 0) {
        kill(getpid(), SIGKILL);
    }
    __real_store_message(st, c, hdr, payload);
}

/* Of the replayed records the one with the poison kills too, once it is there. */
int __real_store_replay(struct store *st, struct store_loader *l, const char *data, size_t len);
int __wrap_store_replay(struct store *st, struct store_loader *l, const char *data, size_t len);

int __wrap_store_replay(struct store *st, struct store_loader *l, const char *data, size_t len)
{
    if (memmem(data, len, DEADLY, strlen(DEADLY)) != NULL) {
        kill(getpid(), SIGKILL);
    }
    return __real_store_replay(st, l, data, len);
}

static void put(const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        page->req[MASK_XENSTORE_IDX(page->req_prod++)] = ((const char *)data)[i];
    }
}

static void request(uint32_t type, uint32_t id, const char *arg)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = id, .len = (uint32_t)strlen(arg) + 1 };

    put(&hdr, sizeof(hdr));
    put(arg, hdr.len);
}

/* The payload of the next message, which answers request @id; NULL if there is none. */
static const char *reply(uint32_t id, uint32_t *type)
{
    static char text[256];
    struct xsd_sockmsg hdr;

    if (page->rsp_prod - page->rsp_cons < sizeof(hdr)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(hdr); i++) {
        ((char *)&hdr)[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
    }
    for (size_t i = 0; i < hdr.len && i < sizeof(text); i++) {
        text[i] = page->rsp[MASK_XENSTORE_IDX(page->rsp_cons++)];
    }
    *type = hdr.type;
    return hdr.req_id == id ? text : NULL;
}

/* Domain 0 introduces the guest and, where the journal is to be deadly, writes that. */
static void introduce(void)
{
    struct conn *c = store_connect(s.st, 0, false, NULL);
    char args[] = "1\0004097\0009", value[] = "/x\0" DEADLY;
    struct xsd_sockmsg hdr = { .type = XS_INTRODUCE, .len = sizeof(args) };

    store_message(s.st, c, &hdr, args);
    if (write_deadly) {
        hdr = (struct xsd_sockmsg){ .type = XS_WRITE, .len = sizeof(value) - 1 };
        store_message(s.st, c, &hdr, value);
    }
    journal_commit(&s);
    store_disconnect(s.st, c);
    server_flush(&s);
}

/* The guest may hear of deaths; there is one, and in the same turn it sends what is deadly. */
static void death_of_another(void)
{
    struct conn *c = store_connect(s.st, 0, false, NULL);
    char perms[] = "@releaseDomain\0r0", args[] = "2\0004098\0009";
    struct xsd_sockmsg hdr = { .type = XS_SET_PERMS, .len = sizeof(perms) };

    store_message(s.st, c, &hdr, perms);
    hdr = (struct xsd_sockmsg){ .type = XS_INTRODUCE, .len = sizeof(args) };
    fake_domain[2].alive = true;
    store_message(s.st, c, &hdr, args);
    store_disconnect(s.st, c);
    server_flush(&s);
    server_step(&s, 0); /* it watches */
    request(XS_READ, 2, POISON);
    fake_domain[2].alive = false;
    fake_event(fake_virq_port);
    fake_event(fake_port_of(1));
}

/* One daemon: until it is killed, or has nothing more to do. */
static void life(void)
{
    fake_reset();
    fake_domain[1].page = page;
    fake_domain[1].alive = true;
    fake_domain[2].page = calloc(1, sizeof(*page));
    if (server_open(&s, &store_default_limits, 7) != 0 || journal_open(&s, folder) != 0 ||
        xen_open(&s) != 0) {
        _exit(3);
    }
    xen_resume(&s);
    if (fake_port_of(1) < 0) {
        if (page->rsp_prod != 0) {
            _exit(4); /* its connection was lost */
        }
        introduce();
        if (other_dies) {
            death_of_another();
        }
    }
    for (int i = 0; i < 20; i++) {
        server_step(&s, 0);
    }
    server_close(&s);
    _exit(0);
}

static int status;

static bool killed(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        life();
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void begin_lives(void)
{
    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    snprintf(folder, sizeof(folder), "/dev/shm/xylem-test-poison-%d", (int)getpid());
    folder_remove(folder);
}

TEST(a_request_that_kills_each_time)
{
    unsigned int deaths = 0;
    uint32_t type = 0;

    begin_lives();
    request(XS_GET_DOMAIN_PATH, 1, "1");
    request(XS_READ, 2, POISON);
    request(XS_GET_DOMAIN_PATH, 3, "3");
    while (deaths < LIVES && killed()) {
        deaths++;
    }
    EXPECT(deaths == 3);
    EXPECT(strcmp(reply(1, &type) ?: "none", "/local/domain/1") == 0);
    EXPECT(strcmp(reply(2, &type) ?: "none", "EIO") == 0 && type == XS_ERROR);
    EXPECT(strcmp(reply(3, &type) ?: "none", "/local/domain/3") == 0);
    EXPECT(page->rsp_prod == page->rsp_cons && page->req_prod == page->req_cons);
    folder_remove(folder);
    munmap(page, sizeof(*page));
}

/* Nothing is sent that the journal does not know of. */
TEST(an_event_that_is_sent_in_a_deadly_turn)
{
    unsigned int deaths = 0;
    uint32_t type = 0;

    begin_lives();
    put(&(struct xsd_sockmsg){ .type = XS_WATCH, .req_id = 1, .len = 17 }, 16);
    put("@releaseDomain\0t", 17);
    other_dies = true;
    while (deaths < LIVES && killed()) {
        deaths++;
    }
    other_dies = false;
    EXPECT(deaths == 3);
    EXPECT(strcmp(reply(1, &type) ?: "none", "OK") == 0);
    EXPECT(reply(0, &type) != NULL && type == XS_WATCH_EVENT);
    EXPECT(reply(0, &type) != NULL && type == XS_WATCH_EVENT);
    EXPECT(strcmp(reply(2, &type) ?: "none", "EIO") == 0 && type == XS_ERROR);
    EXPECT(page->rsp_prod == page->rsp_cons && page->req_prod == page->req_cons);
    EXPECT(page->error == XENSTORE_ERROR_NONE);
    folder_remove(folder);
    munmap(page, sizeof(*page));
}

/* A daemon whose journal kills it each time says so, and the next one begins anew. */
TEST(a_record_that_kills_each_time)
{
    unsigned int deaths = 0;

    begin_lives();
    write_deadly = true;
    EXPECT(!killed() && status == 0);               /* it is in the journal */
    write_deadly = false;
    while (deaths < LIVES && killed()) {
        deaths++;
    }
    EXPECT(deaths == DEATHS_MAX);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    EXPECT(!killed() && status == 0);               /* with an empty store */
    folder_remove(folder);
    munmap(page, sizeof(*page));
}

/* What is killed from outside is no poison: another request is in the way each time. */
TEST(deaths_of_different_requests_do_not_add_up)
{
    struct journal j = { .lock = -1 };
    struct server server = { .journal = &j };

    snprintf(folder, sizeof(folder), "/dev/shm/xylem-test-poison-%d", (int)getpid());
    strcpy(j.dir, folder);
    mkdir(folder, 0700);
    CHECK_EQ(serving_open(&j), 0);
    journal_discard(&j);        /* while it cannot be kept: the note goes on */
    CHECK_EQ(journal_serving(&server, 1, 9), 0);
    serving_close(&j);
    CHECK_EQ(serving_open(&j), 0);
    EXPECT(journal_suspects(&server, 1));
    CHECK_EQ(journal_serving(&server, 1, 9), 1);
    journal_served(&server);
    serving_close(&j);
    for (uint32_t i = 0; i < 6; i++) {
        CHECK_EQ(serving_open(&j), 0);
        EXPECT(journal_suspects(&server, 1) == (i > 0));
        EXPECT(!journal_suspects(&server, 0) && !journal_suspects(&server, 2));
        CHECK_EQ(journal_serving(&server, 2, 5), 0);
        journal_served(&server);
        CHECK_EQ(journal_serving(&server, 1, i / 2), i % 2);
        serving_close(&j);
    }
    folder_remove(folder);
}

TEST_MAIN
