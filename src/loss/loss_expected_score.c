/* The negative expected score: what answers drawn from q would earn, with the sign
 * changed.
 *
 *     L = -sum_k S_ik q_k
 *     dL/dz_k = -q_k (S_ik - sum_j S_ij q_j)
 *
 * Any S; adding a constant to a row changes the value but not the gradient. Not
 * convex. At the optimum all of q sits on the Bayes decision, so argmax is exact, and
 * the loss is bounded, so wrong labels do little harm. But the gradient of a class
 * carries its own q_k: at S = I it is q_i times that of cross entropy, 1/K of it in a
 * fresh model and next to nothing in one that is confidently wrong. Hence for the end
 * of a training, never for its start. Gradients vanish in the same way in
 * reinforcement learning: Mei et al. 2020, arXiv 2005.06392; Razin et al. 2023, arXiv
 * 2310.20703. */
#include "loss/loss_def.h"
#include "loss/terms.h"

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    merit__log_sum sum = merit__loss_softmax(dlogits, row, NULL, 0);
    double mean = merit__loss_mean(row, &sum, dlogits);
    for (int64_t k = 0; dlogits != NULL && k < row->n_classes; k++) {
        dlogits[k] *= mean - row->table[k];
    }
    return -mean;
}

const merit_loss_def merit_loss_expected_score = {
    .info = {.name = "expected-score",
             .formula = "-sum_k S_ik q_k",
             .use = "As the last stage after another loss; from scratch it stalls.",
             .rule = MERIT_RULE_ARGMAX,
             .exact = 1,
             .row_shift_invariant = 1},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .by_rows = 1,
    .fast = MERIT__FAST_EXPECTED,
    .row = eval_row,
};
