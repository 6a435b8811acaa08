/* SPDX-License-Identifier: GPL-2.0-only */
/* Channel specifications. */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define NAME_MAX_BYTES 255
#define PATH_MAX_BYTES (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* Both are values of nodes in the store, and shown in lists. */
static int take_text(struct spec *spec, char **field, const char *value, size_t max)
{
    if (strlen(value) > max) {
        return spec_bad(spec, -EINVAL, "%s: longer than %zu bytes", spec->word, max);
    }
    for (const char *c = value; *c != '\0'; c++) {
        if (!isprint((unsigned char)*c)) {
            return spec_bad(spec, -EINVAL, "%s: character %zu is not printable ASCII", spec->word,
                            (size_t)(c - value) + 1);
        }
    }
    return spec_store(spec, field, value);
}

static int take_name(struct spec *spec, void *out, const char *value)
{
    return take_text(spec, &((struct xyl_channel *)out)->name, value, NAME_MAX_BYTES);
}

static int take_path(struct spec *spec, void *out, const char *value)
{
    if (value[0] != '/') {
        return spec_bad(spec, -EINVAL, "path \"%s\": expected an absolute one, as in /run/agent",
                        value);
    }
    return take_text(spec, &((struct xyl_channel *)out)->path, value, PATH_MAX_BYTES);
}

static int take_connection(struct spec *spec, void *out, const char *value)
{
    (void)out;
    if (strcasecmp(value, "pty") == 0 || strcasecmp(value, "socket") == 0) {
        snprintf(spec->note, sizeof(spec->note), "%s", value);
        return 0;
    }
    return spec_bad(spec, -EINVAL, "connection \"%s\": expected pty or socket", value);
}

static int take_backend(struct spec *spec, void *out, const char *value)
{
    (void)out;
    if (strcmp(value, "0") == 0 || strcmp(value, "Domain-0") == 0) {
        return 0;
    }
    return spec_bad(spec, -EOPNOTSUPP, "backend \"%s\": channels end in domain 0 only so far",
                    value);
}

static const struct spec_key channel_keys[] = {
    { "name", true, false, take_name },
    { "connection", true, false, take_connection },
    { "path", true, false, take_path },
    { "backend", true, false, take_backend },
    { NULL, false, false, NULL },
};

/* A comma at the end is no mistake. */
static int positional(struct spec *spec, void *out, const char *word)
{
    (void)out;
    return word[0] == '\0' ? 0 :
           spec_bad(spec, -EINVAL, "\"%s\": a channel is described by KEY=VALUE, as in "
                    "name=agent,connection=pty", word);
}

/* C1, once all words are read. */
static int check(struct spec *spec, const struct xyl_channel *channel)
{
    bool socket = strcasecmp(spec->note, "socket") == 0;

    if (channel->name == NULL) {
        return spec_bad(spec, -EINVAL, "name is missing, as in name=org.example.agent");
    }
    if (!spec_seen(spec, "connection")) {
        return spec_bad(spec, -EINVAL, "connection is missing: connection=pty, or "
                        "connection=socket,path=/run/agent");
    }
    if (socket && channel->path == NULL) {
        return spec_bad(spec, -EINVAL, "path is missing: where the socket shall be, as in "
                        "path=/run/agent");
    }
    return socket || channel->path == NULL ? 0 :
           spec_bad(spec, -EINVAL, "path belongs to connection=socket; a pty gets its own");
}

int xyl_channel_parse(const char *text, struct xyl_channel *channel, size_t *at,
                      struct xyl_err *err)
{
    struct spec spec = {
        .kind = "channel", .keys = channel_keys, .positional = positional, .out = channel,
        .err = err,
    };
    int rc;

    memset(channel, 0, sizeof(*channel));
    rc = spec_read(&spec, text, at);
    rc = rc == 0 ? check(&spec, channel) : rc;
    if (rc < 0) {
        xyl_channel_dispose(channel);
    }
    return rc;
}

char *xyl_channel_text(const struct xyl_channel *channel)
{
    char *text;
    int n = channel->path == NULL ?
            asprintf(&text, "name=%s,connection=pty", channel->name) :
            asprintf(&text, "name=%s,connection=socket,path=%s", channel->name, channel->path);

    return n < 0 ? NULL : text;
}
