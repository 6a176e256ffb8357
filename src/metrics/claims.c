/* What was claimed for each answer, and what it earned. */
#include "metrics/answers.h"

#include <math.h>

#include "base/fail.h"

merit_status merit_claims(double *weight, double *claimed, double *realised,
                          const merit_scores *scores, const merit_answers *given,
                          merit_error *err)
{
    if (weight == NULL || claimed == NULL || realised == NULL || given == NULL ||
        given->expected == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_claims: an argument or given->expected is NULL");
    }
    double weight_sum = 0;
    const merit_status status = merit__answers_check(&weight_sum, scores, given, err);
    if (status != MERIT_OK) {
        return status;
    }
    const double *S = merit_scores_values(scores);
    const size_t A = (size_t)merit_scores_n_answers(scores);
    for (size_t k = 0; k < A; k++) {
        weight[k] = claimed[k] = realised[k] = 0;
    }
    for (size_t row = 0; row < (size_t)given->n; row++) {
        const double w = merit__answers_weight(given, row);
        const size_t truth = (size_t)given->labels[row];
        const size_t answer = (size_t)given->answers[row];
        weight[answer] += w;
        claimed[answer] += w * given->expected[row];
        realised[answer] += w * S[truth * A + answer];
    }
    for (size_t k = 0; k < A; k++) {
        claimed[k] = weight[k] > 0 ? claimed[k] / weight[k] : NAN;
        realised[k] = weight[k] > 0 ? realised[k] / weight[k] : NAN;
    }
    return MERIT_OK;
}
