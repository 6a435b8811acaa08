/* SPDX-License-Identifier: GPL-2.0-only */
/* The VGA text screen: where text lands, how it wraps and scrolls, whose it is after boot. */
#include <sys/mman.h>

#include <xen/cmdline.h>
#include <xen/mapframe.h>

#include <asm/boot-info.h>
#include <asm/io.h>

#include "../harness.h"
#include "vga.h"

#define AT      0xb8000ul
#define COLUMNS 80
#define ROWS    25

static uint16_t *const screen = (uint16_t *)AT;
static uint16_t mapped[ROWS * COLUMNS];
static const struct boot_info text_mode = { .video = { .kind = BOOT_VIDEO_TEXT, .base = AT } };

void *ioremap(uint64_t maddr, size_t size)
{
    return maddr == AT && size == sizeof(mapped) ? mapped : NULL;
}

/* The cursor is switched off by the start register of the CRT controller. */
static uint8_t crtc_index, cursor_start;

void outb(uint8_t v, uint16_t port)
{
    if (port == 0x3d4) {
        crtc_index = v;
    } else if (port == 0x3d5 && crtc_index == 0x0a) {
        cursor_start = v;
    }
}

static const struct param *vga_param(void)
{
    for (const struct param *p = __start_init_params; p < __stop_init_params; p++) {
        if (strcmp(p->name, "vga") == 0) {
            return p;
        }
    }
    return NULL;
}

static void open_screen(void)
{
    static void *there;

    if (there == NULL) {
        there = mmap((void *)AT, 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    }
    CHECK(there == (void *)AT);
    memset((void *)AT, 0xff, sizeof(mapped));
    CHECK(vga_open(&text_mode));
    CHECK_EQ(cursor_start & 0x20, 0x20);
}

static void put(const char *text)
{
    vga_write(text, strlen(text));
}

/* Row @r of @from is @text and blanks, grey on black. */
static bool row_is(const uint16_t *from, unsigned int r, const char *text)
{
    size_t n = strlen(text);

    for (unsigned int c = 0; c < COLUMNS; c++) {
        if (from[r * COLUMNS + c] != (0x0700 | (c < n ? text[c] : ' '))) {
            return false;
        }
    }
    return true;
}

TEST(other_screens_are_left_alone)
{
    struct boot_info graphics = text_mode, elsewhere = text_mode;

    graphics.video.kind = BOOT_VIDEO_TEXT + 1;
    elsewhere.video.base = 0xb0000;
    EXPECT(!vga_open(&graphics));
    EXPECT(!vga_open(&elsewhere));
    put("nowhere\n");
}

TEST(lines_wrap_and_scroll)
{
    char line[16];

    open_screen();
    for (unsigned int r = 0; r < ROWS; r++) {
        EXPECT(row_is(screen, r, ""));
    }
    put("first\r\nse\tcond\n");
    EXPECT(row_is(screen, 0, "first"));
    EXPECT(row_is(screen, 1, "se.cond"));
    for (unsigned int i = 0; i < COLUMNS + 3; i++) {
        put("x");
    }
    EXPECT(row_is(screen, 3, "xxx"));
    for (unsigned int i = 0; i < ROWS; i++) {
        snprintf(line, sizeof(line), "\nline %u", i);
        put(line);
    }
    EXPECT(row_is(screen, ROWS - 1, "line 24"));
    EXPECT(row_is(screen, 0, "line 0"));
}

TEST(after_boot_it_is_dom0s_unless_kept)
{
    CHECK(vga_param() != NULL);
    CHECK_EQ(vga_param()->parse("text-80x25,keep"), 0);
    EXPECT(vga_param()->parse("gfx-640x480x16") < 0);
    open_screen();
    vga_end_boot();
    put("\nkept");
    EXPECT(row_is(mapped, ROWS - 1, "kept"));
}

TEST_MAIN
