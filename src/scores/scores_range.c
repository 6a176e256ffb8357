#include "scores/scores_range.h"

#include <math.h>

void merit__scores_range(double *low, double *high, const merit_scores *scores)
{
    const int64_t K = merit_scores_n_truths(scores);
    const double *row = merit_scores_values(scores);
    *low = *high = row[0];
    for (int64_t i = 0; i < K; i++, row += merit_scores_n_answers(scores)) {
        for (int64_t k = 0; k < K; k++) {
            *low = fmin(*low, row[k]);
            *high = fmax(*high, row[k]);
        }
    }
}
