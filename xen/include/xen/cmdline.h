/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's command line: a table of parameters, each declared where it is used. */
#ifndef XEN_CMDLINE_H
#define XEN_CMDLINE_H

#include <xen/types.h>

/*
 * One parameter.  `name=value`; booleans also `name` and `no-name`.  The table lies in section
 * .init.params: it and string buffers' parsers are gone after boot.
 *
 * Invariants:
 *   C1  name is a word of lower-case letters, digits, _ and -, at most 31 long.
 *   C2  var is the variable of exactly size bytes that kind says; parse is set for CUSTOM only.
 */
enum param_kind {
    PARAM_KIND_BOOL,    /* bool */
    PARAM_KIND_UINT,    /* unsigned int, decimal or 0x */
    PARAM_KIND_SIZE,    /* uint64_t bytes; B K M G T, KiB when there is no letter */
    PARAM_KIND_STRING,  /* char[size] */
    PARAM_KIND_CUSTOM,  /* int parse(const char *value): 0 or -EINVAL; "" if there is no value */
    PARAM_KIND_IGNORE,  /* known, without meaning here */
};

struct param {
    const char *name;
    enum param_kind kind;
    unsigned int size;
    void *var;
    int (*parse)(const char *value);
};

/* In tests the section's name is a C word, so that the linker marks its ends for them. */
#ifndef UNIT_TEST
#define PARAM_SECTION ".init.params"
#else
#define PARAM_SECTION "init_params"
extern const struct param __start_init_params[], __stop_init_params[];
#endif

#define DEFINE_PARAM_(id, name_, kind_, size_, var_, parse_)                 \
    static const struct param param_##id __used __section(PARAM_SECTION)     \
        __aligned(8) = { name_, kind_, size_, var_, parse_ }

/* The variable is to be a static or global one of the kind named; give it its default there. */
#define PARAM_BOOL(name, var)                                                \
    static_assert(sizeof(var) == sizeof(bool), "bool parameter");            \
    DEFINE_PARAM_(var, name, PARAM_KIND_BOOL, sizeof(var), &(var), NULL)
#define PARAM_UINT(name, var)                                                \
    static_assert(sizeof(var) == sizeof(unsigned int), "uint parameter");    \
    DEFINE_PARAM_(var, name, PARAM_KIND_UINT, sizeof(var), &(var), NULL)
#define PARAM_SIZE(name, var)                                                \
    static_assert(sizeof(var) == sizeof(uint64_t), "size parameter");        \
    DEFINE_PARAM_(var, name, PARAM_KIND_SIZE, sizeof(var), &(var), NULL)
#define PARAM_STRING(name, buf)                                              \
    DEFINE_PARAM_(buf, name, PARAM_KIND_STRING, sizeof(buf), buf, NULL)
#define PARAM_CUSTOM(name, fn)                                               \
    DEFINE_PARAM_(fn, name, PARAM_KIND_CUSTOM, 0, NULL, fn)
#define PARAM_IGNORE(id, name)                                               \
    DEFINE_PARAM_(ignored_##id, name, PARAM_KIND_IGNORE, 0, NULL, NULL)

/* The whole line as the loader gave it, kept for XENVER_commandline; cut at 1,023 characters. */
#define CMDLINE_MAX 1024
extern char saved_cmdline[CMDLINE_MAX];

/* What stood behind " -- " on the line, to be added to dom0's own; "" if nothing. */
extern char cmdline_dom0_extra[CMDLINE_MAX];

/*
 * cmdline_parse - set the parameters that @line names; each word is told about once if it is
 * unknown (with the nearest known one) or its value is wrong.
 * Context: once, in boot, before the console is up (messages wait in the ring).
 */
void cmdline_parse(const char *line);

/*
 * cmdline_parse_with - the same with a table given, for tests.
 * @report  called with one line of text per mistake.
 */
void cmdline_parse_with(const char *line, const struct param *table, size_t nr,
                        void (*report)(const char *text));

/*
 * parse_bool - 0 or 1 for no/off/false/disable/0 and yes/on/true/enable/1, else -1.
 * @s..@end  the text; @end NULL: all of @s.
 */
int parse_bool(const char *s, const char *end);

/*
 * cmdline_next_item - cut the next item out of a comma-separated value.
 * @pos   in: where to look; out: behind the comma, or NULL after the last.
 * @buf   receives the item, cut at @size - 1.
 * Returns false when there was none left.
 */
bool cmdline_next_item(const char **pos, char *buf, size_t size);

#endif /* XEN_CMDLINE_H */
