/* Cross entropy plus the expected cost, weighted by lambda.
 *
 *     C_ij = (max_k S_ik - S_ij) / R, R the largest of these differences
 *     L = -log q_i + lambda sum_j C_ij q_j
 *     dL/dz = q - e_i + lambda q (C_i - C_i.q), elementwise
 *
 * Any S that is not constant; a shift of a row cancels. Not convex for lambda > 0.
 * lambda = 0 is cross entropy. S = I adds lambda (1 - q_i). At the optimum
 * q_j = eta_j / (mu + lambda w_j) with posterior eta and w = C^T eta, mu such that q
 * sums to 1: a posterior at a discount for costly classes. No decision rule is exact;
 * the Bayes decision errs least, and a class without posterior is never answered by
 * argmax even where it is the best compromise.
 * Galdran et al. 2020 (MICCAI), lambda = 10; Resheff et al. 2017, arXiv 1704.06062. */
#include "loss/loss_def.h"
#include "loss/terms.h"

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    merit__loss_make_costs(loss, loss->range);
    return MERIT_OK;
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const double lambda = row->parameters[0];
    merit__log_sum sum = merit__loss_softmax(dlogits, row, NULL, 0);
    double cost = merit__loss_mean(row, &sum, dlogits);
    double value = sum.excess + lambda * cost;
    for (int64_t j = 0; j < row->n_classes; j++) {
        value += row->target[j] * (sum.largest - row->logits[j]);
        if (dlogits != NULL) {
            double q = dlogits[j];
            dlogits[j] = q - row->target[j] + lambda * q * (row->table[j] - cost);
        }
    }
    return value;
}

static const merit_loss_parameter parameters[] = {
    {.name = "lambda",
     .meaning = "weight of the expected cost, whose largest entry is scaled to 1",
     .initial = 10,
     .low = 0,
     .high = 1000},
};

const merit_loss_def merit_loss_cross_entropy_plus_cost = {
    .info = {.name = "cross-entropy-plus-cost",
             .formula = "-log q_i + lambda sum_k C_ik q_k / max C",
             .use = "A common remedy from medical imaging, to compare with.",
             .rule = MERIT_RULE_BAYES,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = merit__loss_make_cost_row,
    .row = eval_row,
};
