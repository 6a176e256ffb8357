#include "metrics/answers.h"

#include <math.h>

#include "base/fail.h"
#include "decide/posterior.h"

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

/* Checks example `at` of `given`; `row` is its number for messages. */
static merit_status row_check(const merit_scores *scores, const merit_answers *given,
                              size_t at, size_t row, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = merit_scores_n_truths(scores);
    const int64_t A = merit_scores_n_answers(scores);
    const double weight = merit__answers_weight(given, at);
    if (!isfinite(weight) || weight < 0) {
        MERIT_TRY(merit__fail(err, MERIT_EINVAL,
                              "weights[%zu] is %g, expected 0 or more", row, weight));
    }
    MERIT_TRY(index_check("labels", row, given->labels[at], K, err));
    MERIT_TRY(index_check("answers", row, given->answers[at], A, err));
    if (given->expected != NULL && !isfinite(given->expected[at])) {
        MERIT_TRY(merit__fail(err, MERIT_ENUMERIC,
                              "expected[%zu] is %g, which is not a finite score", row,
                              given->expected[at]));
    }
    if (given->posterior != NULL) {
        MERIT_TRY(merit__posterior_check(given->posterior + at * (size_t)K, (size_t)K,
                                         row, err));
    }

fail:
    return status;
}

merit_status merit__answers_check_rows(double *weight_sum, const merit_scores *scores,
                                       const merit_answers *given, size_t first,
                                       merit_error *err)
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
    for (size_t at = 0; at < (size_t)given->n; at++) {
        const merit_status status = row_check(scores, given, at, first + at, err);
        if (status != MERIT_OK) {
            return status;
        }
        *weight_sum += merit__answers_weight(given, at);
    }
    return MERIT_OK;
}

merit_status merit__answers_check(double *weight_sum, const merit_scores *scores,
                                  const merit_answers *given, merit_error *err)
{
    const merit_status status =
        merit__answers_check_rows(weight_sum, scores, given, 0, err);
    if (status == MERIT_OK && *weight_sum == 0) {
        return merit__answers_fail_weightless(err);
    }
    return status;
}

merit_status merit__answers_fail_weightless(merit_error *err)
{
    return merit__fail(err, MERIT_EINVAL, "all weights are 0");
}
