#include "decide/steady_answer.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"

static int is_steady(const merit_scores *scores, int64_t answer, double score)
{
    const int64_t K = merit_scores_n_truths(scores);
    int64_t i = 1;
    while (i < K && merit_scores_score(scores, i, answer) == score) {
        i++;
    }
    return i == K;
}

merit_status merit__steady_answer(size_t *answer, double *score,
                                  const merit_scores *scores, merit_error *err)
{
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const size_t A = (size_t)merit_scores_n_answers(scores);
    *answer = 0;
    *score = -INFINITY;
    if (A == K) {
        return MERIT_OK;
    }
    double *first = merit__alloc_array(2 * A, sizeof *first);
    if (first == NULL) {
        return merit__fail_memory(err, 2 * A * sizeof *first, "a decision rule");
    }
    double *last = first + A;
    merit_scores_row(scores, 0, first);
    merit_scores_row(scores, (int64_t)K - 1, last);
    // Of a deep tree, hardly any but the root is looked at for all truths.
    for (size_t a = K; a < A; a++) {
        if (first[a] == last[a] && first[a] > *score &&
            is_steady(scores, (int64_t)a, first[a])) {
            *answer = a;
            *score = first[a];
        }
    }
    merit__free(first);
    return MERIT_OK;
}
