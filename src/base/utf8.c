#include "base/utf8.h"

size_t merit__utf8_bytes(const char *text, uint32_t *point)
{
    // The smallest code point that needs so many bytes.
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    *point = bytes[0];
    if (bytes[0] < 0x80) {
        return 1;
    }
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4) {
        return 0;
    }
    size_t n = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    *point = bytes[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (bytes[i] & 0x3f);
    }
    int is_surrogate = *point >= 0xd800 && *point <= 0xdfff;
    return *point < smallest[n] || *point > 0x10ffff || is_surrogate ? 0 : n;
}

int merit__is_utf8(const char *text)
{
    while (*text != '\0') {
        uint32_t point = 0;
        size_t n = merit__utf8_bytes(text, &point);
        if (n == 0) {
            return 0;
        }
        text += n;
    }
    return 1;
}
