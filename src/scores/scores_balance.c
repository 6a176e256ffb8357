#include "scores/scores_balance.h"

#include <math.h>
#include <stddef.h>

/* How much two cells may differ and count as the same: the rounding of decimals, in
 * the table's largest score. */
static const double tolerance = 1e-9;

/* A square table seen through its number of answers. */
static double score(const merit_scores *scores, int64_t i, int64_t k)
{
    return merit_scores_values(scores)[i * merit_scores_n_answers(scores) + k];
}

/* S_ij - S_ji once what makes the first row and column the same is added to each row:
 * 0 for all pairs when, and only when, some numbers make the table symmetric. */
static double imbalance(const merit_scores *scores, int64_t i, int64_t j)
{
    const double shift_i = score(scores, 0, i) - score(scores, i, 0);
    const double shift_j = score(scores, 0, j) - score(scores, j, 0);
    return score(scores, i, j) + shift_i - score(scores, j, i) - shift_j;
}

int merit__scores_are_balanced(const merit_scores *scores, int64_t *first,
                               int64_t *second)
{
    const int64_t K = merit_scores_n_truths(scores);
    double worst = 0;
    double largest = 0;
    double size = 0;
    if (merit_scores_values(scores) == NULL) {
        return 1;
    }
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            const double difference = fabs(score(scores, i, j) - score(scores, j, i));
            size = fmax(size, fabs(score(scores, i, j)));
            worst = fmax(worst, fabs(imbalance(scores, i, j)));
            if (first != NULL && difference > largest) {
                largest = difference;
                *first = i;
                *second = j;
            }
        }
    }
    return worst <= tolerance * size;
}

int merit__scores_favour_truth(const merit_scores *scores)
{
    const int64_t K = merit_scores_n_truths(scores);
    for (int64_t i = 0; merit_scores_values(scores) != NULL && i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            if (score(scores, i, j) > score(scores, i, i)) {
                return 0;
            }
        }
    }
    return 1;
}
