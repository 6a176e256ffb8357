/* Cross entropy: the logarithm of what the model believes of the truth.
 *
 *     L = -log q_i = LSE(z) - z_i
 *     dL/dz = q - e_i
 *
 * The scores are not used, so any table will do. Convex. The wrong class that a model
 * is sure of gets a gradient of 1, which is why it learns fast from anywhere.
 * At the optimum q is the posterior, so the Bayes decision is exact, and for any
 * posterior p that is reached the score lost is at most R ||p - q||_1. Answering the
 * most probable class instead is right for S = I only. A target distribution p takes
 * the place of e_i.
 * Bayes decisions for trees of classes: Karthik et al. 2021, arXiv 2104.00795. */
#include "loss/loss_def.h"
#include "loss/terms.h"

const merit_loss_def merit_loss_cross_entropy = {
    .info = {.name = "cross-entropy",
             .formula = "-log q_i",
             .use = "The baseline: learns fast from anywhere and, with the Bayes "
                    "decision, is hard to beat.",
             .rule = MERIT_RULE_BAYES,
             .convex = 1,
             .exact = 1,
             .row_shift_invariant = 1},
    .table = MERIT__TABLE_NONE,
    .linear = 1,
    .fast = MERIT__FAST_CROSS_ENTROPY,
    .row = merit__loss_cross_entropy_row,
};
