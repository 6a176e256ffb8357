#include "scores/scores_range.h"

#include <math.h>

double merit_scores_widest_row(const merit_scores *scores)
{
    const int64_t K = merit_scores_n_truths(scores);
    const double *row = merit_scores_values(scores);
    double widest = 0;
    if (row == NULL) {
        return 1; // of a tree
    }
    for (int64_t i = 0; i < K; i++, row += merit_scores_n_answers(scores)) {
        double low = row[0];
        double high = row[0];
        for (int64_t k = 1; k < K; k++) {
            low = fmin(low, row[k]);
            high = fmax(high, row[k]);
        }
        widest = fmax(widest, high - low);
    }
    return widest;
}

void merit__scores_range(double *low, double *high, const merit_scores *scores)
{
    const int64_t K = merit_scores_n_truths(scores);
    if (merit_scores_values(scores) == NULL) {
        *low = 0; // of a tree
        *high = 1;
        return;
    }
    const double *row = merit_scores_values(scores);
    *low = *high = row[0];
    for (int64_t i = 0; i < K; i++, row += merit_scores_n_answers(scores)) {
        for (int64_t k = 0; k < K; k++) {
            *low = fmin(*low, row[k]);
            *high = fmax(*high, row[k]);
        }
    }
}
