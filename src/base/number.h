/* Numbers as text, the same in every locale. */
#ifndef MERIT_BASE_NUMBER_H
#define MERIT_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { MERIT__NUMBER_BYTES = 32 }; // room for any printed number

// Longer text is no number: every double written out in full is shorter.
enum { MERIT__NUMBER_TEXT_MAX = 1100 };

/* Parses the whole of text[0..n) as a decimal number (sign, digits, point,
 * exponent; no hex, no nan, no inf, no spaces). Returns 0 and *out, or -1; a value
 * too large for a double is -1 too. */
int merit__parse_double(const char *text, size_t n, double *out);

/* As above for a decimal integer within [low, high]. */
int merit__parse_integer(const char *text, size_t n, int64_t low, int64_t high,
                         int64_t *out);

/* A number with a point, or with a comma in its place and no point. Returns 0 and *out,
 * or -1. */
int merit__parse_decimal(const char *text, size_t n, int has_decimal_comma,
                         double *out);

/* What to do about a decimal comma where none is expected. */
#define MERIT__DECIMAL_HINT "a decimal comma? use --decimal=,"

/* Whether text[0..n) would be a number if its comma were a point. */
int merit__has_decimal_comma(const char *text, size_t n);

/* The shortest text that parses back to the same bits. Returns its length. */
size_t merit__print_double(char out[MERIT__NUMBER_BYTES], double value);

#endif
