#include "base/number.h"

#include "base/quick_number.h"

#include <fenv.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What the host process may have set and what changes the digits.
typedef struct number_mode {
    locale_t locale;
    int rounding;
} number_mode;

// The C locale and rounding to nearest, for this thread, until leave_plain.
static number_mode enter_plain(void)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    number_mode before = {.locale = uselocale(plain), .rounding = fegetround()};
    fesetround(FE_TONEAREST);
    return before;
}

static void leave_plain(number_mode before)
{
    locale_t plain = uselocale(before.locale);
    freelocale(plain);
    fesetround(before.rounding);
}

static size_t count_digits(const char *text, size_t n)
{
    size_t count = 0;
    while (count < n && text[count] >= '0' && text[count] <= '9') {
        count++;
    }
    return count;
}

static size_t sign_length(const char *text, size_t n)
{
    return n > 0 && (text[0] == '+' || text[0] == '-') ? 1 : 0;
}

int merit__parse_double(const char *text, size_t n, double *out)
{
    char copy[MERIT__NUMBER_TEXT_MAX + 1];
    if (n > MERIT__NUMBER_TEXT_MAX) {
        return -1;
    }
    enum merit__quick quick = merit__quick_double(text, n, out);
    if (quick != MERIT__QUICK_TOO_HARD) {
        return quick == MERIT__QUICK_DONE ? 0 : -1;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    number_mode before = enter_plain();
    double value = strtod(copy, NULL);
    leave_plain(before);
    if (!isfinite(value)) {
        return -1;
    }
    *out = value;
    return 0;
}

int merit__parse_integer(const char *text, size_t n, int64_t low, int64_t high,
                         int64_t *out)
{
    size_t at = sign_length(text, n);
    int negative = at > 0 && text[0] == '-';
    if (at == n || count_digits(text + at, n - at) != n - at) {
        return -1;
    }
    // Counted down from zero: the most negative number has no positive twin.
    int64_t value = 0;
    for (; at < n; at++) {
        int digit = text[at] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return -1;
        }
    }
    if (!negative && __builtin_sub_overflow(0, value, &value)) {
        return -1;
    }
    if (value < low || value > high) {
        return -1;
    }
    *out = value;
    return 0;
}

int merit__parse_decimal(const char *text, size_t n, int has_decimal_comma, double *out)
{
    char copy[MERIT__NUMBER_TEXT_MAX + 1];
    if (!has_decimal_comma) {
        return merit__parse_double(text, n, out);
    }
    if (n > sizeof copy || memchr(text, '.', n) != NULL) {
        return -1;
    }
    memcpy(copy, text, n);
    char *comma = memchr(copy, ',', n);
    if (comma != NULL) {
        *comma = '.';
    }
    return merit__parse_double(copy, n, out);
}

int merit__has_decimal_comma(const char *text, size_t n)
{
    char with_point[40];
    double ignored = 0;
    const char *comma = n > 0 ? memchr(text, ',', n) : NULL;
    if (comma == NULL || n >= sizeof with_point) {
        return 0;
    }
    memcpy(with_point, text, n);
    with_point[comma - text] = '.';
    return merit__parse_double(with_point, n, &ignored) == 0;
}

size_t merit__print_double(char out[MERIT__NUMBER_BYTES], double value)
{
    // A normal number that has a text of up to DBL_DIG digits gets it from DBL_DIG
    // digits: %g drops the zeros. Subnormal numbers carry fewer.
    int is_normal = value == 0.0 || fabs(value) >= DBL_MIN;
    int length = 0;
    number_mode before = enter_plain();
    for (int n_digits = is_normal ? DBL_DIG : 1; n_digits <= DBL_DECIMAL_DIG;
         n_digits++) {
        length = snprintf(out, MERIT__NUMBER_BYTES, "%.*g", n_digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    leave_plain(before);
    return (size_t)length;
}
