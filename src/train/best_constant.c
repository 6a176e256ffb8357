#include "train/best_constant.h"

#include <math.h>

#include "base/alloc.h"

double merit__best_constant(const merit_scores *scores, const merit_dataset *data)
{
    const double *table = merit_scores_values(scores); // [K,A]
    const int32_t *labels = merit_dataset_labels(data);
    int64_t n = merit_dataset_n(data);
    int64_t n_truths = merit_scores_n_truths(scores);
    int64_t n_answers = merit_scores_n_answers(scores);
    double best = NAN;
    int64_t *counts = merit__alloc_array((size_t)n_truths, sizeof *counts);
    if (counts == NULL) {
        return NAN;
    }
    for (int64_t i = 0; i < n; i++) {
        counts[labels[i]]++;
    }
    for (int64_t answer = 0; answer < n_answers; answer++) {
        double sum = 0;
        for (int64_t truth = 0; truth < n_truths; truth++) {
            sum += (double)counts[truth] * table[truth * n_answers + answer];
        }
        best = fmax(best, sum / (double)n); // fmax(NaN, x) is x
    }
    merit__free(counts);
    return best;
}
