/* SPDX-License-Identifier: GPL-2.0-only */
/* Screens and keyboards: what can be said, what is refused and where, in a configuration. */
#include "harness.h"
#include "xyl_cfg.h"
#include "xyl_json.h"
#include "xyl_spec.h"

#include <errno.h>

static struct xyl_err err;

static void same_vfb(const char *spec, const char *text)
{
    struct xyl_vfb vfb;
    char *again;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_vfb_parse(spec, &vfb, NULL, &err), 0);
    again = xyl_vfb_text(&vfb);
    CHECK_STR(again, text);
    free(again);
    xyl_vfb_dispose(&vfb);
}

static void same_vkb(const char *spec, const char *text)
{
    struct xyl_vkb vkb;
    char *again;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_vkb_parse(spec, &vkb, NULL, &err), 0);
    again = xyl_vkb_text(&vkb);
    CHECK_STR(again, text);
    free(again);
    xyl_vkb_dispose(&vkb);
}

static void refuse_vfb(const char *spec, int want, size_t want_at, const char *why)
{
    struct xyl_vfb vfb;
    size_t at = 999;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_vfb_parse(spec, &vfb, &at, &err), want);
    CHECK_STR(err.text, why);
    CHECK_EQ(at, want_at);
}

static void refuse_vkb(const char *spec, int want, size_t want_at, const char *why)
{
    struct xyl_vkb vkb;
    size_t at = 999;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_vkb_parse(spec, &vkb, &at, &err), want);
    CHECK_STR(err.text, why);
    CHECK_EQ(at, want_at);
}

TEST(all_that_can_be_said_of_a_screen)
{
    same_vfb("", "vnc=1");
    same_vfb("type=vnc,vnc=1,sdl=0,opengl=0,display=:0,xauthority=/x,vncpasswd=,backend=0",
             "vnc=1");
    same_vfb("vnclisten=0.0.0.0", "vnc=1,vnclisten=0.0.0.0");
    same_vfb("vnclisten=10.0.0.1:7", "vnc=1,vnclisten=10.0.0.1,vncdisplay=7");
    same_vfb("vnclisten=::1", "vnc=1,vnclisten=::1");
    same_vfb("vnclisten=[fe80::1],vncdisplay=2", "vnc=1,vnclisten=fe80::1,vncdisplay=2");
    same_vfb("vnclisten=[::]:12", "vnc=1,vnclisten=::,vncdisplay=12");
    same_vfb(" vncunused = 0 , vncdisplay = 3 , keymap = en-us,",
             "vnc=1,vncdisplay=3,vncunused=0,keymap=en-us");
}

TEST(what_is_wrong_with_a_screen_has_its_place)
{
    refuse_vfb("vnc=0", -EINVAL, 0, "vnc=0: nobody could see the screen; leave it out, or remove "
               "the setting vfb");
    refuse_vfb("vnc=yes", -EINVAL, 0, "vnc: \"yes\" is not a number");
    refuse_vfb("type=sdl", -EOPNOTSUPP, 0, "type sdl: Debian's QEMU for Xen opens no window; a VNC "
               "viewer shows the screen");
    refuse_vfb("vnc=1,opengl=1", -EOPNOTSUPP, 6, "opengl=1: Debian's QEMU for Xen opens no window; "
               "a VNC viewer shows the screen");
    refuse_vfb("type=gtk", -EINVAL, 0, "type \"gtk\": expected vnc");
    refuse_vfb("vncpasswd=secret", -EOPNOTSUPP, 0, "vncpasswd: Debian's QEMU for Xen has no DES, "
               "which passwords of VNC need; let it listen at 127.0.0.1, and reach that by ssh");
    refuse_vfb("vnclisten=host", -EINVAL, 0, "vnclisten \"host\": expected an address of this "
               "machine, as in 0.0.0.0 or [::1]:2");
    refuse_vfb("vnclisten=[::1]x", -EINVAL, 0, "vnclisten \"[::1]x\": expected an address of this "
               "machine, as in 0.0.0.0 or [::1]:2");
    refuse_vfb("vnclisten=[::1", -EINVAL, 0, "vnclisten \"[::1\": expected an address of this "
               "machine, as in 0.0.0.0 or [::1]:2");
    refuse_vfb("vnclisten=127.0.0.1:x", -EINVAL, 0, "vncdisplay: \"x\" is not a number");
    refuse_vfb("vncdisplay=1,vnclisten=127.0.0.1:2", -EINVAL, 13, "vncdisplay is given twice");
    refuse_vfb("vncdisplay=59636", -EINVAL, 0, "vncdisplay: 59636 is out of range: 0 to 59635");
    refuse_vfb("keymap=../etc/x", -EINVAL, 0, "keymap: expected letters, digits and \"-\" only");
    refuse_vfb("keymap=", -EINVAL, 0, "keymap: the value is empty");
    refuse_vfb("backend=drv", -EOPNOTSUPP, 0, "backend \"drv\": a screen is served by domain 0 "
               "only so far");
    refuse_vfb("vnc", -EINVAL, 0, "\"vnc\": a screen is described by KEY=VALUE, as in "
               "vncdisplay=1");
    refuse_vfb("vncdisplai=1", -EINVAL, 0,
               "\"vncdisplai\" is nothing that a screen has; do you mean \"vncdisplay\"?");
}

TEST(all_that_can_be_said_of_a_keyboard)
{
    same_vkb("", "backend-type=qemu");
    same_vkb("unique-id=desk.1,width=1024,height=768,feature-abs-pointer=1,feature-raw-pointer=0",
             "backend-type=qemu,unique-id=desk.1,width=1024,height=768");
    same_vkb("feature-disable-pointer=1,feature-disable-keyboard=1,feature-multi-touch=0,"
             "multi-touch-width=1,multi-touch-height=2,multi-touch-num-contacts=3,backend=Domain-0",
             "backend-type=qemu,feature-disable-keyboard=1,feature-disable-pointer=1");
}

TEST(what_is_wrong_with_a_keyboard_has_its_place)
{
    char longest[100] = "unique-id=";

    refuse_vkb("backend-type=linux", -EOPNOTSUPP, 0,
               "backend-type linux: keyboards are served by QEMU only so far");
    refuse_vkb("backend-type=x", -EINVAL, 0, "backend-type \"x\": expected qemu");
    refuse_vkb("feature-multi-touch=1", -EOPNOTSUPP, 0,
               "feature-multi-touch=1: QEMU's keyboard is no touch screen");
    refuse_vkb("width=1,height=0", -EINVAL, 8, "height: 0 is out of range: 1 to 65535");
    refuse_vkb("unique-id=a b", -EINVAL, 0,
               "unique-id: expected letters, digits and \"-_.:\" only");
    refuse_vkb("backend=1", -EOPNOTSUPP, 0, "backend \"1\": a keyboard is served by domain 0 only "
               "so far");
    refuse_vkb("left", -EINVAL, 0, "\"left\": a keyboard is described by KEY=VALUE, as in "
               "feature-disable-pointer=1");
    memset(longest + strlen(longest), 'x', 65);
    refuse_vkb(longest, -EINVAL, 0, "unique-id: longer than 64 bytes");
}

/* The whole of a configuration, with line and column; then as text and as JSON, if it is right. */
static void read_config(const char *lines, int want, const char *why, const char *back,
                        const char *json_part)
{
    struct xyl_cfg *cfg = xyl_cfg_new();
    const struct xyl_json_live live = { .domid = -1 };
    struct xyl_domain_config config;
    struct xyl_json json;
    char text[600], *out = NULL, *again;
    size_t size;
    FILE *file;

    xyl_err_clear(&err);
    xyl_domain_config_init(&config);
    snprintf(text, sizeof(text), "name='g'\nkernel='/k'\nmemory=64\n%s\n", lines);
    CHECK_EQ(xyl_cfg_parse(cfg, "f", text, strlen(text), &err), 0);
    CHECK_EQ(xyl_cfg_domain(cfg, &config, NULL, &err), want);
    CHECK_STR(err.text, why);
    if (want == 0) {
        again = xyl_cfg_domain_text(&config);
        EXPECT(strstr(again, back) != NULL);
        free(again);
        file = open_memstream(&out, &size);
        xyl_json_start(&json, file);
        xyl_json_domain(&json, &config, &live);
        xyl_json_end(&json);
        fclose(file);
        EXPECT(strstr(out, json_part) != NULL);
        free(out);
    }
    xyl_domain_config_dispose(&config);
    xyl_cfg_free(cfg);
}

TEST(in_a_configuration)
{
    read_config("vfb=['vncdisplay=1']", 0, "",
                "vfb = [ \"vnc=1,vncdisplay=1\" ]\nvkb = [ \"backend-type=qemu\" ]\n",
                "\"vfbs\": [\n        {\n            \"devid\": 0,\n            \"vnc\": {\n"
                "                \"enable\": \"True\",\n"
                "                \"listen\": \"127.0.0.1\",\n"
                "                \"display\": 1,\n"
                "                \"findunused\": \"True\"\n            },\n"
                "            \"sdl\": {\n                \"enable\": \"False\"\n            }\n"
                "        }\n    ],\n"
                "    \"vkbs\": [\n        {\n            \"devid\": 0,\n"
                "            \"backend_type\": \"qemu\"\n        }\n    ]");
    read_config("vfb='keymap=de,vncunused=0'\nvkb=['width=9,feature-disable-pointer=1']", 0, "",
                "vkb = [ \"backend-type=qemu,feature-disable-pointer=1,width=9\" ]\n",
                "\"feature_disable_pointer\": \"True\",\n            \"width\": 9\n");
    read_config("vfb=[]\nvkb=[]", 0, "", "name", "\"name\": \"g\"");
    read_config("vfb=['vnc=1',\n 'sdl=1']", -EOPNOTSUPP, "f:5:3: vfb: sdl=1: Debian's QEMU for Xen "
                "opens no window; a VNC viewer shows the screen", "", "");
    read_config("vfb=['vnc=1','vnc=1']", -EOPNOTSUPP, "vfb: QEMU serves one to a guest", "", "");
    read_config("vfb=['vnc=1']\nvkb=['','width=1']", -EOPNOTSUPP, "vkb: QEMU serves one to a guest",
                "", "");
    read_config("vkb=['width=1']", -EINVAL, "vkb: a keyboard belongs to a screen, and without vfb "
                "there is none", "", "");
}

TEST_MAIN
