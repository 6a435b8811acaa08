/* SPDX-License-Identifier: GPL-2.0-only */
/* The VGA text screen, 0xb8000. */
#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/boot-info.h>
#include <asm/io.h>

#include "vga.h"

#define VGA_MADDR       0xb8000
#define VGA_COLUMNS     80
#define VGA_ROWS        25
#define VGA_ATTRIBUTE   0x0700      /* grey on black */
#define CRTC_INDEX      0x3d4
#define CRTC_DATA       0x3d5

static volatile uint16_t *screen;
static unsigned int column, row;
static bool keep;

/* Text modes other than 80x25 and graphics are left to the loader; keep: share it with dom0. */
static int __init parse_vga(const char *value)
{
    char item[32];

    while (cmdline_next_item(&value, item, sizeof(item))) {
        if (strcmp(item, "keep") == 0) {
            keep = true;
        } else if (strcmp(item, "current") != 0 && strcmp(item, "text-80x25") != 0) {
            return -EINVAL;
        }
    }
    return 0;
}
PARAM_CUSTOM("vga", parse_vga);

static void clear_row(unsigned int r)
{
    for (unsigned int i = 0; i < VGA_COLUMNS; i++) {
        screen[r * VGA_COLUMNS + i] = VGA_ATTRIBUTE | ' ';
    }
}

static void new_line(void)
{
    column = 0;
    if (++row < VGA_ROWS) {
        return;
    }
    row = VGA_ROWS - 1;
    for (unsigned int i = 0; i < row * VGA_COLUMNS; i++) {
        screen[i] = screen[i + VGA_COLUMNS];
    }
    clear_row(row);
}

bool vga_open(const struct boot_info *bi)
{
    if (bi->video.kind != BOOT_VIDEO_TEXT || bi->video.base != VGA_MADDR) {
        return false;
    }
    screen = (volatile uint16_t *)VGA_MADDR;
    for (unsigned int r = 0; r < VGA_ROWS; r++) {
        clear_row(r);
    }
    outb(0x0a, CRTC_INDEX);
    outb(0x20, CRTC_DATA);      /* no cursor */
    return true;
}

void vga_write(const char *text, size_t len)
{
    if (screen == NULL) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            new_line();
        } else if (text[i] == '\r') {
            column = 0;
        } else {
            if (column == VGA_COLUMNS) {
                new_line();
            }
            screen[row * VGA_COLUMNS + column++] =
                (uint16_t)(VGA_ATTRIBUTE | (uint8_t)(is_print(text[i]) ? text[i] : '.'));
        }
    }
}

/* Without the console lock, which is innermost: ioremap() takes others. */
void __init vga_end_boot(void)
{
    if (screen != NULL) {
        screen = keep ? ioremap(VGA_MADDR, VGA_ROWS * VGA_COLUMNS * 2) : NULL;
    }
}
