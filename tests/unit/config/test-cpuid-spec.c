/* SPDX-License-Identifier: GPL-2.0-only */
/* Both languages of cpuid=: what they say, how it is written, what is wrong and where. */
#include "harness.h"
#include "xyl_cfg.h"
#include "xyl_json.h"
#include "xyl_spec.h"

#include <errno.h>

#define X8 "xxxxxxxx"

static struct xyl_cpuid *list;
static size_t nr, at;
static struct xyl_err err;

static int parse(const char *text)
{
    xyl_err_clear(&err);
    return xyl_cpuid_parse(text, &list, &nr, &at, &err);
}

static void forget(void)
{
    free(list);
    list = NULL;
    nr = 0;
}

/* All of @text, written as a list. */
static void means(const char *text, const char *want)
{
    char all[1000] = "";

    CHECK_EQ(parse(text), 0);
    CHECK_STR(err.text, "");
    for (size_t i = 0; i < nr; i++) {
        char *one = xyl_cpuid_text(&list[i]);

        strcat(all, i > 0 ? " " : "");
        strcat(all, one);
        free(one);
    }
    CHECK_STR(all, want);
    forget();
}

static void refuse(const char *text, int want, size_t place, const char *why)
{
    int rc = parse(text);

    forget();
    CHECK_STR(err.text, why);
    CHECK_EQ(rc, want);
    CHECK_EQ(at, place);
}

TEST(the_manual_s_example)
{
    static const char xend[] = "1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0,"
                               "edx=xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    means("host,tm=0,sse3=0", "0x1:edx=xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx "
          "0x1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0");
    means(xend, "0x1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0 "
          "0x1:edx=xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

TEST(each_character)
{
    means("host,avx2=1", "0x7,0:ebx=" X8 X8 X8 "xx1xxxxx");
    means("host,avx2=k", "0x7,0:ebx=" X8 X8 X8 "xxkxxxxx");
    means("host,avx2=s", "0x7,0:ebx=" X8 X8 X8 "xxkxxxxx");
    means("host,avx2=1,avx2=x", "0x7,0:ebx=" X8 X8 X8 X8);
    means("host", "");
    means(" host , avx2 = 0 , sse3=0", "0x7,0:ebx=" X8 X8 X8 "xx0xxxxx 0x1:ecx=" X8 X8 X8
          "xxxxxxx0");
    means("0x80000001:ecx=" X8 X8 X8 "10kxs01x", "0x80000001:ecx=" X8 X8 X8 "10kxk01x");
    means("7,1:eax=" X8 X8 X8 "xxx1xxxx", "0x7,1:eax=" X8 X8 X8 "xxx1xxxx");
    means("7:ebx=" X8 X8 X8 "xx0xxxxx", "0x7,0:ebx=" X8 X8 X8 "xx0xxxxx");
}

/* Names as the header has them, as scripts spell them, and as they were called before. */
TEST(names)
{
    static const struct { const char *a, *b; } pairs[] = {
        { "sse4-1", "sse4_1" }, { "sse4-2", "SSE4.2" }, { "tsc-adjust", "tsc_adjust" },
        { "aesni", "aes" }, { "lahf-lm", "lahfsahf" }, { "itsc", "invtsc" }, { "tm1", "tm" },
        { "eist", "est" }, { "avx512-ifma", "avx512ifma" }, { "sep", "sysenter" },
        { "cx16", "cmpxchg16" }, { "cr8-legacy", "altmovcr8" },
    };
    struct xyl_cpuid_field a, b;
    char name[XYL_CPUID_NAME];

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        CHECK_EQ(xyl_cpuid_find(pairs[i].a, &a), 0);
        CHECK_EQ(xyl_cpuid_find(pairs[i].b, &b), 0);
        CHECK(a.leaf == b.leaf && a.subleaf == b.subleaf && a.reg == b.reg && a.shift == b.shift);
    }
    means("host,clfsh=0", "0x1:edx=xxxxxxxxxxxx0xxx" X8 X8);
    for (size_t i = 0; xyl_cpuid_name(i, name); i++) {
        int rc = xyl_cpuid_find(name, &a);

        CHECK(rc == 0 || rc == -EOPNOTSUPP);
        CHECK(strlen(name) > 1 && strpbrk(name, "_. ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
    }
}

/* A bit's text is the name that sets that bit. */
TEST(each_bit_is_called_by_a_name_that_means_it)
{
    struct xyl_cpuid_field f, g;
    char name[XYL_CPUID_NAME], text[48];

    for (size_t i = 0; xyl_cpuid_name(i, name); i++) {
        struct xyl_cpuid of = { 0 };

        if (xyl_cpuid_find(name, &f) == 0) {
            of.leaf = f.leaf;
            of.subleaf = f.subleaf;
            of.reg = f.reg;
            CHECK(xyl_cpuid_has_subleaves(f.leaf) == (f.subleaf != XYL_CPUID_NO_SUBLEAF));
            CHECK_EQ(xyl_cpuid_bit_text(&of, f.shift, text), f.bits);
            CHECK_EQ(xyl_cpuid_find(text, &g), 0);
            CHECK(g.shift == f.shift && g.bits == f.bits);
        }
    }
    CHECK_EQ(xyl_cpuid_bit_text(&(struct xyl_cpuid){ .leaf = 9, .subleaf = 2 }, 31, text), 0);
    CHECK_STR(text, "leaf 0x9,2 eax bit 31");
}

TEST(numbers)
{
    means("host,family=6,model=85,stepping=0x4", "0x1:eax=xxxx000000000101xxxx011001010100");
    means("host,family=25", "0x1:eax=xxxx00001010xxxxxxxx1111xxxxxxxx");
    means("host,family=15", "0x1:eax=xxxx00000000xxxxxxxx1111xxxxxxxx");
    means("host,family=k", "0x1:eax=xxxxkkkkkkkkxxxxxxxxkkkkxxxxxxxx");
    means("host,clflush=8", "0x1:ebx=" X8 X8 "00001000" X8);
    means("host,maxleaf=0xd", "0x0:eax=00000000000000000000000000001101");
    means("host,apicidsize=3,nc=7", "0x80000008:ecx=xxxxxxxxxxxxxxxx0011xxxx00000111");
    refuse("host,stepping=16", -EINVAL, 5, "stepping=16 is out of range: 0 to 15");
    refuse("host,family=010x", -EINVAL, 5, "family=010x: expected a number, x or k");
    refuse("host,family=-1", -EINVAL, 5, "family=-1: expected a number, x or k");
    refuse("host,maxhvleaf=1", -EINVAL, 5, "maxhvleaf=1 is out of range: 2 to 255");
    refuse("host,nc=4294967296", -EINVAL, 5, "nc=4294967296: expected a number, x or k");
}

TEST(what_is_wrong_is_named_with_its_place)
{
    refuse("host,sse3=0,avx9=1", -EINVAL, 12, "\"avx9\" is no CPU feature; do you mean \"avx\"?");
    refuse("host,qqqqqqqqqqqq=1", -EINVAL, 5, "\"qqqqqqqqqqqq\" is no CPU feature");
    refuse("host,avx2=2", -EINVAL, 5, "avx2=2: expected 1, 0, x, k or s");
    refuse("host,avx2=", -EINVAL, 5, "avx2=: expected 1, 0, x, k or s");
    refuse("host,avx2", -EINVAL, 5, "\"avx2\": a value is missing, as in avx2=0");
    refuse("host;avx2=1", -EINVAL, 0, "expected a comma behind host");
    refuse("avx2=1", -EINVAL, 0, "expected \"host,NAME=VALUE,...\" or "
           "\"LEAF[,SUBLEAF]:REGISTER=BITS,...\"");
    refuse("", -EINVAL, 0, "expected \"host,NAME=VALUE,...\" or "
           "\"LEAF[,SUBLEAF]:REGISTER=BITS,...\"");
    refuse("1:ecx=10", -EINVAL, 2, "ecx: expected 32 characters 1, 0, x, k or s, the highest bit "
           "first; \"10\" has 2");
    refuse("1:ecx=" X8 X8 X8 "xxxxxxx2", -EINVAL, 2, "ecx: expected 32 characters 1, 0, x, k or "
           "s, the highest bit first; \"" X8 X8 X8 "xxxxxxx2\" has 32");
    refuse("1:esi=" X8 X8 X8 X8, -EINVAL, 2,
           "\"esi=" X8 X8 X8 X8 "\": expected eax=, ebx=, ecx= or edx=");
    refuse("1:ea", -EINVAL, 2, "\"ea\": expected eax=, ebx=, ecx= or edx=");
    refuse("1,1:ecx=" X8 X8 X8 X8, -EINVAL, 0, "leaf 0x1 has no subleaf 1");
    refuse("7,0xffffffff:ecx=" X8 X8 X8 X8, -EINVAL, 0, "leaf 0x7 has no subleaf 4294967295");
    refuse("7,a:ecx=" X8 X8 X8 X8, -EINVAL, 0, "expected a number and a colon behind the leaf");
    refuse("host,rdcl-no=1", -EOPNOTSUPP, 5, "rdcl-no is told in a model-specific register, which "
           "cpuid does not change; arch-caps=0 hides all of these");
}

static int read_domain(const char *setting, struct xyl_domain_config *config)
{
    struct xyl_cfg *cfg = xyl_cfg_new();
    char text[400];
    int rc;

    snprintf(text, sizeof(text), "name='g'\nkernel='/k'\nmemory=64\n%s\n", setting);
    xyl_err_clear(&err);
    xyl_domain_config_init(config);
    rc = xyl_cfg_parse(cfg, "f", text, strlen(text), &err);
    rc = rc < 0 ? rc : xyl_cfg_domain(cfg, config, NULL, &err);
    xyl_cfg_free(cfg);
    return rc;
}

TEST(the_setting)
{
    static const struct xyl_json_live none = { .domid = -1 };
    struct xyl_domain_config c;
    struct xyl_json json;
    char *text;
    size_t size;
    FILE *out;

    CHECK_EQ(read_domain("cpuid=[ 'host,avx2=0,fpu=1,vme=k', '1:ecx=" X8 X8 X8 "xxxxxxx0' ]",
                         &c), 0);
    CHECK_EQ(c.nr_cpuid, 3);
    text = xyl_cfg_domain_text(&c);
    CHECK(strstr(text, "cpuid = [ \"0x7,0:ebx=" X8 X8 X8 "xx0xxxxx\", \"0x1:edx=" X8 X8 X8
                 "xxxxxxk1\", \"0x1:ecx=" X8 X8 X8 "xxxxxxx0\" ]\n") != NULL);
    free(text);
    out = open_memstream(&text, &size);
    xyl_json_start(&json, out);
    xyl_json_domain(&json, &c, &none);
    CHECK(xyl_json_end(&json));
    fclose(out);
    CHECK(strstr(text, "\"cpuid\": {\n            \"cpuid\": [\n                {\n"
                 "                    \"leaf\": 7,\n                    \"subleaf\": 0,\n"
                 "                    \"ebx\": \"" X8 X8 X8 "xx0xxxxx\"\n                },\n"
                 "                {\n                    \"leaf\": 1,\n"
                 "                    \"ecx\": \"" X8 X8 X8 "xxxxxxx0\",\n"
                 "                    \"edx\": \"" X8 X8 X8 "xxxxxxk1\"\n                }\n"
                 "            ],\n            \"msr\": [\n\n            ]\n        }") != NULL);
    free(text);
    xyl_domain_config_dispose(&c);
    CHECK_EQ(read_domain("cpuid=''", &c), 0);
    CHECK_EQ(c.nr_cpuid, 0);
    xyl_domain_config_dispose(&c);
    CHECK_EQ(read_domain("cpuid='host,avx2=0,sse=q'", &c), -EINVAL);
    CHECK_STR(err.text, "f:4:20: cpuid: sse=q: expected 1, 0, x, k or s");
    xyl_domain_config_dispose(&c);
}

TEST_MAIN
