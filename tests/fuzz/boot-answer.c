/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer of a bootloader, which read it from a guest's disk.  What is accepted has a kernel and
 * is the same in the two other forms; what is refused has a reason.
 */
#include "bootloader.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int claim)
{
    if (!claim) {
        abort();
    }
}

static int same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The same again, each entry ended by @mark, if no value has it. */
static void try_again(const struct boot_choice *choice, char mark)
{
    const char *keys[] = { "kernel", "ramdisk", "args" };
    const char *values[] = { choice->kernel, choice->ramdisk, choice->cmdline };
    struct boot_choice again = { NULL, NULL, NULL };
    struct xyl_err err = XYL_ERR_INIT;
    size_t len = 0, room = 64;
    char *text;

    for (size_t i = 0; i < 3; i++) {
        if (values[i] != NULL && mark != '\0' && strchr(values[i], mark) != NULL) {
            return;
        }
        room += values[i] != NULL ? strlen(values[i]) : 0;
    }
    text = malloc(room);
    for (size_t i = 0; i < 3; i++) {
        if (values[i] != NULL) {
            len += (size_t)sprintf(text + len, "%s %s", keys[i], values[i]);
            text[len++] = mark;
        }
    }
    require(boot_answer_parse(text, len, &again, &err) == 0);
    require(same(again.kernel, choice->kernel) && same(again.ramdisk, choice->ramdisk) &&
            same(again.cmdline, choice->cmdline));
    boot_choice_dispose(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct boot_choice choice = { NULL, NULL, NULL };
    struct xyl_err err = XYL_ERR_INIT;

    if (boot_answer_parse((const char *)data, size, &choice, &err) < 0) {
        require(err.text[0] != '\0');
    } else {
        require(choice.kernel != NULL);
        try_again(&choice, '\0');
        try_again(&choice, '\n');
    }
    boot_choice_dispose(&choice);
    return 0;
}
