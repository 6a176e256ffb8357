/* Squares of scores: each output learns the score of its answer by least squares.
 *
 *     s_ik = (S_ik - min S) / (max S - min S), over all truths and classes
 *     L = 1/2 sum_k (z_k - s_ik)^2
 *     dL/dz = z - s_i
 *
 * Any S that is not constant. The scale is the table's own, so that the unit of the
 * scores does not matter; a number added to one row does. Convex. At the optimum
 * z_k = sum_i eta_i s_ik for the posterior eta: the outputs are the expected scores,
 * and their argmax is the Bayes decision for every posterior. There is no posterior to
 * be had from them; of answers beyond the K classes the Bayes rule weighs those that
 * score the same for every truth. S = I: least squares to one-hot targets. A linear
 * model can be blind to a class in the middle of others ("masking"): the lines of its
 * neighbours then lie above its own everywhere.
 * Cost-sensitive one-against-all: Beygelzimer et al. 2005, Error limiting reductions
 * between classification tasks; the csoaa of Vowpal Wabbit. */
#include "loss/loss_def.h"
#include "loss/terms.h"

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    double value = 0;
    for (int64_t k = 0; k < row->n_classes; k++) {
        const double excess = row->logits[k] - row->table[k];
        value += excess * excess / 2;
        if (dlogits != NULL) {
            dlogits[k] = excess;
        }
    }
    return value;
}

const merit_loss_def merit_loss_score_squares = {
    .info = {.name = "score-squares",
             .formula = "1/2 sum_k (z_k - s_ik)^2, s = (S - min S) / (max S - min S)",
             .use = "Where the outputs must be expected scores; simple, but blind to "
                    "classes in the middle of others in a linear model.",
             .rule = MERIT_RULE_ARGMAX,
             .link = MERIT_LINK_SCORES,
             .convex = 1,
             .exact = 1},
    .table = MERIT__TABLE_SCORES,
    .prepare = merit__loss_learn_scores,
    .by_rows = 1,
    .make_row = merit__loss_make_share_row,
    .prepare_tree = merit__loss_learn_tree,
    .row = eval_row,
};
