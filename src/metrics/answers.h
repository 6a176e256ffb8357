/* What every measure asks of its input. */
#ifndef MERIT_METRICS_ANSWERS_H
#define MERIT_METRICS_ANSWERS_H

#include "merit/metrics.h"

/* Checks labels, answers and weights, and what is given of expected and posterior.
 * *weight_sum is the sum of the weights, > 0. */
merit_status merit__answers_check(double *weight_sum, const merit_scores *scores,
                                  const merit_answers *given, merit_error *err);

/* The weight of one example. */
static inline double merit__answers_weight(const merit_answers *given, size_t row)
{
    return given->weights ? given->weights[row] : 1;
}

#endif
