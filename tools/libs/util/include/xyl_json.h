/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing JSON, indented by four blanks as Xen's tools do it. */
#ifndef XYL_JSON_H
#define XYL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "xyl_domain_config.h"

#define XYL_JSON_DEPTH 16

/*
 * Invariants:
 *   J1  depth < XYL_JSON_DEPTH; used[depth] says whether the open object or array
 *       has a member already.
 *   J2  key_open is true between xyl_json_key() and its value.
 */
struct xyl_json {
    FILE *out;
    unsigned int depth;
    bool used[XYL_JSON_DEPTH];
    bool key_open;
};

void xyl_json_start(struct xyl_json *json, FILE *out);
/* xyl_json_end - the final newline; false if writing failed or something is still open. */
bool xyl_json_end(struct xyl_json *json);

void xyl_json_object(struct xyl_json *json);
void xyl_json_object_end(struct xyl_json *json);
void xyl_json_array(struct xyl_json *json);
void xyl_json_array_end(struct xyl_json *json);

/* The value follows. */
void xyl_json_key(struct xyl_json *json, const char *key);
/* Text need not be valid UTF-8: bytes that are not become U+FFFD. */
void xyl_json_text(struct xyl_json *json, const char *text);
void xyl_json_number(struct xyl_json *json, long long value);

/* Key and value at once. */
void xyl_json_key_text(struct xyl_json *json, const char *key, const char *text);
void xyl_json_key_number(struct xyl_json *json, const char *key, long long value);
/* "True" or "False" in quotes: the form that scripts know. */
void xyl_json_key_bool(struct xyl_json *json, const char *key, bool value);

/* What is known of a running domain beside its configuration. */
struct xyl_json_live {
    long long domid;            /* below 0: only the configuration is written */
    const char *name;           /* of now: it may have been renamed */
    long long max_memkb, target_memkb;
    unsigned int online_vcpus;
    const char *sched;          /* NULL: leave the parameters out */
    unsigned int weight, cap;
};

/*
 * xyl_json_domain - one element of `xl list -l`: the domain's number and settings.
 * @config  NULL for a domain that this toolstack did not make.
 */
void xyl_json_domain(struct xyl_json *json, const struct xyl_domain_config *config,
                     const struct xyl_json_live *live);

#endif
