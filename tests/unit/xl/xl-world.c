/* SPDX-License-Identifier: GPL-2.0-only */
/* xl on a fake host: see xl-world.h. */
#include <getopt.h>

#include "harness/fault.h"
#include "xl-world.h"
#include "xl.h"
#include "xyl_cfg.h"

#include "harness/fault-off.h"

#define WORDS 12

pid_t __wrap_fork(void);
unsigned int __wrap_sleep(unsigned int seconds);

char xl_out_path[80], xl_err_path[80];
static char top[64], locks[80], cfg[80], other_cfg[80], dump[80];
static char terminal[80];       /* that the console daemon tells of */

/* The process that watches is not what is tested here. */
pid_t __wrap_fork(void)
{
    return fault_system() ? -1 : 4711;
}

unsigned int __wrap_sleep(unsigned int seconds)
{
    (void)seconds;
    return 0;
}

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
        abort();
    }
}

void xl_files(void)
{
    char text[500], kernel[80], image[80];
    int null = open("/dev/null", O_RDONLY);

    snprintf(top, sizeof(top), "/tmp/xyl-xl-%d", (int)getpid());
    snprintf(kernel, sizeof(kernel), "%s/kernel", top);
    snprintf(image, sizeof(image), "%s/image", top);
    snprintf(locks, sizeof(locks), "%s/locks", top);
    snprintf(cfg, sizeof(cfg), "%s/guest.cfg", top);
    snprintf(other_cfg, sizeof(other_cfg), "%s/other.cfg", top);
    snprintf(dump, sizeof(dump), "%s/dump", top);
    snprintf(xl_out_path, sizeof(xl_out_path), "%s/out", top);
    snprintf(xl_err_path, sizeof(xl_err_path), "%s/err", top);
    snprintf(terminal, sizeof(terminal), "%s/terminal", top);
    mkdir(top, 0700);
    dup2(null, STDIN_FILENO);
    close(null);
    xl_console_lock_dir = top;
    put_file(terminal, "the guest's words\n");
    put_file(kernel, "k");
    put_file(image, "i");
    snprintf(text, sizeof(text), "%s/vncviewer", top);
    put_file(text, "#!/bin/sh\necho \"views $1\"\n[ \"$1\" = 127.0.0.1::5901 ]\n");
    chmod(text, 0700);
    setenv("PATH", top, 1);
    snprintf(text, sizeof(text), "name='guest'\nkernel='%s'\nmemory=64\nmaxmem=128\nvcpus=1\n"
             "maxvcpus=2\ndisk=['%s,raw,xvda,w']\nvif=['mac=00:16:3e:00:00:01']\n"
             "channel=['name=a,connection=pty', 'name=b,connection=socket,path=/run/b']\nvfb=['']\n"
             "uuid='11111111-2222-4333-8444-555555555555'\n", kernel, image);
    put_file(cfg, text);
    snprintf(text, sizeof(text), "name='third'\nkernel='%s'\nmemory=32\ncpus='0-1'\n"
             "disk=['%s,raw,xvda,r']\nvif=['bridge=br0']\ncpuid='host,avx2=0'\n", kernel, image);
    put_file(other_cfg, text);
}

void xl_files_end(void)
{
    static const char *const names[] = { "dump", "kernel", "image", "guest.cfg", "other.cfg", "out",
                                         "err", "terminal", "vncviewer",
                                         "xl-console-1-0", "xl-console-2-0" };
    char path[100];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", top, names[i]);
        unlink(path);
    }
    rmdir(locks);
    rmdir(top);
}

/* The console daemon: a terminal for each guest that has none yet. */
static bool consoles(void)
{
    const char *path;
    bool any = false;
    size_t at = 0;

    while ((path = store_next("/local/domain", &at)) != NULL) {
        if (strstr(path, "/console/tty") != NULL && store_value(path)[0] == '\0') {
            store_set(path, terminal);
            any = true;
        }
    }
    return any;
}

static bool backends_and_guests(void)
{
    char path[100];
    bool any = host_backends();

    any = consoles() || any;

    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    if (!any && store_value(path) != NULL && store_value(path)[0] != '\0') {
        store_set(path, "");
        any = true;
    }
    return any;
}

/* @line's program: its exit status, with what it printed in files. */
int xl_run(const char *line)
{
    char text[300], *argv[WORDS + 2] = { (char *)"xl" }, *save = NULL;
    int argc = 1, out = dup(1), error = dup(2), status;

    snprintf(text, sizeof(text), "%s", line);
    for (char *w = strtok_r(text, " ", &save); w != NULL && argc <= WORDS;
         w = strtok_r(NULL, " ", &save)) {
        static char disk[120];

        snprintf(disk, sizeof(disk), "%s/image%s", top, strncmp(w, "DISK", 4) == 0 ? w + 4 : "");
        argv[argc++] = strcmp(w, "CFG") == 0 ? cfg : strcmp(w, "OTHER") == 0 ? other_cfg :
                       strcmp(w, "DUMP") == 0 ? dump : strncmp(w, "DISK", 4) == 0 ? disk : w;
    }
    fflush(stdout);
    if (freopen(xl_out_path, "w", stdout) == NULL || freopen(xl_err_path, "w", stderr) == NULL) {
        abort();
    }
    optind = 0;
    status = program_main(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(out, 1);
    dup2(error, 2);
    close(out);
    close(error);
    return status;
}

/* What was printed, with '#' for each number and one blank for each gap. */
void xl_printed(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "r");
    size_t n = 0;
    int c;

    while (f != NULL && (c = getc(f)) != EOF && n + 1 < size) {
        c = c >= '0' && c <= '9' ? '#' : c;
        if (n == 0 || (c != '#' && c != ' ') || c != text[n - 1]) {
            text[n++] = (char)c;
        }
    }
    text[n] = '\0';
    if (f != NULL) {
        fclose(f);
    }
}

bool xl_begin(void)
{
    world_begin("xl-state");
    unlink(dump);
    light_lock_dir = locks;
    host.wait = backends_and_guests;
    host.domains[0].tot_pages = host.domains[0].max_pages = 1 << 18;
    xyl_domain_config_dispose(&config);
    store_set("/local/domain/0/name", "Domain-0");
    if (xl_run("create -e -q CFG") != 0) {
        return false;
    }
    return xyl_domain_find(light, "guest", &domid, &err) == 0;
}

/* Without failures all can be destroyed, and nothing is left. */
bool xl_end(void)
{
    bool good;

    host.fail_at = 0;
    store_set("/local/domain/0/name", "Domain-0");
    for (int i = 1; i < HOST_DOMAINS; i++) {
        if (host.domains[i].tot_pages != 0) {
            xyl_domain_destroy(light, host.domains[i].domain, NULL);
        }
    }
    xyl_domain_unlock(light);
    good = host_domains() == 0 && world_files(true) == 0 && hotplug.open == 0 &&
           hotplug.qemus == 0 && store_count("/vm") == 0 && store_count("/libxl") == 0;
    world_end();
    return good;
}
