/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of explanation that travels with an error from where it was born to who prints it. */
#ifndef XYL_ERR_H
#define XYL_ERR_H

#include <stdarg.h>

/*
 * Invariant: the first failure's text stays; later ones, met while unwinding,
 * do not replace it.  A NULL pointer is a caller that does not want the text.
 */
struct xyl_err {
    char text[400];
};

#define XYL_ERR_INIT { "" }

/*
 * xyl_fail - note why something failed.
 * @rc   the code to return, 0 or -Exxx.
 * @fmt  what failed, where, and what to do about it; no full stop, no newline.
 * Returns @rc, so that a caller can write: return xyl_fail(err, -EINVAL, "...").
 */
int xyl_fail(struct xyl_err *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* xyl_fail_sys - the same, with the meaning of @rc appended after ": ". */
int xyl_fail_sys(struct xyl_err *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * xyl_plain - a line for people, in which a guest may have words: '?' for each character that
 * would not be shown but obeyed.
 */
void xyl_plain(char *text);

/* xyl_err_clear - forget the text, before @err is used for something else. */
void xyl_err_clear(struct xyl_err *err);

#endif
