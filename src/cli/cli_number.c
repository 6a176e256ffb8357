#include "cli_number.h"

#include "cli_message.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The program never sets a locale, so strtod wants a decimal point.
int merit__parse_number(double *out, const char *text)
{
    char *end = NULL;
    if (text[0] == '\0' || strspn(text, "0123456789+-.eE") != strlen(text)) {
        return 0;
    }
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

merit_status merit__read_number(double *out, const char *what, const char *text,
                                double low, double high, const char *expected,
                                merit_error *err)
{
    double value = 0;
    if (!merit__parse_number(&value, text) || value < low || value > high) {
        return merit__refuse(err, MERIT_EINVAL, "%s: expected %s, found \"%.60s\"",
                             what, expected, text);
    }
    *out = value;
    return MERIT_OK;
}

merit_status merit__read_positive(double *out, const char *what, const char *text,
                                  merit_error *err)
{
    return merit__read_number(out, what, text, DBL_TRUE_MIN, DBL_MAX,
                              "a number above 0", err);
}

merit_status merit__read_share(double *out, const char *what, const char *text,
                               merit_error *err)
{
    return merit__read_number(out, what, text, nextafter(0, 1), nextafter(1, 0),
                              "a share above 0 and below 1", err);
}

merit_status merit__read_count(int64_t *out, const char *what, const char *text,
                               int64_t low, int64_t high, merit_error *err)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    int is_whole = text[0] != '\0' && strspn(text, "0123456789+-") == strlen(text) &&
                   *end == '\0' && errno == 0;
    if (!is_whole || value < low || value > high) {
        return merit__refuse(err, MERIT_EINVAL,
                             "%s: expected a whole number from %" PRId64 " to %" PRId64
                             ", found \"%.60s\"",
                             what, low, high, text);
    }
    *out = value;
    return MERIT_OK;
}

merit_status merit__read_seconds(double *out, const char *what, const char *text,
                                 merit_error *err)
{
    static const char expected[] = "a time above 0, such as 90, 90s, 15m or 2h";
    char number[64];
    size_t n = strlen(text);
    double unit = 1;
    if (n > 0 && strchr("smh", text[n - 1]) != NULL) {
        n--;
        unit = text[n] == 'h' ? 3600 : text[n] == 'm' ? 60 : 1;
    }
    double value = 0;
    int fits = n < sizeof number;
    if (fits) {
        memcpy(number, text, n);
        number[n] = '\0';
    }
    if (!fits || !merit__parse_number(&value, number) || value <= 0 ||
        !isfinite(value * unit)) {
        return merit__refuse(err, MERIT_EINVAL, "%s: expected %s, found \"%.60s\"",
                             what, expected, text);
    }
    *out = value * unit;
    return MERIT_OK;
}

double merit__unsigned_zero(double value, int decimals)
{
    return signbit(value) && value >= -0.5 * pow(10, -decimals) ? 0 : value;
}

const char *merit__count_text(char out[MERIT__COUNT_BYTES], int64_t count)
{
    char digits[MERIT__COUNT_BYTES];
    const int n = snprintf(digits, sizeof digits, "%" PRId64, count);
    int at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}
