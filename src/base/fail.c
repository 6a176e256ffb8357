#include "base/fail.h"

#include "base/utf8.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char cut_mark[] = "..."; // where text was left out

// The bytes of the character at `text` that is safe to show, or 0 for a control
// character, a bidirectional control or invalid UTF-8.
static size_t shown_bytes(const char *text)
{
    uint32_t point = 0;
    size_t n = merit__utf8_bytes(text, &point);
    int is_control = point < 0x20 || (point >= 0x7f && point < 0xa0) ||
                     point == 0x061c || (point >= 0x200e && point <= 0x200f) ||
                     (point >= 0x2028 && point <= 0x202e) ||
                     (point >= 0x2066 && point <= 0x2069);
    return is_control ? 0 : n;
}

// Puts the first character of *text into `shown` as a message shows it, moves *text
// behind it and returns the length.
static size_t show_next(char shown[4], const char **text)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = shown_bytes(*text);
    if (n > 0) {
        memcpy(shown, *text, n);
        *text += n;
        return n;
    }
    unsigned byte = (unsigned char)**text;
    shown[0] = '\\';
    shown[1] = 'x';
    shown[2] = digits[byte >> 4];
    shown[3] = digits[byte & 15];
    *text += 1;
    return 4;
}

const char *merit__printable(char *out, size_t out_bytes, const char *name)
{
    char shown[4];
    size_t n = 0;
    size_t cut = 0; // the last length after which the mark still fits
    if (out_bytes == 0) {
        return out;
    }
    while (*name != '\0') {
        size_t n_shown = show_next(shown, &name);
        if (n + n_shown >= out_bytes) {
            size_t room = out_bytes - 1 - cut;
            n = cut + (room < sizeof cut_mark - 1 ? room : sizeof cut_mark - 1);
            memcpy(out + cut, cut_mark, n - cut);
            break;
        }
        memcpy(out + n, shown, n_shown);
        n += n_shown;
        if (n + sizeof cut_mark - 1 < out_bytes) {
            cut = n;
        }
    }
    out[n] = '\0';
    return out;
}

const char *merit__printable_path(char *out, size_t out_bytes, const char *path)
{
    char shown[4];
    size_t n = 0;
    for (const char *from = path; *from != '\0';) {
        n += show_next(shown, &from);
    }
    if (n < out_bytes || out_bytes < sizeof cut_mark) {
        return merit__printable(out, out_bytes, path);
    }
    const size_t n_mark = sizeof cut_mark - 1;
    while (n + n_mark >= out_bytes) {
        n -= show_next(shown, &path);
    }
    memcpy(out, cut_mark, n_mark);
    merit__printable(out + n_mark, out_bytes - n_mark, path);
    return out;
}

merit_status merit__fail(merit_error *err, merit_status code, const char *format, ...)
{
    if (err == NULL) {
        return code;
    }
    char raw[1024] = "";
    // Numbers in messages keep their decimal point in every locale.
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    uselocale(before);
    freelocale(plain);
    err->code = (int32_t)code;
    merit__printable(err->message, sizeof err->message, raw);
    return code;
}

merit_status merit__fail_memory(merit_error *err, size_t n_bytes, const char *what)
{
    return merit__fail(err, MERIT_ENOMEM, "%s: not enough memory for %zu bytes", what,
                       n_bytes);
}

merit_status merit__fail_system(merit_error *err, int error_number, const char *path,
                                const char *action)
{
    char shown[128];
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    merit_status status = merit__fail(err, MERIT_EIO, "%s: cannot %s: %s",
                                      merit__printable_path(shown, sizeof shown, path),
                                      action, strerror_l(error_number, plain));
    freelocale(plain);
    return status;
}
