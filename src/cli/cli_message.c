#include "cli_message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

merit_status merit__refuse(merit_error *err, merit_status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    err->code = (int32_t)code;
    return code;
}

merit_status merit__refuse_system(merit_error *err, const char *path,
                                  const char *action)
{
    return merit__refuse(err, MERIT_EIO, "%.120s: cannot %s: %s", path, action,
                         strerror(errno));
}

merit_status merit__new_array(void *out, int64_t n, size_t size, merit_error *err)
{
    void *memory = n < 0 ? NULL : calloc(n == 0 ? 1 : (size_t)n, size);
    memcpy(out, &memory, sizeof memory);
    if (memory == NULL) {
        return merit__refuse(err, MERIT_ENOMEM,
                             "not enough memory for %lld x %zu bytes", (long long)n,
                             size);
    }
    return MERIT_OK;
}

// The bytes of the UTF-8 character at `text` if it is one that shows, else 0.
static size_t visible_bytes(const unsigned char *text)
{
    static const unsigned least[5] = {0, 0x20, 0xa0, 0x800, 0x10000};
    size_t n = text[0] < 0x80   ? 1
               : text[0] < 0xc2 ? 0
               : text[0] < 0xe0 ? 2
               : text[0] < 0xf0 ? 3
               : text[0] < 0xf5 ? 4
                                : 0;
    unsigned point = n == 1 ? text[0] : text[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (text[i] & 0x3f);
    }
    int is_mark = (point >= 0x2028 && point <= 0x202e) || // line ends, direction
                  (point >= 0x2066 && point <= 0x2069) ||
                  (point >= 0xd800 && point <= 0xdfff);
    return point < least[n] || point == 0x7f || point > 0x10ffff || is_mark ? 0 : n;
}

const char *merit__visible(char *out, size_t out_bytes, const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    size_t n = 0;
    while (*from != '\0') {
        size_t n_character = visible_bytes(from);
        if (n + (n_character > 0 ? n_character : 4) >= out_bytes) {
            break;
        }
        if (n_character > 0) {
            memcpy(out + n, from, n_character);
            n += n_character;
            from += n_character;
        } else {
            n += (size_t)snprintf(out + n, out_bytes - n, "\\x%02x", *from);
            from++;
        }
    }
    out[n] = '\0';
    return out;
}

void merit__tell(const char *prefix, const char *text)
{
    char line[1024];
    fprintf(stderr, "%s: %s\n", prefix, merit__visible(line, sizeof line, text));
}

int merit__exit_code(merit_status status)
{
    switch (status) {
    case MERIT_OK:
        return 0;
    case MERIT_EINVAL:
        return 2;
    case MERIT_EFORMAT:
    case MERIT_EUNSUPPORTED:
        return 3;
    case MERIT_EMODEL:
        return 4;
    case MERIT_EIO:
        return 5;
    case MERIT_ENOMEM:
        return 6;
    case MERIT_ENUMERIC:
        return 7;
    case MERIT_EBUSY:
        return 8;
    case MERIT_ESTOPPED:
        return 75;
    case MERIT_EBACKEND:
        return 1;
    }
    return 1;
}

int merit__finish(merit_status status, const merit_error *err)
{
    if (status != MERIT_OK) {
        merit__tell("merit", err->message);
    }
    return merit__exit_code(status);
}
