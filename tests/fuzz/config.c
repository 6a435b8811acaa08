/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl.cfg: any text either gives one error or a configuration that, written out and read
 * again, is written out the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_cfg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *ctx, const char *text)
{
    (void)ctx;
    (void)text;
}

/* The text of a configuration that was read from @text, or NULL. */
static char *read_and_write(const char *text, size_t size)
{
    static const struct xyl_cfg_warner warner = { ignore, NULL };
    struct xyl_cfg *cfg = xyl_cfg_new();
    struct xyl_domain_config config;
    struct xyl_err err = XYL_ERR_INIT;
    char *out = NULL;
    int rc;

    xyl_domain_config_init(&config);
    rc = cfg != NULL ? xyl_cfg_parse(cfg, "fuzz", text, size, &err) : -1;
    if (rc == 0) {
        rc = xyl_cfg_domain(cfg, &config, &warner, &err);
    }
    if (rc == 0) {
        out = xyl_cfg_domain_text(&config);
    } else if (err.text[0] == '\0') {
        abort();        /* an error without a word */
    }
    xyl_domain_config_dispose(&config);
    xyl_cfg_free(cfg);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *first = read_and_write((const char *)data, size), *second;

    if (first != NULL) {
        second = read_and_write(first, strlen(first));
        if (second == NULL || strcmp(first, second) != 0) {
            abort();
        }
        free(second);
    }
    free(first);
    return 0;
}
