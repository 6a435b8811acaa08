/* SPDX-License-Identifier: GPL-2.0-only */
/* printf into a buffer: the integer and string conversions of C11, and %p with suffixes. */
#include <xen/lib-string.h>

int (*printf_pointer_hook)(char suffix, const void *ptr, char *buf, size_t size);

/* Where the text goes; pos counts on behind the end, so that the whole length is known. */
struct out {
    char *buf;
    size_t size;
    size_t pos;
};

#define F_LEFT   1u
#define F_ZERO   2u
#define F_PLUS   4u
#define F_SPACE  8u
#define F_ALT    16u
#define F_UPPER  32u

/* One conversion.  precision is -1 when none was given. */
struct spec {
    unsigned int flags;
    int width;
    int precision;
    char length;        /* 0, h, H (hh), l, q (ll), z */
};

static void put(struct out *o, char c)
{
    if (o->pos < o->size) {
        o->buf[o->pos] = c;
    }
    o->pos++;
}

static void pad(struct out *o, char c, int n)
{
    while (n-- > 0) {
        put(o, c);
    }
}

static void put_text(struct out *o, const char *s, int len, const struct spec *sp)
{
    if (!(sp->flags & F_LEFT)) {
        pad(o, ' ', sp->width - len);
    }
    for (int i = 0; i < len; i++) {
        put(o, s[i]);
    }
    if (sp->flags & F_LEFT) {
        pad(o, ' ', sp->width - len);
    }
}

static int digits_of(uint64_t v, unsigned int base, bool upper, char *end)
{
    const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int n = 0;

    for (; v != 0; v /= base, n++) {
        *--end = alphabet[v % base];
    }
    return n;
}

/* @sign  0 or the character that stands before the number. */
static void put_number(struct out *o, uint64_t v, unsigned int base, char sign,
                       const struct spec *sp)
{
    char digits[24];
    int n = digits_of(v, base, sp->flags & F_UPPER, digits + sizeof(digits));
    int least = sp->precision >= 0 ? sp->precision : 1;
    bool hex_mark = (sp->flags & F_ALT) && base == 16 && v != 0;
    int zeros, total;

    if ((sp->flags & F_ALT) && base == 8 && least <= n) {
        least = n + 1;
    }
    zeros = n < least ? least - n : 0;
    total = n + zeros + (sign != 0) + (hex_mark ? 2 : 0);
    if ((sp->flags & (F_ZERO | F_LEFT)) == F_ZERO && sp->precision < 0 && total < sp->width) {
        zeros += sp->width - total;
        total = sp->width;
    }
    if (!(sp->flags & F_LEFT)) {
        pad(o, ' ', sp->width - total);
    }
    if (sign != 0) {
        put(o, sign);
    }
    if (hex_mark) {
        put(o, '0');
        put(o, sp->flags & F_UPPER ? 'X' : 'x');
    }
    pad(o, '0', zeros);
    for (int i = 0; i < n; i++) {
        put(o, digits[sizeof(digits) - (size_t)n + (size_t)i]);
    }
    if (sp->flags & F_LEFT) {
        pad(o, ' ', sp->width - total);
    }
}

static const char *parse_flags(const char *f, struct spec *sp)
{
    for (;; f++) {
        switch (*f) {
        case '-': sp->flags |= F_LEFT; break;
        case '0': sp->flags |= F_ZERO; break;
        case '+': sp->flags |= F_PLUS; break;
        case ' ': sp->flags |= F_SPACE; break;
        case '#': sp->flags |= F_ALT; break;
        default: return f;
        }
    }
}

static const char *parse_int(const char *f, int *value)
{
    for (*value = 0; is_digit(*f); f++) {
        if (*value < 100000) {
            *value = *value * 10 + (*f - '0');
        }
    }
    return f;
}

static const char *parse_length(const char *f, struct spec *sp)
{
    if (*f == 'h' || *f == 'l') {
        sp->length = *f;
        if (f[1] == f[0]) {
            sp->length = *f == 'h' ? 'H' : 'q';
            f++;
        }
        return f + 1;
    }
    if (*f == 'z' || *f == 't' || *f == 'j') {
        sp->length = 'z';
        return f + 1;
    }
    return f;
}

static int64_t sign_extend(uint64_t v, char length)
{
    switch (length) {
    case 'H': return (int8_t)v;
    case 'h': return (int16_t)v;
    case 0: return (int32_t)v;
    default: return (int64_t)v;
    }
}

static uint64_t zero_extend(uint64_t v, char length)
{
    switch (length) {
    case 'H': return (uint8_t)v;
    case 'h': return (uint16_t)v;
    case 0: return (uint32_t)v;
    default: return v;
    }
}

static void put_signed(struct out *o, int64_t v, const struct spec *sp)
{
    char sign = v < 0 ? '-' : sp->flags & F_PLUS ? '+' : sp->flags & F_SPACE ? ' ' : 0;

    put_number(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, sign, sp);
}

/* Returns how many letters behind the p were taken. */
static int put_pointer(struct out *o, const void *ptr, char suffix, struct spec *sp)
{
    char text[128];
    int len = -1;

    if (printf_pointer_hook != NULL && suffix >= 'A' && suffix <= 'z') {
        len = printf_pointer_hook(suffix, ptr, text, sizeof(text));
    }
    if (len >= 0) {
        put_text(o, text, len < (int)sizeof(text) ? len : (int)sizeof(text) - 1, sp);
        return 1;
    }
    if (sp->precision < 0) {
        sp->precision = 2 * (int)sizeof(ptr);
    }
    put_number(o, (uintptr_t)ptr, 16, 0, sp);
    return 0;
}

static void put_string(struct out *o, const char *s, const struct spec *sp)
{
    size_t max = sp->precision >= 0 ? (size_t)sp->precision : 1u << 20;

    if (s == NULL) {
        s = "(null)";
    }
    put_text(o, s, (int)strnlen(s, max), sp);
}

static void put_unsigned(struct out *o, uint64_t v, char conversion, struct spec *sp)
{
    unsigned int base = conversion == 'o' ? 8 : conversion == 'u' ? 10 : 16;

    if (conversion == 'X') {
        sp->flags |= F_UPPER;
    }
    put_number(o, zero_extend(v, sp->length), base, 0, sp);
}

/*
 * An argument of integer type is fetched by its size, since a va_list is walked at run time.
 */
#define FETCH(sp, ap)                                                        \
    ((sp)->length == 'l' || (sp)->length == 'q' || (sp)->length == 'z'       \
     ? va_arg(ap, uint64_t) : (uint64_t)va_arg(ap, unsigned int))

static const char *parse_width(const char *f, struct spec *sp, int star)
{
    if (*f == '*') {
        sp->width = star;
        if (star < 0) {
            sp->flags |= F_LEFT;
            sp->width = -star;
        }
        return f + 1;
    }
    return parse_int(f, &sp->width);
}

int vsnprintf(char *buf, size_t size, const char *f, va_list args)
{
    struct out o = { buf, size, 0 };
    va_list ap;

    va_copy(ap, args);
    while (*f != '\0') {
        struct spec sp = { .precision = -1 };
        char c;

        if (*f != '%') {
            put(&o, *f++);
            continue;
        }
        f = parse_flags(f + 1, &sp);
        f = parse_width(f, &sp, *f == '*' ? va_arg(ap, int) : 0);
        if (*f == '.') {
            if (*++f == '*') {
                sp.precision = va_arg(ap, int);
                f++;
            } else {
                f = parse_int(f, &sp.precision);
            }
        }
        f = parse_length(f, &sp);
        c = *f;
        switch (c) {
        case 'd':
        case 'i':
            put_signed(&o, sign_extend(FETCH(&sp, ap), sp.length), &sp);
            break;
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            put_unsigned(&o, FETCH(&sp, ap), c, &sp);
            break;
        case 'c':
            put_text(&o, (char[]){ (char)va_arg(ap, int) }, 1, &sp);
            break;
        case 's':
            put_string(&o, va_arg(ap, const char *), &sp);
            break;
        case 'p':
            f += put_pointer(&o, va_arg(ap, const void *), f[1], &sp);
            break;
        case '%':
            put(&o, '%');
            break;
        default:    /* no conversion of ours: show it as it stands */
            put(&o, '%');
            if (c != '\0') {
                put(&o, c);
            }
            break;
        }
        if (c != '\0') {
            f++;
        }
    }
    va_end(ap);
    if (size != 0) {
        buf[o.pos < size ? o.pos : size - 1] = '\0';
    }
    return (int)o.pos;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    int n = vsnprintf(buf, size, fmt, args);

    if (size == 0) {
        return 0;
    }
    return (size_t)n < size ? n : (int)size - 1;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vscnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}
