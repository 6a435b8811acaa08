/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that dies at any call leaves nothing that the next one does not put right. */
#include "harness.h"
#include "fake-host.h"
#include "light-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sanitizer/lsan_interface.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <public/sched.h>

static struct xyl_domain_config config;
static struct xyl_err err;
static uint32_t domid;
static char state_dir[64], lock_dir[64];

static char *to_text(const struct xyl_domain_config *c)
{
    return strdup(c->name);
}

static void begin(void)
{
    snprintf(state_dir, sizeof(state_dir), "/tmp/xyl-state-%d", (int)getpid());
    snprintf(lock_dir, sizeof(lock_dir), "/tmp/xyl-lock-%d", (int)getpid());
    light_state_dir = state_dir;
    light_lock_dir = lock_dir;
    host_reset();
    xyl_err_clear(&err);
    xyl_domain_config_dispose(&config);
    config.name = strdup("guest");
    config.kernel = strdup("/k");
    config.memory_mib = 64;
    config.vcpus = 1;
    config.maxvcpus = 1;
    config.vfbs = calloc(1, sizeof(*config.vfbs));
    config.nr_vfbs = 1;
    xyl_vfb_init(&config.vfbs[0]);
    host.wait = host_backends;
    xyl_domain_config_check(&config, &err);
}

static void end(void)
{
    xyl_domain_config_dispose(&config);
    store_reset();
    rmdir(state_dir);
    rmdir(lock_dir);
}

static size_t files(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t nr = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        nr += entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return nr;
}

static bool all_gone(void)
{
    return host_domains() == 0 && hotplug.qemus == 0 && files(state_dir) == 0 &&
           files(lock_dir) == 0 &&
           store_count("/local/domain") + store_count("/vm") + store_count("/libxl") == 0;
}

/* The whole of `xl create`, and of `xl destroy`. */
static int create(struct xyl_light *light)
{
    int rc = xyl_domain_create(light, &config, to_text, &domid, &err);

    if (rc == 0) {
        rc = xyl_domain_unpause(light, domid, &err);
        xyl_domain_created(light);
    }
    return rc;
}

static int destroy(struct xyl_light *light)
{
    return xyl_domain_destroy(light, domid, &err);
}

/* Run @what in a context of its own and die at its @call-th call; false: it ended before that. */
static bool dies(int (*what)(struct xyl_light *light), unsigned int call)
{
    struct xyl_light *volatile light = xyl_light_new(NULL, NULL);
    bool died = true;

    /* The dead free nothing: that is no leak of ours. */
    __lsan_disable();
    host.die_at = call;
    if (setjmp(host.death) == 0) {
        what(light);
        died = false;
    }
    host.die_at = 0;
    __lsan_enable();
    xyl_light_free(light);
    return died;
}

static void recover(void)
{
    struct xyl_light *light = xyl_light_new(NULL, NULL);

    CHECK_EQ(xyl_light_recover(light, &err), 0);
    xyl_light_free(light);
}

TEST(whenever_create_dies_nothing_remains)
{
    unsigned int call = 1;

    for (;; call++) {
        begin();
        if (!dies(create, call)) {
            break;
        }
        recover();
        if (host_domains() == 1) {
            /* All was done but for the last step; then the domain is whole. */
            CHECK_EQ(files(state_dir), 1);
            CHECK_EQ(host.paused, 0);
            CHECK(!dies(destroy, 0));
        }
        CHECK(all_gone());
        end();
    }
    CHECK(call > 50);
    CHECK_EQ(host_domains(), 1);
    CHECK(!dies(destroy, 0));
    CHECK(all_gone());
    end();
}

TEST(whenever_destroy_dies_it_is_finished)
{
    bool more = true;

    for (unsigned int call = 1; more; call++) {
        begin();
        CHECK(!dies(create, 0));
        more = dies(destroy, call);
        recover();
        if (host_domains() == 1) {
            /* It had not begun. */
            CHECK_EQ(files(lock_dir), 0);
            CHECK(!dies(destroy, 0));
        }
        CHECK(all_gone());
        end();
    }
}

/* ------------------------------------------------------------ calls that fail */

static int rename_it(struct xyl_light *light)
{
    return xyl_domain_rename(light, domid, "other", &err);
}

static int set_vcpus(struct xyl_light *light)
{
    return xyl_domain_set_vcpus(light, domid, 1, &err);
}

static int set_memory(struct xyl_light *light)
{
    return xyl_domain_set_memory(light, domid, 32768, &err);
}

static int set_max_memory(struct xyl_light *light)
{
    return xyl_domain_set_max_memory(light, domid, 65536, &err);
}

static int sysrq(struct xyl_light *light)
{
    return xyl_domain_sysrq(light, domid, 'h', &err);
}

static int unpause(struct xyl_light *light)
{
    return xyl_domain_unpause(light, domid, &err);
}

static int keep_config(struct xyl_light *light)
{
    return xyl_domain_config_keep(light, domid, &config, to_text, &err);
}

static int leave_unwatched(struct xyl_light *light)
{
    return xyl_domain_leave_unwatched(light, domid, &err);
}

static int locked(struct xyl_light *light)
{
    int rc = xyl_domain_lock(light, domid, &err);

    xyl_domain_unlock(light);
    return rc;
}

static bool guest_takes_request(void)
{
    char path[100];

    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    store_set(path, "");
    return true;
}

static int request(struct xyl_light *light)
{
    host.wait = guest_takes_request;
    return xyl_domain_request(light, domid, "poweroff", &err);
}

/* Each call of each path fails once: one line of explanation, no lock, and the guest lives. */
TEST(whatever_fails_is_explained_and_lets_go)
{
    static int (*const paths[])(struct xyl_light *light) = {
        rename_it, set_vcpus, set_memory, set_max_memory, sysrq, unpause, keep_config,
        leave_unwatched, locked, request, destroy,
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        unsigned int call = 0;
        int rc;

        do {
            struct xyl_light *light = xyl_light_new(NULL, NULL);

            begin();
            CHECK(!dies(create, 0));
            xyl_err_clear(&err);
            host.fail_at = host.calls + ++call;
            rc = paths[i](light);
            host.fail_at = 0;
            CHECK((rc < 0) == (err.text[0] != '\0'));
            CHECK_EQ(files(lock_dir), 0);
            CHECK(rc == 0 || host_domains() == 1);
            xyl_light_free(light);
            if (host_domains() == 1) {
                CHECK(!dies(destroy, 0));
            }
            CHECK(all_gone());
            end();
        } while (rc < 0 && call < 100);
        CHECK(rc == 0);
        CHECK(call > 1);
    }
}

/* ------------------------------------------------------------ owners */

/* The next who wants the name need not wait for somebody to recover first. */
TEST(a_dead_owner_s_lock_is_taken_over)
{
    begin();
    CHECK(dies(create, 30));
    config.uuid_given = false;
    CHECK(!dies(create, 0));
    CHECK_EQ(host_domains(), 1);
    CHECK(!dies(destroy, 0));
    recover();
    CHECK(all_gone());
    end();
}

/* A lock that a living process holds is left alone, and waited for. */
TEST(a_living_owner_is_waited_for)
{
    struct xyl_light *light = xyl_light_new(NULL, NULL);
    int ready[2], go[2], status;
    pid_t pid;
    char c;

    begin();
    CHECK(pipe(ready) == 0 && pipe(go) == 0);
    pid = fork();
    if (pid == 0) {
        struct xyl_light *theirs = xyl_light_new(NULL, NULL);
        int rc = light_lock(theirs, "guest", NULL);

        rc |= light_record(theirs, 77, (const uint8_t *)"0123456789abcdef", NULL);
        rc |= write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 1;
        light_unlock(theirs);
        _exit(rc != 0);
    }
    CHECK_EQ(read(ready[0], &c, 1), 1);
    recover();
    CHECK_EQ(files(lock_dir), 1);
    CHECK_EQ(write(go[1], "g", 1), 1);
    CHECK_EQ(light_lock(light, "guest", &err), 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    light_unlock(light);
    CHECK_EQ(files(lock_dir), 0);
    xyl_light_free(light);
    end();
}

/* Else the one who makes it finds it watched already, or watched although nobody shall. */
TEST(who_makes_a_domain_says_who_watches_over_it)
{
    struct xyl_light *light = xyl_light_new(NULL, NULL);
    int ready[2], go[2], status;
    bool unwatched;
    pid_t pid;
    char c;

    begin();
    CHECK(!dies(create, 0));
    CHECK(pipe(ready) == 0 && pipe(go) == 0);
    pid = fork();
    if (pid == 0) {
        struct xyl_light *theirs = xyl_light_new(NULL, NULL);
        int rc = light_lock(theirs, "guest", NULL);

        rc |= write(ready[1], "r", 1) != 1 || read(go[0], &c, 1) != 1;
        light_unlock(theirs);
        _exit(rc != 0);
    }
    CHECK_EQ(read(ready[0], &c, 1), 1);
    unwatched = xyl_domain_unwatched(light, &host.domains[1]);
    CHECK_EQ(write(go[1], "g", 1), 1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(!unwatched);
    CHECK(xyl_domain_unwatched(light, &host.domains[1]));
    /* Our own lock is no other's, and is not lost by looking. */
    CHECK_EQ(light_lock(light, "guest", &err), 0);
    CHECK(xyl_domain_unwatched(light, &host.domains[1]));
    pid = fork();
    if (pid == 0) {
        _exit(!light_locked_by_other(xyl_light_new(NULL, NULL), domid));
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    xyl_light_free(light);
    CHECK(!dies(destroy, 0));
    CHECK(all_gone());
    end();
}

TEST(strange_files_are_no_records)
{
    char path[160];
    FILE *file;

    begin();
    CHECK(!dies(create, 0));
    snprintf(path, sizeof(path), "%s/guest-odd", lock_dir);
    file = fopen(path, "w");
    CHECK(file != NULL);
    fprintf(file, "00000000-0000-0000-0000-000000000000 0\n");
    fclose(file);
    snprintf(path, sizeof(path), "%s/guest-torn", lock_dir);
    file = fopen(path, "w");
    CHECK(file != NULL);
    fprintf(file, "0000000");
    fclose(file);
    recover();
    CHECK_EQ(host_domains(), 1);
    CHECK_EQ(files(lock_dir), 0);
    CHECK(!dies(destroy, 0));
    CHECK(all_gone());
    end();
}

/* The domain of the same UUID before it is not taken for the one that was half-made. */
TEST(whenever_create_dies_behind_a_dying_one_nothing_remains)
{
    for (unsigned int call = 1; ; call++) {
        begin();
        CHECK(!dies(create, 0));
        host.lingers = true;
        CHECK(!dies(destroy, 0));
        host.lingers = false;
        if (!dies(create, call)) {
            break;
        }
        recover();
        CHECK_EQ(host.domains[1].flags & XEN_DOMINF_dying, XEN_DOMINF_dying);
        if (host_domains() == 2 && files(state_dir) == 1) {
            CHECK(!dies(destroy, 0));   /* all was done but for the last step */
        }
        host.domains[1].tot_pages = 0;
        CHECK(all_gone());
        end();
    }
    CHECK(!dies(destroy, 0));
    host.domains[1].tot_pages = 0;
    CHECK(all_gone());
    end();
}

/* ------------------------------------------------------------ watching and starting again */

static void (*meanwhile)(void);

/* Guests that lived too short are started again after a second: not here. */
unsigned int sleep(unsigned int seconds)
{
    (void)seconds;
    if (meanwhile != NULL) {
        meanwhile();
    }
    return 0;
}

static bool reboots_once(void)
{
    if (host_backends()) {
        return true;
    }
    if (host.domains[2].tot_pages != 0 || host.built > 1) {
        host.domains[2].tot_pages = 0;          /* the new one is over at once */
        host.domains[1].tot_pages = 0;
    } else {
        host_shutdown(host.domains[1].domain, SHUTDOWN_reboot);
    }
    return true;
}

static int create_and_stay(struct xyl_light *light)
{
    int rc = xyl_domain_create(light, &config, to_text, &domid, &err);

    rc = rc == 0 ? xyl_domain_unpause(light, domid, &err) : rc;
    if (rc != 0) {
        return rc;
    }
    xyl_domain_whole(light);
    host.wait = reboots_once;
    return xyl_domain_keep(light, &config, to_text, domid, &err);
}

/* From where a guest runs, it goes on without who made it. */
TEST(whoever_made_it_dies_a_guest_that_runs_goes_on)
{
    unsigned int run = 0;
    bool more = true;

    for (unsigned int call = 1; more; call++) {
        bool runs;

        begin();
        more = dies(create_and_stay, call);
        host.wait = host_backends;
        runs = host_domains() == 1 && host.paused == 0 && files(state_dir) > 0 &&
               (host.domains[1].flags & XEN_DOMINF_shutdown) == 0;
        domid = host.domains[1].domain;
        recover();
        if (more && runs) {
            CHECK_EQ(host_domains(), 1);
            run += host_domains();
        }
        if (host_domains() > 0) {
            CHECK(!dies(destroy, 0));
        }
        end();
    }
    CHECK(run > 0);
}

static void someone_destroys(void)
{
    struct xyl_light *theirs = xyl_light_new(NULL, NULL);

    host.lingers = true;
    CHECK_EQ(xyl_domain_destroy(theirs, domid, &err), 0);
    host.lingers = false;
    xyl_light_free(theirs);
}

/* Also while others still have its pages. */
TEST(who_is_destroyed_before_the_watcher_acts_is_not_started_again)
{
    struct xyl_light *light = xyl_light_new(NULL, NULL);

    begin();
    CHECK(!dies(create, 0));
    host.wait = reboots_once;
    meanwhile = someone_destroys;
    CHECK_EQ(xyl_domain_keep(light, &config, to_text, domid, &err), 0);
    meanwhile = NULL;
    CHECK_EQ(host.built, 1);
    CHECK_STR(err.text, "");
    xyl_light_free(light);
    host.domains[1].tot_pages = 0;
    CHECK(all_gone());
    end();
}

static int ready[2], go[2];

static void other_takes_the_lock(void)
{
    char c;

    CHECK_EQ(write(go[1], "g", 1), 1);
    CHECK_EQ(read(ready[0], &c, 1), 1);
}

/* A watcher that has still to wait for its turn is one: else a second one acts after it. */
TEST(between_watching_and_acting_nobody_finds_it_unwatched)
{
    struct xyl_light *light;
    int status;
    pid_t pid;
    char c;

    begin();
    CHECK(!dies(create, 0));
    CHECK(pipe(ready) == 0 && pipe(go) == 0);
    pid = fork();
    if (pid == 0) {
        struct xyl_light *theirs = xyl_light_new(NULL, NULL);
        int rc = read(go[0], &c, 1) != 1;

        rc |= light_lock(theirs, "guest", NULL) | (write(ready[1], "r", 1) != 1);
        usleep(100000);
        rc |= xyl_domain_unwatched(theirs, &host.domains[1]);
        light_unlock(theirs);
        _exit(rc != 0);
    }
    light = xyl_light_new(NULL, NULL);
    host.wait = reboots_once;
    meanwhile = other_takes_the_lock;
    CHECK_EQ(xyl_domain_keep(light, &config, to_text, domid, &err), 0);
    meanwhile = NULL;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK_EQ(host.built, 2);
    xyl_light_free(light);
    end();
}

static bool crash_comes(void)
{
    if (host_backends()) {
        return true;
    }
    if (host.domains[1].flags & XEN_DOMINF_shutdown) {
        host.domains[2].tot_pages = 0;          /* the new one is over at once */
    } else {
        host_shutdown(host.domains[1].domain, SHUTDOWN_crash);
    }
    return true;
}

static int keep_watch(struct xyl_light *light)
{
    host.wait = crash_comes;
    return xyl_domain_keep(light, &config, to_text, domid, &err);
}

static bool starts_again(uint32_t dead)
{
    char path[100];

    snprintf(path, sizeof(path), "/libxl/%u/unwatched", dead);
    return store_value(path) == NULL;
}

/* end() after what is left of a guest that was put aside, and of the one in its place. */
static void end_all(void)
{
    for (size_t i = 1; i < HOST_DOMAINS; i++) {
        domid = host.domains[i].domain;
        CHECK(host.domains[i].tot_pages == 0 || !dies(destroy, 0));
    }
    config.on_crash = XYL_ACTION_DESTROY;
    end();
}

/* Whoever watches over the dead one next starts what it was, or nothing. */
TEST(whenever_a_watcher_dies_the_next_one_starts_the_same_guest)
{
    char path[100];
    bool more = true;

    for (unsigned int call = 1; more; call++) {
        begin();
        config.on_crash = XYL_ACTION_RENAME_RESTART;
        config.disks = calloc(1, sizeof(*config.disks));
        config.nr_disks = 1;
        config.disks[0].target = strdup("/image");
        config.disks[0].vdev = strdup("xvda");
        CHECK(!dies(create, 0));
        more = dies(keep_watch, call);
        host.wait = host_backends;
        recover();
        if (starts_again(domid)) {
            snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
            CHECK_STR(store_value(path), "guest");
            snprintf(path, sizeof(path), "/libxl/%u/device/vbd/51712", domid);
            CHECK(store_count(path) > 0);
        }
        end_all();
    }
}

/* One that could not be put aside is as it was, and the next watcher tries again. */
TEST(whatever_fails_in_putting_aside_is_tried_again)
{
    char path[100];
    int rc = -1;

    for (unsigned int call = 1; rc < 0; call++) {
        struct xyl_light *light = xyl_light_new(NULL, NULL);

        begin();
        config.on_crash = XYL_ACTION_RENAME_RESTART;
        CHECK(!dies(create, 0));
        host.fail_at = host.calls + call;
        rc = keep_watch(light);
        host.fail_at = 0;
        snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
        if (store_value(path) != NULL && strcmp(store_value(path), "guest") == 0) {
            CHECK(starts_again(domid));
        }
        xyl_light_free(light);
        host.wait = host_backends;
        recover();
        end_all();
    }
}

/* A domain whose pages others still have is not there for what the store says of it. */
TEST(below_a_dying_domain_nothing_is_written)
{
    static int (*const verbs[])(struct xyl_light *light) = {
        rename_it, leave_unwatched, locked, request,
    };

    begin();
    CHECK(!dies(create, 0));
    host.lingers = true;
    CHECK(!dies(destroy, 0));
    CHECK_EQ(host_domains(), 1);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct xyl_light *light = xyl_light_new(NULL, NULL);

        xyl_err_clear(&err);
        CHECK_EQ(verbs[i](light), verbs[i] == leave_unwatched ? 0 : -ESRCH);
        xyl_light_free(light);
        CHECK_EQ(store_count("/local/domain") + store_count("/libxl"), 0);
        CHECK_EQ(files(lock_dir), 0);
    }
    host.lingers = false;
    CHECK(!dies(destroy, 0));       /* which may be asked for again */
    CHECK(all_gone());
    end();
}

/* What another process does while we wait for it. */
static void another_is_made(int sig)
{
    (void)sig;
    host.domains[5] = (xyl_domain_info){ .domain = 5, .tot_pages = 1 };
    memcpy(host.domains[5].handle, config.uuid, 16);
}

/* Both found that nobody had it, and then there were two of it. */
TEST(two_guests_of_one_uuid_are_not_made_at_once)
{
    struct xyl_light *light = xyl_light_new(NULL, NULL);
    char path[160], text[XYL_UUID_TEXT], c;
    int held[2], status, rc;
    pid_t pid;

    begin();
    CHECK(pipe(held) == 0);
    config.uuid_given = true;
    memcpy(config.uuid, "0123456789abcdef", 16);
    xyl_uuid_format(config.uuid, text);
    snprintf(path, sizeof(path), "%s/uuid-%s", lock_dir, text);
    CHECK(mkdir(lock_dir, 0700) == 0 || errno == EEXIST);
    pid = fork();
    if (pid == 0) {
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        int fd = open(path, O_RDWR | O_CREAT, 0600);

        rc = fcntl(fd, F_SETLK, &whole) | (write(held[1], "r", 1) != 1);
        usleep(400000);
        unlink(path);
        _exit(rc != 0);
    }
    CHECK_EQ(read(held[0], &c, 1), 1);
    signal(SIGALRM, another_is_made);
    ualarm(100000, 0);
    rc = create(light);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    signal(SIGALRM, SIG_DFL);
    CHECK_EQ(rc, -EEXIST);
    CHECK(strstr(err.text, "has the same UUID") != NULL);
    CHECK_EQ(host_domains(), 1);
    CHECK_EQ(files(lock_dir), 0);
    host.domains[5].tot_pages = 0;
    xyl_light_free(light);
    end();
}

/* Its maker died before there was one; what has a name was made by another since. */
TEST(a_whole_guest_is_not_taken_for_one_that_was_never_made)
{
    char path[160], text[XYL_UUID_TEXT];
    FILE *out;

    begin();
    config.uuid_given = true;
    memcpy(config.uuid, "0123456789abcdef", 16);
    CHECK(!dies(create, 0));
    xyl_uuid_format(config.uuid, text);
    snprintf(path, sizeof(path), "%s/guest-dead", lock_dir);
    out = fopen(path, "w");
    CHECK(out != NULL);
    fprintf(out, "%s -1\n", text);
    fclose(out);
    recover();
    CHECK_EQ(host_domains(), 1);
    CHECK_EQ(files(lock_dir), 0);
    CHECK(!dies(destroy, 0));
    CHECK(all_gone());
    end();
}

TEST(kept_files_of_gone_domains_go)
{
    uint8_t uuid[16] = { 1, 2, 3 };

    begin();
    CHECK(!dies(create, 0));
    CHECK_EQ(userdata_store(999, uuid, "x", &err), 0);
    CHECK_EQ(userdata_store(domid, uuid, "x", &err), 0);
    CHECK_EQ(files(state_dir), 3);
    recover();
    CHECK_EQ(files(state_dir), 1);
    CHECK(!dies(destroy, 0));
    CHECK(all_gone());
    end();
}

TEST_MAIN
