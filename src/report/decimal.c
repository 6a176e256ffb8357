#include "report/decimal.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 9 };

merit__decimal merit__decimal_of(double value, int decimals)
{
    merit__decimal out;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    int n = snprintf(out.text, sizeof out.text, "%.*f", decimals, value);
    if (n > LONGEST) {
        snprintf(out.text, sizeof out.text, "%.4g", value);
    }
    uselocale(before);
    freelocale(plain);
    if (strspn(out.text, "-0.") == strlen(out.text) && out.text[0] == '-') {
        memmove(out.text, out.text + 1, strlen(out.text)); // no negative zero
    }
    return out;
}
