/* Brier score: the squared distance between q and the truth.
 *
 *     L = 1/2 sum_k (q_k - [k = i])^2
 *     v = q - e_i;   dL/dz_k = q_k (v_k - sum_j q_j v_j)
 *
 * The scores are not used, so any table will do. Not convex, bounded by 1: a label
 * that is wrong does less harm than under cross entropy, and a model that is
 * confidently wrong gets next to no gradient. At the optimum q is the posterior, so
 * the Bayes decision is exact. For a target distribution p it is the expectation
 * over the truth, which is 1/2 |q - p|^2 + 1/2 (1 - |p|^2). Brier 1950, Verification
 * of forecasts expressed in terms of probability; Gneiting and Raftery 2007,
 * Strictly proper scoring rules. */
#include "loss/loss_def.h"
#include "loss/terms.h"

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    merit__log_sum sum = merit__loss_softmax(dlogits, row, NULL, 0);
    double value = 0;
    double mean = 0;
    for (int64_t k = 0; k < row->n_classes; k++) {
        const double p = row->target[k];
        const double q = merit__loss_belief(row, &sum, dlogits, k);
        value += ((q - p) * (q - p) + p * (1 - p)) / 2;
        mean += q * (q - p);
    }
    for (int64_t k = 0; dlogits != NULL && k < row->n_classes; k++) {
        dlogits[k] *= dlogits[k] - row->target[k] - mean;
    }
    return value;
}

const merit_loss_def merit_loss_brier = {
    .info = {.name = "brier",
             .formula = "1/2 sum_k (q_k - [k = i])^2",
             .use = "Probabilities from labels that are partly wrong; as a last stage, "
                    "for it starts slowly.",
             .rule = MERIT_RULE_BAYES,
             .exact = 1,
             .row_shift_invariant = 1},
    .table = MERIT__TABLE_NONE,
    .linear = 1,
    .row = eval_row,
};
