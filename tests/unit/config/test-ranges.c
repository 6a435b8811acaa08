/* SPDX-License-Identifier: GPL-2.0-only */
/* ioports, iomem, irqs: what can be said, and back to text; what is refused and where. */
#include "harness.h"
#include "xyl_cfg.h"

#include <errno.h>

static struct xyl_err err;

/* NULL on an error; for free(). */
static char *read_back(const char *setting, int want)
{
    struct xyl_cfg *cfg = xyl_cfg_new();
    struct xyl_domain_config config;
    char text[400], *out, *line = NULL;

    xyl_err_clear(&err);
    xyl_domain_config_init(&config);
    snprintf(text, sizeof(text), "name='g'\nkernel='/k'\nmemory=64\n%s\n", setting);
    EXPECT(xyl_cfg_parse(cfg, "f", text, strlen(text), &err) == 0);
    EXPECT(xyl_cfg_domain(cfg, &config, NULL, &err) == want);
    out = want == 0 ? xyl_cfg_domain_text(&config) : NULL;
    if (out != NULL && strchr(setting, ' ') != NULL) {
        line = strstr(out, strndupa(setting, strcspn(setting, " ")));
        line = line != NULL ? strndup(line, strcspn(line, "\n")) : NULL;
    }
    free(out);
    xyl_domain_config_dispose(&config);
    xyl_cfg_free(cfg);
    return line;
}

static void same(const char *setting, const char *text)
{
    char *first = read_back(setting, 0), *second;

    CHECK_STR(err.text, "");
    CHECK_STR(first, text);
    second = read_back(first, 0);
    CHECK_STR(second, text);
    free(first);
    free(second);
}

static void refuse(const char *setting, int want, const char *why)
{
    CHECK(read_back(setting, want) == NULL);
    CHECK_STR(err.text, why);
}

TEST(all_that_can_be_said)
{
    same("ioports = [ '2f8-2ff', '60', '0-FFFF' ]",
         "ioports = [ \"2f8-2ff\", \"60-60\", \"0-ffff\" ]");
    same("ioports = '2f8'", "ioports = [ \"2f8-2f8\" ]");
    same("iomem = [ 'fee00,1', 'a0,20@a0', '0,10000000000' ]",
         "iomem = [ \"fee00,1\", \"a0,20\", \"0,10000000000\" ]");
    same("irqs = [ 5, '10', 0 ]", "irqs = [ 5, 10, 0 ]");
    same("irqs = 4", "irqs = [ 4 ]");
}

TEST(ports_that_are_none)
{
    refuse("ioports = [ '2f8-' ]", -EINVAL,
           "f:4:18: ioports: expected a port in hexadecimal digits");
    refuse("ioports = [ 'x' ]", -EINVAL, "f:4:14: ioports: expected a port in hexadecimal digits");
    refuse("ioports = [ '-1' ]", -EINVAL, "f:4:14: ioports: expected a port in hexadecimal digits");
    refuse("ioports = [ '10000' ]", -EINVAL, "f:4:14: ioports: a port is out of range: 0 to ffff");
    refuse("ioports = [ '2ff-2f8' ]", -EINVAL,
           "f:4:18: ioports: the last port is below the first, 2ff");
    refuse("ioports = [ '2f8 ' ]", -EINVAL, "f:4:17: ioports: unexpected \" \" behind the port");
    refuse("ioports = [ 2 ]", -EINVAL, "f:4:13: ioports: expected text in quotes");
    refuse("ioports = [ ['1'] ]", -EINVAL, "f:4:13: ioports: expected text in quotes");
}

TEST(frames_that_are_none)
{
    refuse("iomem = [ 'fee00' ]", -EINVAL,
           "f:4:17: iomem: the number of frames is missing, as in fee00,1");
    refuse("iomem = [ 'fee00,0' ]", -EINVAL, "f:4:18: iomem: no frame at all");
    refuse("iomem = [ 'ffffffffff,2' ]", -EINVAL,
           "f:4:23: iomem: so many frames end beyond the last one");
    refuse("iomem = [ '10000000000,1' ]", -EINVAL,
           "f:4:12: iomem: a frame number is out of range: 0 to ffffffffff");
    refuse("iomem = [ 'fffffffffffffffff,1' ]", -EINVAL,
           "f:4:12: iomem: a frame number is out of range: 0 to ffffffffff");
    refuse("iomem = [ 'fee00,1@1000' ]", -EOPNOTSUPP, "f:4:20: iomem: a PV guest has device memory "
           "at its own place only; leave @1000 out");
    refuse("iomem = [ 'fee00,1,2' ]", -EINVAL,
           "f:4:19: iomem: unexpected \",2\" behind the frames");
}

TEST(interrupts_that_are_none)
{
    refuse("irqs = [ -1 ]", -EINVAL, "f:4:10: irqs: expected the number of an interrupt");
    refuse("irqs = [ '' ]", -EINVAL, "f:4:11: irqs: expected the number of an interrupt");
    refuse("irqs = [ 5, 0x10 ]", -EINVAL, "f:4:14: irqs: unexpected \"x10\" behind the number");
    refuse("irqs = [ 2147483648 ]", -EINVAL,
           "f:4:10: irqs: the number of an interrupt is out of range: 0 to 2147483647");
    refuse("irqs = [ [ 5 ] ]", -EINVAL, "f:4:10: irqs: expected text in quotes");
}

TEST_MAIN
