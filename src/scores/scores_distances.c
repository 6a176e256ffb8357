#include "scores/scores_distances.h"

#include <math.h>

#include "base/fail.h"

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

/* The largest imbalance, and the largest score, which it is held against. Where there
 * is an imbalance some S_ij and S_ji differ; *first and *second are those that differ
 * most. */
static double worst_imbalance(const merit_scores *scores, double *size, int64_t *first,
                              int64_t *second)
{
    const int64_t K = merit_scores_n_truths(scores);
    double worst = 0;
    double largest = 0;
    *size = 0;
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            const double difference = fabs(score(scores, i, j) - score(scores, j, i));
            *size = fmax(*size, fabs(score(scores, i, j)));
            worst = fmax(worst, fabs(imbalance(scores, i, j)));
            if (difference > largest) {
                largest = difference;
                *first = i;
                *second = j;
            }
        }
    }
    return worst;
}

merit_status merit__scores_distances(double *distances, const merit_scores *scores,
                                     const char *who, const char *instead,
                                     merit_error *err)
{
    const int64_t K = merit_scores_n_truths(scores);
    int64_t i = 0, j = 0;
    double size = 0, largest = 0;
    if (worst_imbalance(scores, &size, &i, &j) > tolerance * size) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "%s needs a symmetric table: %.32s answered %.32s scores "
                           "%g, the other way round %g. Use %s",
                           who, merit_scores_name(scores, i),
                           merit_scores_name(scores, j), score(scores, i, j),
                           score(scores, j, i), instead);
    }
    for (i = 0; i < K; i++) {
        for (j = 0; j < K; j++) {
            const double lost_i = score(scores, i, i) - score(scores, i, j);
            const double lost_j = score(scores, j, j) - score(scores, j, i);
            distances[i * K + j] = (lost_i + lost_j) / 2;
            largest = fmax(largest, fabs(distances[i * K + j]));
        }
    }
    if (!(largest > tolerance * size)) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "%s: no two classes of this table are apart, so there is "
                           "nothing to learn from it",
                           who);
    }
    return MERIT_OK;
}
