/* SPDX-License-Identifier: MIT */
/* From the kernel's start to main(): console files, command line, constructors. */
#include "archive.h"
#include "args.h"
#include "files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <stub/console.h>
#include <stub/domain.h>
#include <stub/print.h>
#include <stub/store.h>

int main(int argc, char **argv, char **envp);

/* What a program is linked with besides (stubdom/Makefile, PARTS): started before main(). */
extern void (*const init_array_start[])(void), (*const init_array_end[])(void);

extern char **environ;

static ssize_t console_file_read(struct file *file, void *data, size_t n)
{
    char *text = data;
    size_t got = console_read(text, n);

    (void)file;
    for (size_t i = 0; i < got; i++) {
        if (text[i] == '\r') {
            text[i] = '\n';
        }
    }
    return (ssize_t)got;
}

static ssize_t console_file_write(struct file *file, const void *data, size_t n)
{
    (void)file;
    console_write(data, n);
    return (ssize_t)n;
}

static int console_file_ready(struct file *file)
{
    (void)file;
    return FILE_WRITABLE | (console_readable() ? FILE_READABLE : 0);
}

static const struct file_ops console_ops = {
    .read = console_file_read, .write = console_file_write, .ready = console_file_ready,
    .terminal = true,
};

/* Without a store there is no network and no asking to shut down; the program runs all the same. */
static void store_begin(void)
{
    int rc = store_init();

    if (rc == 0) {
        rc = shutdown_watch_start();
    }
    if (rc != 0 && rc != -XEN_ENODEV) {
        stub_printf("stub: no xenstore: %d\n", rc);
    }
}

int stub_main(void)
{
    static struct arguments arguments;

    for (int i = 0; i < 3; i++) {
        (void)file_open(&console_ops, NULL, 0);
    }
    arguments_parse(&arguments, (const char *)start_info->cmd_line, sizeof(start_info->cmd_line));
    environ = arguments.envp;
    archive_mount();
    store_begin();
    for (void (*const *fn)(void) = init_array_start; fn < init_array_end; fn++) {
        (*fn)();
    }
    asm volatile("nopl 0x58597001(%%rax)" : : : "memory");      /* marker for benchmarks */
    exit(main(arguments.argc, arguments.argv, arguments.envp));
}
