/* What `merit eval` and `merit decide` say of rules of decision that were measured. */
#ifndef MERIT_CLI_RESULTS_H
#define MERIT_CLI_RESULTS_H

#include "merit/metrics.h"

#include <jansson.h>
#include <stdio.h>

/* A line of the table. */
typedef struct merit__result {
    const char *name; // "bayes", "always Bag"
    const merit_metrics *metrics;
    int is_marked;
} merit__result;

/* The table: accuracy, mean score, normalised score and claimed score of each. `mark`
 * is what the marked line is, as in "the stored rule". */
void merit__print_results(FILE *stream, const merit__result *results, size_t n,
                          const char *mark, int width);

/* "bayes earns 0.0021 more per example than argmax ..." as far as the data can tell. */
void merit__print_interval(FILE *stream, const char *name,
                           const merit_interval *interval, int width);

/* How many examples, and what they say of the beliefs where there are beliefs. */
void merit__print_beliefs(FILE *stream, const merit_metrics *metrics,
                          double temperature, int width);

/* The record with the stable keys. */
json_t *merit__result_record(const merit__result *result, double temperature);

#endif
