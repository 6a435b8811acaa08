/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages: levels, rate limits, and where a guest's fault is told. */
#ifndef XEN_PRINTK_H
#define XEN_PRINTK_H

#include <xen/compiler.h>
#include <xen/lib-string.h>

/*
 * A message may begin with LOG_GUEST (it tells of a guest's doing, so guest_loglvl= applies and
 * not loglvl=) and with one level.  Without a level it counts as a warning.  One message is one
 * line that ends in \n; several calls may build a line.
 */
#define LOG_ERR     "<0>"   /* something failed */
#define LOG_WARN    "<1>"   /* something is odd, or the user ought to know it */
#define LOG_INFO    "<2>"
#define LOG_DEBUG   "<3>"
#define LOG_GUEST   "<G>"

/*
 * printk - put a formatted message into the console ring and onto the console devices.
 * Context: any, also NMI and machine check; takes the console lock, which a panic breaks.
 */
void printk(const char *fmt, ...) __printf(1, 2);
void vprintk(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

#define pr_err(fmt, ...)    printk(LOG_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk(LOG_WARN fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk(LOG_INFO fmt, ##__VA_ARGS__)

#ifdef CONFIG_DEBUG
#define pr_debug(fmt, ...)  printk(LOG_DEBUG fmt, ##__VA_ARGS__)
#else
#define pr_debug(fmt, ...)                                                   \
    do {                                                                     \
        if (0) {                                                             \
            printk(LOG_DEBUG fmt, ##__VA_ARGS__);                            \
        }                                                                    \
    } while (0)
#endif

/* What guests do wrong: rate-limited unless guest_loglvl= says otherwise. */
#define gpr_err(fmt, ...)   printk(LOG_GUEST LOG_ERR fmt, ##__VA_ARGS__)
#define gpr_warn(fmt, ...)  printk(LOG_GUEST LOG_WARN fmt, ##__VA_ARGS__)
#define gpr_info(fmt, ...)  printk(LOG_GUEST LOG_INFO fmt, ##__VA_ARGS__)
#define gpr_debug(fmt, ...) printk(LOG_GUEST LOG_DEBUG fmt, ##__VA_ARGS__)

/*
 * panic - say why, show where, and stop or restart the machine (noreboot).
 * Context: any.  During boot use it for what the user can mend too: one line that names the
 * thing and the remedy; boot_fail() below leaves registers and backtrace out.
 */
void panic(const char *fmt, ...) __noreturn __cold __printf(1, 2);

/*
 * As panic(), for mistakes that are not Xylem's own (no module, too little memory): no backtrace.
 */
void boot_fail(const char *fmt, ...) __noreturn __cold __printf(1, 2);

#endif /* XEN_PRINTK_H */
