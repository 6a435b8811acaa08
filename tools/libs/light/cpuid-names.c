/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of CPU features and where CPUID has them.
 * Spec: public/arch-x86/cpufeatureset.h for features; SDM 2A, CPUID and APM 3, appendix E for the
 * rest.
 */
#include "xyl_cpuid.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <public/arch-x86/cpufeatureset.h>

#define EAX XYL_CPUID_EAX
#define EBX XYL_CPUID_EBX
#define ECX XYL_CPUID_ECX
#define EDX XYL_CPUID_EDX
#define NONE XYL_CPUID_NO_SUBLEAF
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where the words of a feature set lie; those from an MSR have no register here. */
static const struct {
    uint32_t leaf, subleaf;
    enum xyl_cpuid_reg reg;
    bool msr;
} words[] = {
    { 1, NONE, EDX, false }, { 1, NONE, ECX, false }, { 0x80000001, NONE, EDX, false },
    { 0x80000001, NONE, ECX, false }, { 0xd, 1, EAX, false }, { 7, 0, EBX, false },
    { 7, 0, ECX, false }, { 0x80000007, NONE, EDX, false }, { 0x80000008, NONE, EBX, false },
    { 7, 0, EDX, false }, { 7, 1, EAX, false }, { 0x80000021, NONE, EAX, false },
    { 7, 1, EBX, false }, { 7, 2, EDX, false }, { 7, 1, ECX, false }, { 7, 1, EDX, false },
    { 0, 0, EAX, true }, { 0, 0, EAX, true }, { 0x80000021, NONE, ECX, false },
};

struct feature {
    const char *name;
    uint16_t number;
};

#define XEN_CPUFEATURE(name, number) { #name, number },
static const struct feature features[] = {
#include <public/arch-x86/cpufeatureset.h>
};
#undef XEN_CPUFEATURE

/* clflush is a number, so the feature needs another name; the others are older ones. */
static const struct feature aliases[] = {
    { "clfsh", XEN_X86_FEATURE_CLFLUSH }, { "aes", XEN_X86_FEATURE_AESNI },
    { "altmovcr8", XEN_X86_FEATURE_CR8_LEGACY }, { "avx512ifma", XEN_X86_FEATURE_AVX512_IFMA },
    { "avx512vbmi", XEN_X86_FEATURE_AVX512_VBMI }, { "cmplegacy", XEN_X86_FEATURE_CMP_LEGACY },
    { "cmpxchg16", XEN_X86_FEATURE_CX16 }, { "cmpxchg8", XEN_X86_FEATURE_CX8 },
    { "cmt", XEN_X86_FEATURE_PQM }, { "est", XEN_X86_FEATURE_EIST },
    { "invtsc", XEN_X86_FEATURE_ITSC }, { "lahfsahf", XEN_X86_FEATURE_LAHF_LM },
    { "nodeid", XEN_X86_FEATURE_NODEID_MSR }, { "sysenter", XEN_X86_FEATURE_SEP },
    { "tm", XEN_X86_FEATURE_TM1 },
};

/* Numbers, and bits that are no features of the header. */
static const struct xyl_cpuid_field fields[] = {
    { "maxleaf", 0, NONE, EAX, 0, 32, 0, 0, 0, UINT32_MAX },
    { "stepping", 1, NONE, EAX, 0, 4, 0, 0, 0, 15 },
    { "model", 1, NONE, EAX, 4, 4, 16, 4, 0, 255 },
    { "family", 1, NONE, EAX, 8, 4, 20, 8, 0, 15 + 255 },
    { "brandid", 1, NONE, EBX, 0, 8, 0, 0, 0, 255 },
    { "clflush", 1, NONE, EBX, 8, 8, 0, 0, 0, 255 },
    { "proccount", 1, NONE, EBX, 16, 8, 0, 0, 0, 255 },
    { "localapicid", 1, NONE, EBX, 24, 8, 0, 0, 0, 255 },
    { "procpkg", 4, 0, EAX, 26, 6, 0, 0, 0, 63 },
    { "maxhvleaf", 0x40000000, NONE, EAX, 0, 8, 0, 0, 2, 255 },
    { "nc", 0x80000008, NONE, ECX, 0, 8, 0, 0, 0, 255 },
    { "apicidsize", 0x80000008, NONE, ECX, 12, 4, 0, 0, 0, 15 },
    { "cntxid", 1, NONE, ECX, 10, 1, 0, 0, 0, 1 },
    { "psn", 1, NONE, EDX, 18, 1, 0, 0, 0, 1 },
    { "ia64", 1, NONE, EDX, 30, 1, 0, 0, 0, 1 },
    { "arat", 6, NONE, EAX, 2, 1, 0, 0, 0, 1 },
    { "perfctr-core", 0x80000001, NONE, ECX, 23, 1, 0, 0, 0, 1 },
    { "perfctr-nb", 0x80000001, NONE, ECX, 24, 1, 0, 0, 0, 1 },
};

bool xyl_cpuid_has_subleaves(uint32_t leaf)
{
    return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd;
}

const char *xyl_cpuid_reg_name(enum xyl_cpuid_reg reg)
{
    static const char *const names[] = { "eax", "ebx", "ecx", "edx" };

    return names[reg];
}

/* A letter of a name as xl.cfg has it. */
static char spelled(char c)
{
    return c == '_' || c == '.' ? '-' : (char)tolower((unsigned char)c);
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && spelled(*a) == spelled(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static struct xyl_cpuid_field field_of(const struct feature *f)
{
    return (struct xyl_cpuid_field){
        .name = f->name, .leaf = words[f->number / 32].leaf,
        .subleaf = words[f->number / 32].subleaf, .reg = words[f->number / 32].reg,
        .shift = f->number % 32, .bits = 1, .max = 1,
    };
}

static int find_feature(const struct feature *list, size_t nr, const char *name,
                        struct xyl_cpuid_field *field)
{
    for (size_t i = 0; i < nr; i++) {
        if (same(name, list[i].name)) {
            *field = field_of(&list[i]);
            return words[list[i].number / 32].msr ? -EOPNOTSUPP : 0;
        }
    }
    return -ESRCH;
}

int xyl_cpuid_find(const char *name, struct xyl_cpuid_field *field)
{
    int rc;

    for (size_t i = 0; i < COUNT(fields); i++) {
        if (same(name, fields[i].name)) {
            *field = fields[i];
            return 0;
        }
    }
    rc = find_feature(features, COUNT(features), name, field);
    return rc == -ESRCH ? find_feature(aliases, COUNT(aliases), name, field) : rc;
}

static void spell(const char *name, char out[XYL_CPUID_NAME])
{
    size_t i = 0;

    for (; name[i] != '\0' && i < XYL_CPUID_NAME - 1; i++) {
        out[i] = spelled(name[i]);
    }
    out[i] = '\0';
}

bool xyl_cpuid_name(size_t i, char name[XYL_CPUID_NAME])
{
    if (i < COUNT(fields)) {
        spell(fields[i].name, name);
    } else if (i - COUNT(fields) < COUNT(features)) {
        spell(features[i - COUNT(fields)].name, name);
    } else if (i - COUNT(fields) - COUNT(features) < COUNT(aliases)) {
        spell(aliases[i - COUNT(fields) - COUNT(features)].name, name);
    } else {
        return false;
    }
    return true;
}

static uint32_t part(unsigned int shift, unsigned int bits)
{
    return bits == 32 ? UINT32_MAX : ((1u << bits) - 1) << shift;
}

uint32_t xyl_cpuid_mask(const struct xyl_cpuid_field *field)
{
    return part(field->shift, field->bits) | part(field->high_shift, field->high_bits);
}

uint32_t xyl_cpuid_number(const struct xyl_cpuid_field *field, uint32_t value)
{
    uint32_t low = value, high = 0;

    if (field->high_bits == 4) {            /* model: the high half stands before the low one */
        low = value & 15;
        high = value >> 4;
    } else if (field->high_bits == 8) {     /* family: what is above 15 is added */
        low = value < 15 ? value : 15;
        high = value - low;
    }
    return (low << field->shift) | (high << field->high_shift);
}

static bool covers(const struct xyl_cpuid_field *field, const struct xyl_cpuid *of,
                   unsigned int bit)
{
    return field->leaf == of->leaf && field->subleaf == of->subleaf && field->reg == of->reg &&
           (xyl_cpuid_mask(field) >> bit & 1);
}

unsigned int xyl_cpuid_bit_text(const struct xyl_cpuid *of, unsigned int bit, char text[48])
{
    for (size_t i = 0; i < COUNT(features); i++) {
        struct xyl_cpuid_field f = field_of(&features[i]);

        if (!words[features[i].number / 32].msr && covers(&f, of, bit)) {
            spell(features[i].number == XEN_X86_FEATURE_CLFLUSH ? "clfsh" : f.name, text);
            return 1;
        }
    }
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (covers(&fields[i], of, bit)) {
            spell(fields[i].name, text);
            return fields[i].bits;
        }
    }
    if (of->subleaf == NONE) {
        snprintf(text, 48, "leaf 0x%x %s bit %u", of->leaf, xyl_cpuid_reg_name(of->reg), bit);
    } else {
        snprintf(text, 48, "leaf 0x%x,%u %s bit %u", of->leaf, of->subleaf,
                 xyl_cpuid_reg_name(of->reg), bit);
    }
    return 0;
}
