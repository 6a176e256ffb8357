/* Logistic scores: each output learns the score of its answer, scaled to [0,1], as if
 * it were a probability.
 *
 *     s_ik = (S_ik - min S) / (max S - min S), over all truths and classes
 *     L = sum_k (log(1 + exp(z_k)) - s_ik z_k)
 *     dL/dz_k = sigmoid(z_k) - s_ik
 *
 * Any S that is not constant. The unit of the scores does not matter; a number added
 * to one row does. Convex, and no output feels another. At the optimum
 * sigmoid(z_k) = sum_i eta_i s_ik for the posterior eta: the outputs are the expected
 * scores, never outside of the table's own, and their argmax is the Bayes decision for
 * every posterior. There is no posterior to be had from them; of answers beyond the K
 * classes the Bayes rule weighs those that score the same for every truth. S = I:
 * one-against-all logistic regression.
 * The binary cross entropy is a proper loss for any mean in [0,1]: Savage 1971,
 * Elicitation of personal probabilities and expectations. */
#include "loss/loss_def.h"

#include <math.h>

#include "loss/terms.h"

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    double value = 0;
    for (int64_t k = 0; k < row->n_classes; k++) {
        const double z = row->logits[k];
        const double share = row->table[k];
        const double e = exp(-fabs(z));
        // For z > 0 the z of log(1 + exp(z)) = z + log(1 + exp(-z)) goes into the
        // other term, so that large ones do not cancel.
        value += log1p(e) + (z > 0 ? (1 - share) * z : -share * z);
        if (dlogits != NULL) {
            dlogits[k] = (z > 0 ? 1 / (1 + e) : e / (1 + e)) - share;
        }
    }
    return value;
}

const merit_loss_def merit_loss_score_logistic = {
    .info = {.name = "score-logistic",
             .formula = "sum_k log(1 + exp(z_k)) - s_ik z_k, "
                        "s = (S - min S) / (max S - min S)",
             .use = "Where the outputs must be expected scores: the best of these in "
                    "deep nets.",
             .rule = MERIT_RULE_ARGMAX,
             .link = MERIT_LINK_LOGISTIC_SCORES,
             .convex = 1,
             .exact = 1},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .prepare = merit__loss_learn_scores,
    .by_rows = 1,
    .make_row = merit__loss_make_share_row,
    .prepare_tree = merit__loss_learn_tree,
    .row = eval_row,
};
