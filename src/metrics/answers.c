#include "metrics/answers.h"

#include <math.h>

#include "base/fail.h"

// Lets probabilities pass that were stored as float, and logits not.
static const double probability_tolerance = 1e-3;

/* One number of an example within 0 .. n - 1. */
static merit_status index_check(const char *what, size_t row, int32_t value, int64_t n,
                                merit_error *err)
{
    if (value < 0 || value >= n) {
        return merit__fail(err, MERIT_EFORMAT, "%s[%zu] is %d, expected 0 to %lld",
                           what, row, (int)value, (long long)n - 1);
    }
    return MERIT_OK;
}

static merit_status posterior_check(const double *q, size_t K, size_t row,
                                    merit_error *err)
{
    double sum = 0;
    for (size_t k = 0; k < K; k++) {
        if (!isfinite(q[k])) {
            return merit__fail(err, MERIT_ENUMERIC,
                               "posterior[%zu][%zu] is %g, expected a finite number",
                               row, k, q[k]);
        }
        if (q[k] < 0) {
            return merit__fail(err, MERIT_EFORMAT,
                               "posterior[%zu][%zu] is %g, expected a probability", row,
                               k, q[k]);
        }
        sum += q[k];
    }
    if (fabs(sum - 1) > probability_tolerance) {
        return merit__fail(err, MERIT_EFORMAT, "posterior[%zu] sums to %g, expected 1",
                           row, sum);
    }
    return MERIT_OK;
}

static merit_status row_check(const merit_scores *scores, const merit_answers *given,
                              size_t row, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = merit_scores_n_truths(scores);
    const int64_t A = merit_scores_n_answers(scores);
    const double weight = merit__answers_weight(given, row);
    if (!isfinite(weight) || weight < 0) {
        MERIT_TRY(merit__fail(err, MERIT_EINVAL,
                              "weights[%zu] is %g, expected 0 or more", row, weight));
    }
    MERIT_TRY(index_check("labels", row, given->labels[row], K, err));
    MERIT_TRY(index_check("answers", row, given->answers[row], A, err));
    if (given->expected != NULL && !isfinite(given->expected[row])) {
        MERIT_TRY(merit__fail(err, MERIT_ENUMERIC,
                              "expected[%zu] is %g, which is not a finite score", row,
                              given->expected[row]));
    }
    if (given->posterior != NULL) {
        MERIT_TRY(
            posterior_check(given->posterior + row * (size_t)K, (size_t)K, row, err));
    }

fail:
    return status;
}

merit_status merit__answers_check(double *weight_sum, const merit_scores *scores,
                                  const merit_answers *given, merit_error *err)
{
    if (scores == NULL || given == NULL || given->labels == NULL ||
        given->answers == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "scores, labels and answers must be given");
    }
    if (given->n <= 0) {
        return merit__fail(err, MERIT_EINVAL, "n is %lld, expected 1 or more",
                           (long long)given->n);
    }
    *weight_sum = 0;
    for (size_t row = 0; row < (size_t)given->n; row++) {
        const merit_status status = row_check(scores, given, row, err);
        if (status != MERIT_OK) {
            return status;
        }
        *weight_sum += merit__answers_weight(given, row);
    }
    if (*weight_sum == 0) {
        return merit__fail(err, MERIT_EINVAL, "all weights are 0");
    }
    return MERIT_OK;
}
