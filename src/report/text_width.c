#include "report/text_width.h"

#include <stdint.h>
#include <string.h>

#include "base/fail.h"
#include "base/utf8.h"

// Shares of the size of the font.
static const double narrow = 0.36, usual = 0.64, broad = 0.9, full = 1.02;

static double share_of(uint32_t point)
{
    if (point >= 0x1100) {
        return full; // as wide as high: what is Chinese, Japanese, Korean, a picture
    }
    if (point >= 0x80) {
        return usual * 1.15;
    }
    return strchr("ijl.,:;'|!I ()[]ft-", (int)point) != NULL ? narrow
           : strchr("mwMW@%&", (int)point) != NULL           ? broad
           : point >= 'A' && point <= 'Z'                    ? usual * 1.2
                                                             : usual;
}

double merit__text_width(const char *text, size_t n_characters, double font_size)
{
    char shown[512];
    double width = 0;
    uint32_t point = 0;
    merit__printable(shown, sizeof shown, text);
    for (const char *at = shown; *at != '\0' && n_characters > 0; n_characters--) {
        at += merit__utf8_bytes(at, &point);
        width += share_of(point) * font_size;
    }
    return width;
}
