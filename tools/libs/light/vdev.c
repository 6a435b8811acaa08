/* SPDX-License-Identifier: GPL-2.0-only */
/* Names and numbers of virtual disks (public/io/blkif.h; Linux's device numbers). */
#include "xyl_device.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XVD_MAJOR   202u
#define SD_MAJOR    8u
#define HDA_MAJOR   3u          /* hda and hdb */
#define HDC_MAJOR   22u         /* hdc and hdd */
#define EXTENDED    (1u << 28)  /* xvd disks beyond the 16th, or partitions beyond the 15th */
#define DISK_MAX    (1u << 20)  /* what the extended form has bits for */

/* One form of name: how many disks and partitions it has numbers for. */
struct form {
    const char *prefix;
    unsigned int disks, partitions;
};

static const struct form forms[] = {
    { "xvd", DISK_MAX, 256 }, { "sd", 16, 16 }, { "hd", 4, 64 },
};

static int encode(const struct form *form, unsigned int disk, unsigned int partition)
{
    if (disk >= form->disks || partition >= form->partitions) {
        return -ERANGE;
    }
    switch (form->prefix[0]) {
    case 's':
        return (int)(SD_MAJOR << 8 | disk << 4 | partition);
    case 'h':
        return (int)((disk < 2 ? HDA_MAJOR : HDC_MAJOR) << 8 | (disk & 1) << 6 | partition);
    default:
        return (int)(disk < 16 && partition < 16 ? XVD_MAJOR << 8 | disk << 4 | partition :
                     EXTENDED | disk << 8 | partition);
    }
}

/* Digits at @text, all of it up to @end; above any limit if there are many. */
static bool digits(const char **text, unsigned int *value)
{
    const char *start = *text;

    *value = 0;
    for (; isdigit((unsigned char)**text); (*text)++) {
        *value = *value < DISK_MAX ? *value * 10 + (unsigned int)(**text - '0') : DISK_MAX;
    }
    return *text != start;
}

/* "xvdab3": letters count as a, ..., z, aa, ab, ... */
static int by_letters(const struct form *form, const char *text)
{
    unsigned int disk = 0, partition = 0, letters = 0;

    for (; islower((unsigned char)*text); text++, letters++) {
        disk = disk < DISK_MAX ? disk * 26 + (unsigned int)(*text - 'a') + 1 : DISK_MAX + 1;
    }
    if (letters == 0 || *text == '0' || (*text != '\0' && !digits(&text, &partition)) ||
        *text != '\0') {
        return -EINVAL;
    }
    return encode(form, disk - 1, partition);
}

/* "d0p1", with or without the partition. */
static int by_numbers(const char *text)
{
    unsigned int disk, partition = 0;

    if (!digits(&text, &disk)) {
        return -EINVAL;
    }
    if (*text == 'p') {
        text++;
        if (!digits(&text, &partition)) {
            return -EINVAL;
        }
    }
    return *text == '\0' ? encode(&forms[0], disk, partition) : -EINVAL;
}

int xyl_vdev_number(const char *name)
{
    unsigned long number;
    char *end;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t len = strlen(forms[i].prefix);

        if (strncmp(name, forms[i].prefix, len) == 0) {
            return by_letters(&forms[i], name + len);
        }
    }
    if (name[0] == 'd') {
        return by_numbers(name + 1);
    }
    if (!isdigit((unsigned char)name[0])) {
        return -EINVAL;
    }
    errno = 0;
    number = strtoul(name, &end, 0);
    if (*end != '\0') {
        return -EINVAL;
    }
    return errno == 0 && number < 2ul * EXTENDED ? (int)number : -ERANGE;
}

/* "a", ..., "z", "aa", ... */
static void put_letters(unsigned int disk, char **out)
{
    char text[8];
    size_t n = 0;

    do {
        text[n++] = (char)('a' + disk % 26);
        disk = disk / 26;
    } while (disk-- != 0);
    while (n > 0) {
        *(*out)++ = text[--n];
    }
}

static void put_name(const char *prefix, unsigned int disk, unsigned int partition, char *name)
{
    name = stpcpy(name, prefix);
    put_letters(disk, &name);
    *name = '\0';
    if (partition != 0) {
        sprintf(name, "%u", partition);
    }
}

void xyl_vdev_name(uint32_t number, char name[XYL_VDEV_TEXT])
{
    unsigned int major = number >> 8, minor = number & 0xff;

    if (number >= EXTENDED && number < 2 * EXTENDED) {
        put_name("xvd", number >> 8 & (DISK_MAX - 1), minor, name);
    } else if (major == XVD_MAJOR || major == SD_MAJOR) {
        put_name(major == SD_MAJOR ? "sd" : "xvd", minor >> 4, minor & 15, name);
    } else if (major == HDA_MAJOR || major == HDC_MAJOR) {
        if (minor < 128) {
            put_name("hd", minor >> 6 | (major == HDC_MAJOR ? 2u : 0u), minor & 63, name);
        } else {
            sprintf(name, "%u", number);
        }
    } else {
        sprintf(name, "%u", number);
    }
}
