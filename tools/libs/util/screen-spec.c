/* SPDX-License-Identifier: GPL-2.0-only */
/* Specifications of screens (vfb) and keyboards (vkb). */
#include "spec.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX_BYTES 64       /* of a key map's name, of a keyboard's */
#define SIDE_MAX       65535

/* ------------------------------------------------------------ both */

static int take_bool(struct spec *spec, const char *value, bool *out)
{
    long number;
    int rc = spec_number(spec, value, 0, 1, &number);

    *out = rc == 0 && number == 1;
    return rc;
}

static int take_backend(struct spec *spec, void *out, const char *value)
{
    (void)out;
    return strcmp(value, "0") == 0 || strcmp(value, "Domain-0") == 0 ? 0 :
           spec_bad(spec, -EOPNOTSUPP, "backend \"%s\": a %s is served by domain 0 only so far",
                    value, spec->kind);
}

/* A word of letters, digits, and those of @more. */
static int take_word(struct spec *spec, char **field, const char *value, const char *more)
{
    if (strlen(value) > WORD_MAX_BYTES) {
        return spec_bad(spec, -EINVAL, "%s: longer than %d bytes", spec->word, WORD_MAX_BYTES);
    }
    for (const char *c = value; *c != '\0'; c++) {
        if (!isascii((unsigned char)*c) || (!isalnum((unsigned char)*c) &&
                                            strchr(more, *c) == NULL)) {
            return spec_bad(spec, -EINVAL, "%s: expected letters, digits and \"%s\" only",
                            spec->word, more);
        }
    }
    return spec_store(spec, field, value);
}

/* A comma at the end is no mistake. */
static int positional(struct spec *spec, void *out, const char *word)
{
    (void)out;
    return word[0] == '\0' ? 0 :
           spec_bad(spec, -EINVAL, "\"%s\": a %s is described by KEY=VALUE, as in %s", word,
                    spec->kind, strcmp(spec->kind, "screen") == 0 ? "vncdisplay=1" :
                    "feature-disable-pointer=1");
}

/* ------------------------------------------------------------ screens */

static int take_type(struct spec *spec, void *out, const char *value)
{
    (void)out;
    return strcmp(value, "vnc") == 0 ? 0 :
           strcmp(value, "sdl") == 0 ?
           spec_bad(spec, -EOPNOTSUPP, "type sdl: Debian's QEMU for Xen opens no window; a VNC "
                    "viewer shows the screen") :
           spec_bad(spec, -EINVAL, "type \"%s\": expected vnc", value);
}

static int take_vnc(struct spec *spec, void *out, const char *value)
{
    bool on;
    int rc = take_bool(spec, value, &on);

    (void)out;
    return rc < 0 || on ? rc :
           spec_bad(spec, -EINVAL, "vnc=0: nobody could see the screen; leave it out, or remove "
                    "the setting vfb");
}

/* Cut "ADDRESS:DISPLAY" at the colon; an IPv6 address stands in brackets then. */
static char *split_display(char *text)
{
    char *colon = strrchr(text, ':');

    if (text[0] == '[') {
        char *bracket = strchr(text, ']');

        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':')) {
            return NULL;
        }
        colon = bracket[1] == ':' ? bracket + 1 : NULL;
        memmove(text, text + 1, (size_t)(bracket - text) - 1);
        text[bracket - text - 1] = '\0';
    } else if (colon != strchr(text, ':')) {
        colon = NULL;           /* the address has colons of its own */
    } else if (colon != NULL) {
        *colon = '\0';
    }
    return colon != NULL ? colon + 1 : NULL;
}

static int take_display(struct spec *spec, void *out, const char *value)
{
    return spec_number(spec, value, 0, XYL_VNC_DISPLAY_MAX, &((struct xyl_vfb *)out)->display);
}

static int take_listen(struct spec *spec, void *out, const char *value)
{
    unsigned char address[sizeof(struct in6_addr)];
    char *copy = strdup(value), *display;
    int rc = 0;

    if (copy == NULL) {
        return spec_bad(spec, -ENOMEM, "out of memory");
    }
    display = split_display(copy);
    if (inet_pton(AF_INET, copy, address) != 1 && inet_pton(AF_INET6, copy, address) != 1) {
        rc = spec_bad(spec, -EINVAL, "vnclisten \"%s\": expected an address of this machine, as in "
                      "0.0.0.0 or [::1]:2", value);
    }
    rc = rc == 0 && display != NULL ? spec_give(spec, "vncdisplay", display) : rc;
    rc = rc == 0 ? spec_store(spec, &((struct xyl_vfb *)out)->listen, copy) : rc;
    free(copy);
    return rc;
}

static int take_unused(struct spec *spec, void *out, const char *value)
{
    bool on;
    int rc = take_bool(spec, value, &on);

    ((struct xyl_vfb *)out)->this_display = !on;
    return rc;
}

static int take_passwd(struct spec *spec, void *out, const char *value)
{
    (void)out;
    return value[0] == '\0' ? 0 :
           spec_bad(spec, -EOPNOTSUPP, "vncpasswd: Debian's QEMU for Xen has no DES, which "
                    "passwords of VNC need; let it listen at 127.0.0.1, and reach that by ssh");
}

static int take_keymap(struct spec *spec, void *out, const char *value)
{
    return take_word(spec, &((struct xyl_vfb *)out)->keymap, value, "-");
}

static int take_window(struct spec *spec, void *out, const char *value)
{
    bool on;
    int rc = take_bool(spec, value, &on);

    (void)out;
    return rc < 0 || !on ? rc :
           spec_bad(spec, -EOPNOTSUPP, "%s=1: Debian's QEMU for Xen opens no window; a VNC viewer "
                    "shows the screen", spec->word);
}

/* Where the window would be that there is not. */
static int take_nothing(struct spec *spec, void *out, const char *value)
{
    (void)spec;
    (void)out;
    (void)value;
    return 0;
}

static const struct spec_key vfb_keys[] = {
    { "type", true, false, take_type },
    { "vnc", true, false, take_vnc },
    { "vnclisten", true, false, take_listen },
    { "vncdisplay", true, false, take_display },
    { "vncunused", true, false, take_unused },
    { "vncpasswd", true, false, take_passwd },
    { "keymap", true, false, take_keymap },
    { "sdl", true, false, take_window },
    { "opengl", true, false, take_window },
    { "display", true, false, take_nothing },
    { "xauthority", true, false, take_nothing },
    { "backend", true, false, take_backend },
    { NULL, false, false, NULL },
};

int xyl_vfb_parse(const char *text, struct xyl_vfb *vfb, size_t *at, struct xyl_err *err)
{
    struct spec spec = {
        .kind = "screen", .keys = vfb_keys, .positional = positional, .out = vfb, .err = err,
    };
    int rc;

    xyl_vfb_init(vfb);
    rc = spec_read(&spec, text, at);
    if (rc < 0) {
        xyl_vfb_dispose(vfb);
    }
    return rc;
}

char *xyl_vfb_text(const struct xyl_vfb *vfb)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return NULL;
    }
    fputs("vnc=1", out);
    if (vfb->listen != NULL) {
        fprintf(out, ",vnclisten=%s", vfb->listen);
    }
    if (vfb->display != XYL_UNSET) {
        fprintf(out, ",vncdisplay=%ld", vfb->display);
    }
    if (vfb->this_display) {
        fputs(",vncunused=0", out);
    }
    if (vfb->keymap != NULL) {
        fprintf(out, ",keymap=%s", vfb->keymap);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ------------------------------------------------------------ keyboards */

static int take_backend_type(struct spec *spec, void *out, const char *value)
{
    (void)out;
    return strcmp(value, "qemu") == 0 ? 0 :
           strcmp(value, "linux") == 0 ?
           spec_bad(spec, -EOPNOTSUPP, "backend-type linux: keyboards are served by QEMU only so "
                    "far") :
           spec_bad(spec, -EINVAL, "backend-type \"%s\": expected qemu", value);
}

static int take_unique_id(struct spec *spec, void *out, const char *value)
{
    return take_word(spec, &((struct xyl_vkb *)out)->unique_id, value, "-_.:");
}

static int take_no_keyboard(struct spec *spec, void *out, const char *value)
{
    return take_bool(spec, value, &((struct xyl_vkb *)out)->no_keyboard);
}

static int take_no_pointer(struct spec *spec, void *out, const char *value)
{
    return take_bool(spec, value, &((struct xyl_vkb *)out)->no_pointer);
}

/* What QEMU offers in any case. */
static int take_offer(struct spec *spec, void *out, const char *value)
{
    bool on;

    (void)out;
    return take_bool(spec, value, &on);
}

static int take_touch(struct spec *spec, void *out, const char *value)
{
    bool on;
    int rc = take_bool(spec, value, &on);

    (void)out;
    return rc < 0 || !on ? rc :
           spec_bad(spec, -EOPNOTSUPP, "feature-multi-touch=1: QEMU's keyboard is no touch screen");
}

static int take_touch_size(struct spec *spec, void *out, const char *value)
{
    long number;

    (void)out;
    return spec_number(spec, value, 0, SIDE_MAX, &number);
}

static int take_width(struct spec *spec, void *out, const char *value)
{
    return spec_number(spec, value, 1, SIDE_MAX, &((struct xyl_vkb *)out)->width);
}

static int take_height(struct spec *spec, void *out, const char *value)
{
    return spec_number(spec, value, 1, SIDE_MAX, &((struct xyl_vkb *)out)->height);
}

static const struct spec_key vkb_keys[] = {
    { "backend-type", true, false, take_backend_type },
    { "unique-id", true, false, take_unique_id },
    { "feature-disable-keyboard", true, false, take_no_keyboard },
    { "feature-disable-pointer", true, false, take_no_pointer },
    { "feature-abs-pointer", true, false, take_offer },
    { "feature-raw-pointer", true, false, take_offer },
    { "feature-multi-touch", true, false, take_touch },
    { "multi-touch-width", true, false, take_touch_size },
    { "multi-touch-height", true, false, take_touch_size },
    { "multi-touch-num-contacts", true, false, take_touch_size },
    { "width", true, false, take_width },
    { "height", true, false, take_height },
    { "backend", true, false, take_backend },
    { NULL, false, false, NULL },
};

int xyl_vkb_parse(const char *text, struct xyl_vkb *vkb, size_t *at, struct xyl_err *err)
{
    struct spec spec = {
        .kind = "keyboard", .keys = vkb_keys, .positional = positional, .out = vkb, .err = err,
    };
    int rc;

    xyl_vkb_init(vkb);
    rc = spec_read(&spec, text, at);
    if (rc < 0) {
        xyl_vkb_dispose(vkb);
    }
    return rc;
}

char *xyl_vkb_text(const struct xyl_vkb *vkb)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        return NULL;
    }
    fputs("backend-type=qemu", out);
    if (vkb->unique_id != NULL) {
        fprintf(out, ",unique-id=%s", vkb->unique_id);
    }
    if (vkb->no_keyboard) {
        fputs(",feature-disable-keyboard=1", out);
    }
    if (vkb->no_pointer) {
        fputs(",feature-disable-pointer=1", out);
    }
    if (vkb->width != XYL_UNSET) {
        fprintf(out, ",width=%ld", vkb->width);
    }
    if (vkb->height != XYL_UNSET) {
        fprintf(out, ",height=%ld", vkb->height);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
