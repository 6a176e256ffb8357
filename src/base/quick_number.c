#include "base/quick_number.h"

#include <fenv.h>
#include <float.h>
#include <stdint.h>
#include <string.h>

/* A decimal number is mantissa * 10^exponent. Where the mantissa and the power of ten
 * are exact in a wider type, one operation of that type gives the nearest wide number;
 * that rounds to the nearest double unless it lies half way between two of them, where
 * the first rounding has hidden on which side the exact value was (Clinger 1990, "How
 * to read floating point numbers accurately"). With a mantissa of 64 bits all of 19
 * digits are exact, and one number in 2048 lies half way. */
#if LDBL_MANT_DIG == 64
typedef long double wide;
enum { EXPONENT_MAX = 27 };                     // 5^27 < 2^64
static const uint64_t mantissa_max = UINT64_MAX; // exact
#else
typedef double wide;
enum { EXPONENT_MAX = 22 }; // 5^22 < 2^53
static const uint64_t mantissa_max = UINT64_C(1) << 53;
#endif

enum { DIGITS_MAX = 19, EXPONENT_LIMIT = 100000 };

static const wide powers[] = {
    1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
    1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
    1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L,
};

/* The number so far: all digits, as long as there are no more than DIGITS_MAX. */
typedef struct decimal {
    uint64_t mantissa;
    int n_digits; // significant ones, leading zeros not counted
    long exponent;
} decimal;

// Takes a run of digits; returns where it ends.
static const char *take_digits(decimal *number, const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        number->n_digits += number->n_digits > 0 || *at != '0';
        if (number->n_digits <= DIGITS_MAX) {
            number->mantissa = 10 * number->mantissa + (uint64_t)(*at - '0');
        }
        at++;
    }
    return at;
}

// The exponent after its e; NULL when there is none.
static const char *take_exponent(decimal *number, const char *at, const char *end)
{
    int is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    const char *first = at;
    long exponent = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        exponent =
            exponent < EXPONENT_LIMIT ? 10 * exponent + (*at - '0') : EXPONENT_LIMIT;
    }
    number->exponent += is_negative ? -exponent : exponent;
    return at > first ? at : NULL;
}

// Whether the text is a number; its parts.
static int take_decimal(decimal *number, const char *at, const char *end)
{
    const char *first = at;
    at = take_digits(number, at, end);
    size_t n_digits = (size_t)(at - first);
    if (at < end && *at == '.') {
        const char *point = ++at;
        at = take_digits(number, at, end);
        n_digits += (size_t)(at - point);
        number->exponent = point - at;
    }
    if (n_digits == 0) {
        return 0;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = take_exponent(number, at + 1, end);
    }
    return at == end;
}

#if LDBL_MANT_DIG == 64
// Whether the wide number lies half way between two doubles.
static int is_half_way(wide value)
{
    uint64_t mantissa = 0;
    memcpy(&mantissa, &value, sizeof mantissa); // x86: the mantissa comes first
    return (mantissa & 0x7ff) == 0x400;
}
#else
static int is_half_way(wide value)
{
    (void)value;
    return 0;
}
#endif

enum merit__quick merit__quick_double(const char *text, size_t n, double *out)
{
    decimal number = {0};
    if (n == 0) { // text may be NULL
        return MERIT__QUICK_NOT_A_NUMBER;
    }
    const char *end = text + n;
    int is_negative = text[0] == '-';
    text += text[0] == '-' || text[0] == '+';
    if (!take_decimal(&number, text, end)) {
        return MERIT__QUICK_NOT_A_NUMBER;
    }
    wide value = (wide)number.mantissa;
    if (number.mantissa > 0) {
        if (number.n_digits > DIGITS_MAX || number.mantissa > mantissa_max ||
            number.exponent > EXPONENT_MAX || number.exponent < -EXPONENT_MAX ||
            fegetround() != FE_TONEAREST) {
            return MERIT__QUICK_TOO_HARD;
        }
        if (number.exponent < 0) {
            value /= powers[-number.exponent];
        } else {
            value *= powers[number.exponent];
        }
        if (is_half_way(value)) {
            return MERIT__QUICK_TOO_HARD;
        }
    }
    *out = (double)(is_negative ? -value : value);
    return MERIT__QUICK_DONE;
}
