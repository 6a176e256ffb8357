#include "merit/audit.h"

#include <math.h>

#include "base/alloc.h"

// The best of the K classes for a truth; the first one on a tie.
static int64_t best_class(const double *row, int64_t n_classes)
{
    int64_t best = 0;
    for (int64_t k = 1; k < n_classes; k++) {
        best = row[k] > row[best] ? k : best;
    }
    return best;
}

static int is_trap_in(const double *row, int64_t K, int64_t answer)
{
    // A rate of exactly 0 must not become a trap by rounding.
    static const double rounding = 1e-12;
    const double best = row[best_class(row, K)];
    if (row[answer] == best) {
        return 0;
    }
    // K (mean_i - S_im), summed as differences: exact where the scores are small
    // integers.
    double pull = 0, size = 0;
    for (int64_t k = 0; k < K; k++) {
        pull += row[k] - row[answer];
        size += fabs(row[k] - row[answer]);
    }
    return best - row[answer] + pull < -rounding * size;
}

int32_t merit_audit_is_trap(const merit_scores *scores, int64_t truth, int64_t answer)
{
    const int64_t K = scores == NULL ? 0 : merit_scores_n_truths(scores);
    if (truth < 0 || truth >= K || answer < 0 || answer >= K) {
        return 0;
    }
    const int64_t A = merit_scores_n_answers(scores);
    if (merit_scores_values(scores) != NULL) {
        return is_trap_in(merit_scores_values(scores) + truth * A, K, answer);
    }
    double *row = merit__alloc_array((size_t)A, sizeof *row);
    if (row == NULL) {
        return 0;
    }
    merit_scores_row(scores, truth, row);
    const int32_t is = is_trap_in(row, K, answer);
    merit__free(row);
    return is;
}
