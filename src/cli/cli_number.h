/* Numbers from the command line, read strictly: the whole word, within its range. */
#ifndef MERIT_CLI_NUMBER_H
#define MERIT_CLI_NUMBER_H

#include "merit/error.h"

/* Whether the whole text is one finite decimal number (no hex, nan, inf, spaces). */
int merit__parse_number(double *out, const char *text);

/* A number with low <= number <= high; EINVAL says `what: expected <expected>, found
 * "<text>"`. */
merit_status merit__read_number(double *out, const char *what, const char *text,
                                double low, double high, const char *expected,
                                merit_error *err);

/* A number above 0. */
merit_status merit__read_positive(double *out, const char *what, const char *text,
                                  merit_error *err);

/* A number above 0 and below 1. */
merit_status merit__read_share(double *out, const char *what, const char *text,
                               merit_error *err);

/* A whole number with low <= number <= high. */
merit_status merit__read_count(int64_t *out, const char *what, const char *text,
                               int64_t low, int64_t high, merit_error *err);

/* A time above 0 in seconds, or with a suffix s, m or h. */
merit_status merit__read_seconds(double *out, const char *what, const char *text,
                                 merit_error *err);

enum { MERIT__COUNT_BYTES = 32 };

/* A count >= 0 as a reader wants it: "200,000". Returns out. */
const char *merit__count_text(char out[MERIT__COUNT_BYTES], int64_t count);

/* The value to print with so many decimals: never one that shows as -0.000. */
double merit__unsigned_zero(double value, int decimals);

#endif
