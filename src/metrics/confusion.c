/* The confusion matrix. */
#include "metrics/answers.h"

#include "base/fail.h"

merit_status merit_confusion(double *confusion, const merit_scores *scores,
                             const merit_answers *given, merit_error *err)
{
    if (confusion == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_confusion: confusion is NULL");
    }
    double weight_sum = 0;
    const merit_status status = merit__answers_check(&weight_sum, scores, given, err);
    if (status != MERIT_OK) {
        return status;
    }
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const size_t A = (size_t)merit_scores_n_answers(scores);
    for (size_t i = 0; i < K * A; i++) {
        confusion[i] = 0;
    }
    for (size_t row = 0; row < (size_t)given->n; row++) {
        const size_t truth = (size_t)given->labels[row];
        const size_t answer = (size_t)given->answers[row];
        confusion[truth * A + answer] += merit__answers_weight(given, row);
    }
    return MERIT_OK;
}
