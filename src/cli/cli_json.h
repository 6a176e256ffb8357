/* JSON records. Building one needs no check of each call: Jansson passes NULL on, and
 * merit__json_print refuses it. */
#ifndef MERIT_CLI_JSON_H
#define MERIT_CLI_JSON_H

#include "merit/error.h"

#include <jansson.h>

/* A number; null when it is not finite, which JSON cannot say. */
json_t *merit__json_number(double value);

/* Text from a file, made valid UTF-8. */
json_t *merit__json_text(const char *text);

/* A list of n numbers. */
json_t *merit__json_numbers(const double *values, int64_t n);

/* Prints the record on one line of standard output and frees it; NULL is ENOMEM. */
merit_status merit__json_print(json_t *record, merit_error *err);

#endif
