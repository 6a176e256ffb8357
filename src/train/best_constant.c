#include "train/best_constant.h"

#include <math.h>

#include "base/alloc.h"

double merit__best_constant(const merit_scores *scores, const merit_dataset *data)
{
    const int32_t *labels = merit_dataset_labels(data);
    int64_t n = merit_dataset_n(data);
    int64_t n_truths = merit_scores_n_truths(scores);
    size_t n_answers = (size_t)merit_scores_n_answers(scores);
    double best = NAN;
    double *counts = merit__alloc_array(
        (size_t)n_truths + n_answers + merit_scores_scratch(scores), sizeof *counts);
    if (counts == NULL) {
        return NAN;
    }
    for (int64_t i = 0; i < n; i++) {
        counts[labels[i]]++;
    }
    double *earned = counts + n_truths;
    merit_scores_expect(scores, counts, earned, earned + n_answers);
    for (size_t answer = 0; answer < n_answers; answer++) {
        best = fmax(best, earned[answer] / (double)n); // fmax(NaN, x) is x
    }
    merit__free(counts);
    return best;
}
