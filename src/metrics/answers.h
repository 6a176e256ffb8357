/* What every measure asks of its input. */
#ifndef MERIT_METRICS_ANSWERS_H
#define MERIT_METRICS_ANSWERS_H

#include "merit/metrics.h"

/* Checks labels, answers and weights, and what is given of expected and posterior.
 * *weight_sum is the sum of the weights, > 0. */
merit_status merit__answers_check(double *weight_sum, const merit_scores *scores,
                                  const merit_answers *given, merit_error *err);

/* As merit__answers_check for a part of the examples that begins with number `first`;
 * the weights of a part may sum to 0. */
merit_status merit__answers_check_rows(double *weight_sum, const merit_scores *scores,
                                       const merit_answers *given, size_t first,
                                       merit_error *err);

/* EINVAL: the weights sum to 0. */
merit_status merit__answers_fail_weightless(merit_error *err);

/* The weight of one example. */
static inline double merit__answers_weight(const merit_answers *given, size_t row)
{
    return given->weights ? given->weights[row] : 1;
}

#endif
