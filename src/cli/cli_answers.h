/* The table of answers that `merit predict` and `merit decide` write. */
#ifndef MERIT_CLI_ANSWERS_H
#define MERIT_CLI_ANSWERS_H

#include "merit/decide.h"

#include <stdio.h>

/* The columns: id, answer, expected_score and, if asked for, p_<class>. */
void merit__answers_header(FILE *stream, const merit_scores *scores,
                           int has_posterior);

/* N lines; posterior only where results have it. id(context, i) is the name of row i,
 * or NULL for its number first + i. */
void merit__answers_rows(FILE *stream, const merit_scores *scores,
                         const merit_decision_results *results, int64_t n,
                         int64_t first, const char *(*id)(const void *, int64_t),
                         const void *context);

/* Writes the value as "%.7g" of the C locale does, without a sign of zero; returns
 * where it ends. out has room for 24 bytes. */
char *merit__print_short(char *out, double value);

#endif
