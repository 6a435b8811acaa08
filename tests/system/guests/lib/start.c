/* SPDX-License-Identifier: GPL-2.0-only */
/* First C code of a test guest, its verdict, and its end. */
#include "guest.h"

enum verdict { SUCCESS, SKIP, ERROR, FAILURE };
static enum verdict verdict;

void guest_start(struct start_info *info);

static void judge(enum verdict v, const char *format, va_list args)
{
    static const char *const names[] = { "SUCCESS", "SKIP", "ERROR", "FAILURE" };
    char line[400];

    stub_vsnprintf(line, sizeof(line), format, args);
    guest_printf("guest %s: %s: %s\n", test_name, names[v], line);
    if (v > verdict) {
        verdict = v;
    }
}

#define JUDGE(name, v)                                                                             \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        judge(v, format, args);                                                                    \
        va_end(args);                                                                              \
    }
JUDGE(guest_skip, SKIP)
JUDGE(guest_error, ERROR)
JUDGE(guest_failure, FAILURE)

bool guest_option(const char *word)
{
    const char *at = (const char *)start_info->cmd_line;
    size_t n = strlen(word);

    while (*at != '\0') {
        size_t length = 0;

        while (at[length] != '\0' && at[length] != ' ') {
            length++;
        }
        if (length == n && memcmp(at, word, n) == 0) {
            return true;
        }
        at += length + (at[length] == ' ');
    }
    return false;
}

void guest_exit(void)
{
    static const char *const names[] = { "SUCCESS", "SKIP", "ERROR", "FAILURE" };
    struct sched_shutdown shutdown = { .reason = SHUTDOWN_poweroff };

    guest_printf("guest %s ends: %s\n", test_name, names[verdict]);
    (void)sched_op(SCHEDOP_shutdown, &shutdown);
    for (;;) {
        (void)sched_op(SCHEDOP_yield, NULL);
    }
}

void guest_start(struct start_info *info)
{
    start_info = info;
    guest_printf("guest %s starts, %lu pages\n", test_name, info->nr_pages);
    guest_traps_init();
    if (shared_info_map() != 0) {
        guest_failure("shared_info at %#lx cannot be mapped", info->shared_info);
        guest_exit();
    }
    test_main();
    guest_exit();
}
