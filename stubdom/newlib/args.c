/* SPDX-License-Identifier: MIT */
/* Splitting the domain's command line. */
#include "args.h"

#include <stdbool.h>
#include <string.h>

static char program[] = "stub";

static bool is_assignment(const char *word)
{
    size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    return n > 0 && word[n] == '=' && (word[0] < '0' || word[0] > '9');
}

/* Unquote the word at *at in place and end it; *at moves behind it. */
static char *take_word(char **at)
{
    char *from = *at, *to = from, *word = from, quote = '\0';

    for (; *from != '\0' && (quote != '\0' || *from != ' '); from++) {
        if (*from == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*from == '"' || *from == '\'')) {
            quote = *from;
        } else {
            *to++ = *from;
        }
    }
    *at = from + (*from != '\0');
    *to = '\0';
    return word;
}

void arguments_parse(struct arguments *args, const char *line, size_t size)
{
    int nr_env = 0;
    bool all_words = false;
    char *at = args->text;
    size_t n = 0;

    memset(args, 0, sizeof(*args));
    while (n < size && n < sizeof(args->text) - 1 && line[n] != '\0') {
        args->text[n] = line[n];
        n++;
    }
    args->argv[args->argc++] = program;
    while (*(at += strspn(at, " ")) != '\0') {
        char *word = take_word(&at);

        if (!all_words && strcmp(word, "--") == 0) {
            all_words = true;
        } else if (!all_words && is_assignment(word)) {
            if (nr_env < MAX_ENV) {
                args->envp[nr_env++] = word;
            }
        } else if (args->argc < MAX_ARGS) {
            args->argv[args->argc++] = word;
        }
    }
}
