#include "scores/scores_balance.h"

#include <math.h>

/* How much two cells may differ and count as the same, in the table's largest score. */
static const double tolerance = 1e-9;

int merit__scores_are_balanced(const merit_scores *scores)
{
    const int64_t K = merit_scores_n_truths(scores);
    const int64_t A = merit_scores_n_answers(scores);
    const double *S = merit_scores_values(scores);
    double size = 0;
    double worst = 0;
    for (int64_t i = 0; S != NULL && i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            const double here = S[i * A + j] + S[i] - S[i * A];
            const double there = S[j * A + i] + S[j] - S[j * A];
            size = fmax(size, fabs(S[i * A + j]));
            worst = fmax(worst, fabs(here - there));
        }
    }
    return worst <= tolerance * size;
}

int merit__scores_favour_truth(const merit_scores *scores)
{
    const int64_t K = merit_scores_n_truths(scores);
    const int64_t A = merit_scores_n_answers(scores);
    const double *S = merit_scores_values(scores);
    for (int64_t i = 0; S != NULL && i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            if (S[i * A + j] > S[i * A + i]) {
                return 0;
            }
        }
    }
    return 1;
}
