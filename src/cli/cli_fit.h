/* A temperature from a bounded sample of rows. */
#ifndef MERIT_CLI_FIT_H
#define MERIT_CLI_FIT_H

#include "cli_beliefs.h"

/* How a temperature was fitted. */
typedef struct merit__fit {
    double temperature;
    int64_t n_rows; // that it was fitted on; 0: it was given
    int is_sample;  // of more rows than that
} merit__fit;

/* The most rows that a sample of n_classes columns has. */
int64_t merit__fit_capacity(int64_t n_classes);

/* Fits it to rows that are in memory: values [n,K], labels [n]. */
merit_status merit__fit_rows(merit__fit *out, const merit__beliefs *beliefs,
                             const double *values, const int32_t *labels, int64_t n,
                             merit_error *err);

/* Reads files from front to back and fits it to all of their rows, or to as many as the
 * capacity allows, drawn evenly. */
merit_status merit__fit_files(merit__fit *out, const merit__beliefs *beliefs,
                              merit_error *err);

#endif
