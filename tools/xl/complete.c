/* SPDX-License-Identifier: GPL-2.0-only */
/* The completion script for bash, written from the table of verbs. */
#include "xl.h"

#include <string.h>

/* "-x --long" of each option; a row's option text is "x|long y|other=". */
static void put_options(FILE *out, const char *options)
{
    const char *blank = "";

    while (*options != '\0') {
        size_t len = strcspn(options + 2, " =");

        fprintf(out, "%s-%c --%.*s", blank, *options, (int)len, options + 2);
        blank = " ";
        options += 2 + len;
        options += strspn(options, " =");
    }
}

/* What the words of a verb are, told from its synopsis. */
static const char *words_of(const struct xl_verb *verb)
{
    if (verb->needs_domain != XL_NOTHING || strstr(verb->synopsis, "DOMAIN") != NULL ||
        strcmp(verb->name, "domid") == 0) {
        return strstr(verb->synopsis, "FILE") != NULL ? "both" : "domain";
    }
    if (strstr(verb->synopsis, "FILE") != NULL) {
        return "file";
    }
    return strstr(verb->synopsis, "VERB") != NULL ? "verb" : "none";
}

static void put_cases(FILE *out)
{
    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL; verb++) {
        fprintf(out, "    %s) words=%s options=\"", verb->name, words_of(verb));
        put_options(out, verb->options);
        fputs("\" ;;\n", out);
    }
}

void xl_completion(FILE *out)
{
    fputs("# bash completion of xl, written by \"xl help --bash\" from its table of verbs\n"
          "_xl() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} verb= verbs words=none options= i\n"
          "    verbs=\"", out);
    for (const struct xl_verb *verb = xl_verbs; verb->name != NULL; verb++) {
        fprintf(out, "%s%s", verb != xl_verbs ? " " : "", verb->name);
    }
    fputs("\"\n"
          "    COMPREPLY=()\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        [[ ${COMP_WORDS[i]} == -* ]] || { verb=${COMP_WORDS[i]}; break; }\n"
          "    done\n"
          "    case $verb in\n"
          "    '') words=verb options=\"-v -N -f -t -T\" ;;\n", out);
    put_cases(out);
    fputs("    esac\n"
          "    if [[ $cur == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options --help\" -- \"$cur\"))\n"
          "        return\n"
          "    fi\n"
          "    if [[ $words == verb ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\"))\n"
          "    fi\n"
          "    if [[ $words == domain || $words == both ]]; then\n"
          /* Not by compgen -W, which expands what it is given: a name may be "$(reboot)". */
          "        while read -r i _; do\n"
          "            [[ $i == \"$cur\"* ]] && COMPREPLY+=(\"$i\")\n"
          "        done < <(xl list 2>/dev/null | awk 'NR > 1')\n"
          "    fi\n"
          "    if [[ $words == file || $words == both ]]; then\n"
          "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _xl xl\n", out);
}
