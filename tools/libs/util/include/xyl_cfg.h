/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The syntax of xl.cfg: settings with the line and column they stand at.
 *
 *   NAME = VALUE        a setting; the last one of a name counts
 *   NAME += VALUE       appended: text to text, items to a list
 *   VALUE               'text' or "text" with C escapes, a number in C notation,
 *                       or a list [ VALUE, ... ] that may span lines
 *   # ...               comment; a setting ends with its line or with a ';'
 */
#ifndef XYL_CFG_H
#define XYL_CFG_H

#include <stdbool.h>
#include <stddef.h>

#include "xyl_domain_config.h"
#include "xyl_err.h"

#define XYL_CFG_MAX_BYTES 1048576u  /* of one file */
#define XYL_CFG_MAX_DEPTH 8         /* lists in lists */

enum xyl_cfg_type { XYL_CFG_TEXT, XYL_CFG_NUMBER, XYL_CFG_LIST };

/* Invariant: text is set unless type is LIST; items has nr_items entries, else NULL. */
struct xyl_cfg_value {
    enum xyl_cfg_type type;
    char *text;                     /* a number as it was written */
    struct xyl_cfg_value *items;
    size_t nr_items;
    unsigned int line, column;      /* from 1 */
};

struct xyl_cfg_setting {
    char *name;
    struct xyl_cfg_value value;
    const char *source;             /* file it came from; borrowed from the cfg */
    unsigned int line, column;      /* of the name */
};

struct xyl_cfg;

/* Something worth telling that is no error: one line without a newline. */
struct xyl_cfg_warner {
    void (*warn)(void *ctx, const char *text);
    void *ctx;
};

struct xyl_cfg *xyl_cfg_new(void);
void xyl_cfg_free(struct xyl_cfg *cfg);

/*
 * xyl_cfg_parse - add the settings of one text.
 * @source  its name for messages: "SOURCE:LINE:COLUMN: ...".
 * Errors: -EINVAL bad syntax; -EFBIG; -ENOMEM.  Settings before the error stay.
 */
int xyl_cfg_parse(struct xyl_cfg *cfg, const char *source, const char *text, size_t size,
                  struct xyl_err *err);

/* xyl_cfg_parse_file - the same for a file; "-" is standard input. */
int xyl_cfg_parse_file(struct xyl_cfg *cfg, const char *path, struct xyl_err *err);

/*
 * xyl_cfg_override - add one setting from a command line, "name=value".  A value that
 * is no number, list or quoted text is taken as text as it is.
 */
int xyl_cfg_override(struct xyl_cfg *cfg, const char *arg, struct xyl_err *err);

/* xyl_cfg_find - the setting of that name, or NULL. */
const struct xyl_cfg_setting *xyl_cfg_find(const struct xyl_cfg *cfg, const char *name);

/* Walk: the @i-th setting, or NULL behind the last. */
const struct xyl_cfg_setting *xyl_cfg_at(const struct xyl_cfg *cfg, size_t i);

/* ------------------------------------------------------------ keys of a domain */

/*
 * xyl_cfg_domain - what the settings say about a domain, checked (D1 to D3).
 * @config  initialised by the caller, who disposes it on success and on error.
 * @warner  told of unknown keys and of keys without effect; may be NULL.
 * Errors: -EINVAL, -EOPNOTSUPP a key that asks for what is not there yet.
 */
int xyl_cfg_domain(const struct xyl_cfg *cfg, struct xyl_domain_config *config,
                   const struct xyl_cfg_warner *warner, struct xyl_err *err);

/*
 * xyl_cfg_domain_text - the settings as xl.cfg text that parses to the same @config.
 * Returns an allocated string, or NULL without memory.
 */
char *xyl_cfg_domain_text(const struct xyl_domain_config *config);

/* A row of the table of keys, for the manual and its check. */
enum xyl_key_state {
    XYL_KEY_WORKS,
    XYL_KEY_LATER,          /* refused unless it asks for nothing */
    XYL_KEY_NO_EFFECT,      /* HVM or display: a warning for a PV domain */
};
struct xyl_key_doc {
    const char *key;
    enum xyl_key_state state;
    const char *range;      /* of XYL_KEY_WORKS */
    const char *help;
};
/* xyl_key_doc - the @i-th row, sorted by state, then as the table has it; false behind the last. */
bool xyl_key_doc(size_t i, struct xyl_key_doc *doc);

/* xyl_nearest - the word of @words (NULL-ended) closest to @word, or NULL if none is close. */
const char *xyl_nearest(const char *word, const char *const *words);

#endif
