/* Ranked probability score: the mean squared error over the K - 1 questions "is the
 * class at most m?". The classes count as ordered by their labels: for grades, ages and
 * stages.
 *
 *     F_m = sum_{k <= m} q_k
 *     L = 1/(K-1) sum_{m < K-1} (F_m - [i <= m])^2
 *     v_k = 2/(K-1) sum_{k <= m < K-1} (F_m - [i <= m])
 *     dL/dz_k = q_k (v_k - sum_j q_j v_j)
 *
 * The scores are not used, so any table will do; the order is that of the labels
 * whatever the table says. Not convex. The same as D_i.q - 1/2 q^T D q with D_ij =
 * |i - j| / (K - 1), the squared earth mover's distance, so that a near miss counts
 * less than a far one. At the optimum q is the posterior: the Bayes decision is
 * exact. For a target distribution it is the expectation over the truth. Two
 * classes: the Brier score. Epstein 1969; Hou et al. 2016, arXiv 1611.05916;
 * Gneiting and Raftery 2007. */
#include "loss/loss_def.h"
#include "loss/terms.h"

// The expectation over the truth of (F - [i <= m])^2, G the chance of i <= m.
static double squared(double F, double G)
{
    return (F - G) * (F - G) + G * (1 - G);
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const int64_t last = row->n_classes - 1;
    const double weight = 1 / (double)last;
    merit__log_sum sum = merit__loss_softmax(dlogits, row, NULL, 0);
    double value = 0;
    double F = 0;
    double G = 0;
    double reach = 0; // 2/(K-1) sum_m (F_m - G_m) F_m, which is q.v
    double above = 0; // 2/(K-1) sum_m (F_m - G_m), which is v_0
    for (int64_t m = 0; m < last; m++) {
        F += merit__loss_belief(row, &sum, dlogits, m);
        G += row->target[m];
        value += weight * squared(F, G);
        reach += 2 * weight * (F - G) * F;
        above += 2 * weight * (F - G);
    }
    F = 0;
    G = 0;
    for (int64_t k = 0; dlogits != NULL && k <= last; k++) {
        F += dlogits[k];
        G += row->target[k];
        dlogits[k] *= above - reach;
        above -= 2 * weight * (F - G);
    }
    return value;
}

const merit_loss_def merit_loss_ranked_probability = {
    .info = {.name = "ranked-probability",
             .formula = "1/(K-1) sum_m (q_0 + ... + q_m - [i <= m])^2",
             .use = "Where the classes are ordered, as their labels are: grades, ages, "
                    "stages.",
             .rule = MERIT_RULE_BAYES,
             .exact = 1,
             .row_shift_invariant = 1},
    .table = MERIT__TABLE_NONE,
    .linear = 1,
    .row = eval_row,
};
