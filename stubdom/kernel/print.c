/* SPDX-License-Identifier: MIT */
/* Formatting without a C library. */
#include <stub/print.h>

#include <stdbool.h>
#include <stdint.h>

struct sink {
    char *out;
    size_t size, used;
};

struct spec {
    bool alternate, zero, left;
    unsigned int width, longs;
};

static void put(struct sink *s, char c)
{
    if (s->used + 1 < s->size) {
        s->out[s->used] = c;
    }
    s->used++;
}

static void put_padded(struct sink *s, const struct spec *spec, const char *text, size_t n)
{
    for (size_t i = n; !spec->left && i < spec->width; i++) {
        put(s, spec->zero ? '0' : ' ');
    }
    for (size_t i = 0; i < n; i++) {
        put(s, text[i]);
    }
    for (size_t i = n; spec->left && i < spec->width; i++) {
        put(s, ' ');
    }
}

static void put_string(struct sink *s, const struct spec *spec, const char *text)
{
    size_t n = 0;

    if (text == NULL) {
        text = "(null)";
    }
    while (text[n] != '\0') {
        n++;
    }
    put_padded(s, spec, text, n);
}

static void put_number(struct sink *s, const struct spec *spec, unsigned long value,
                       unsigned int base, bool negative)
{
    char digits[24];
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (spec->alternate && base == 16) {
        digits[--at] = 'x';
        digits[--at] = '0';
    }
    if (negative) {
        digits[--at] = '-';
    }
    put_padded(s, spec, digits + at, sizeof(digits) - at);
}

static void put_signed(struct sink *s, const struct spec *spec, long value)
{
    put_number(s, spec, value < 0 ? 0UL - (unsigned long)value : (unsigned long)value, 10,
               value < 0);
}

static const char *parse_spec(const char *format, struct spec *spec)
{
    *spec = (struct spec){ 0 };
    for (;; format++) {
        if (*format == '#') {
            spec->alternate = true;
        } else if (*format == '0') {
            spec->zero = true;
        } else if (*format == '-') {
            spec->left = true;
        } else {
            break;
        }
    }
    for (; *format >= '0' && *format <= '9'; format++) {
        spec->width = spec->width * 10 + (unsigned int)(*format - '0');
    }
    for (; *format == 'l' || *format == 'z'; format++) {
        spec->longs++;
    }
    return format;
}

int stub_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
    struct sink s = { out, size, 0 };
    struct spec spec;

    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(&s, *format);
            continue;
        }
        format = parse_spec(format + 1, &spec);
        switch (*format) {
        case 's':
            put_string(&s, &spec, va_arg(args, const char *));
            break;
        case 'c':
            put(&s, (char)va_arg(args, int));
            break;
        case 'd':
            put_signed(&s, &spec, spec.longs ? va_arg(args, long) : va_arg(args, int));
            break;
        case 'u':
        case 'x':
            put_number(&s, &spec, spec.longs ? va_arg(args, unsigned long)
                       : va_arg(args, unsigned int), *format == 'x' ? 16 : 10, false);
            break;
        case 'p':
            spec.alternate = true;
            put_number(&s, &spec, (unsigned long)va_arg(args, void *), 16, false);
            break;
        default:
            put(&s, *format);
            break;
        }
    }
    if (size > 0) {
        out[s.used < size ? s.used : size - 1] = '\0';
    }
    return (int)s.used;
}

int stub_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = stub_vsnprintf(out, size, format, args);
    va_end(args);
    return n;
}
