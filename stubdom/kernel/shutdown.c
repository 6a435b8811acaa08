/* SPDX-License-Identifier: MIT */
/* Ending when the toolstack asks: a thread that watches control/shutdown. */
#include <stub/domain.h>
#include <stub/print.h>
#include <stub/store.h>

#define NODE "control/shutdown"

void (*shutdown_hook)(unsigned int reason);

static struct store_watch watch;

static int reason_of(const char *word)
{
    static const struct {
        const char *word;
        unsigned int reason;
    } words[] = {
        { "poweroff", SHUTDOWN_poweroff }, { "halt", SHUTDOWN_poweroff },
        { "reboot", SHUTDOWN_reboot },
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = 0;

        while (word[n] != '\0' && word[n] == words[i].word[n]) {
            n++;
        }
        if (word[n] == words[i].word[n]) {
            return (int)words[i].reason;
        }
    }
    return -1;
}

/* The request is acknowledged by writing nothing into its node. */
static void shutdown_thread(void *arg)
{
    char word[32];

    (void)arg;
    while (store_watch_wait(&watch, FOREVER) == 0) {
        int reason;

        if (store_read(0, NODE, word, sizeof(word)) <= 0) {
            continue;
        }
        (void)store_write(0, NODE, "");
        reason = reason_of(word);
        if (reason < 0) {
            stub_printf("stub: asked for '%s', which is not there\n", word);
        } else if (shutdown_hook != NULL) {
            shutdown_hook((unsigned int)reason);
        } else {
            domain_shutdown((unsigned int)reason);
        }
    }
}

int shutdown_watch_start(void)
{
    int rc = store_watch(&watch, NODE);

    if (rc != 0) {
        return rc;
    }
    (void)store_write(0, "control/feature-poweroff", "1");
    (void)store_write(0, "control/feature-reboot", "1");
    return thread_create("shutdown", shutdown_thread, NULL, 8192) != NULL ? 0 : -XEN_ENOMEM;
}
