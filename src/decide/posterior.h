/* What a model believes, one row at a time. */
#ifndef MERIT_DECIDE_POSTERIOR_H
#define MERIT_DECIDE_POSTERIOR_H

#include <stddef.h>

#include "merit/error.h"

/* q [K] = softmax(logits / temperature), in double, for finite logits of any size. */
void merit__softmax(double *q, const float *logits, size_t K, double temperature);

/* The least and the largest of logits [K]; whether they are many, and small enough for
 * float, so that the next function is worth it. */
int merit__logits_fit_float(float *least, float *largest, const float *logits,
                            size_t K);

/* q [K] = exp((logits - largest) / temperature) in float, to 1e-7 of each, 0 for those
 * below e^-87; returns the sum. */
double merit__fast_exponentials(double *q, const float *logits, size_t K, float largest,
                                double temperature);

/* q [K] = p^(1 / temperature) divided by its sum, for p [K] >= 0, not all of them 0; q
 * may be p. */
void merit__temper(double *q, const double *p, size_t K, double temperature);

/* ENUMERIC or EFORMAT naming `row` when p [K] is no distribution, up to 1e-3. */
merit_status merit__posterior_check(const double *p, size_t K, size_t row,
                                    merit_error *err);

/* The index of the largest of n > 0 values; the first one on a tie. */
size_t merit__first_largest(const double *values, size_t n);

#endif
