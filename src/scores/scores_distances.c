#include "scores/scores_distances.h"

#include <math.h>

#include "base/fail.h"
#include "scores/scores_balance.h"

/* How much two classes must be apart, in the table's largest score. */
static const double tolerance = 1e-9;

/* A square table seen through its number of answers. */
static double score(const merit_scores *scores, int64_t i, int64_t k)
{
    return merit_scores_values(scores)[i * merit_scores_n_answers(scores) + k];
}

merit_status merit__scores_distances(double *distances, const merit_scores *scores,
                                     const char *who, const char *instead,
                                     merit_error *err)
{
    const int64_t K = merit_scores_n_truths(scores);
    int64_t i = 0, j = 0;
    double size = 0, largest = 0;
    if (!merit__scores_are_balanced(scores, &i, &j)) {
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
            size = fmax(size, fabs(score(scores, i, j)));
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
