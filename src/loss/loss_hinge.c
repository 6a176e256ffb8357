/* Structured hinge: the best answer must lead every other by a margin as wide as that
 * one costs.
 *
 *     C_ij = margin (max_k S_ik - S_ij) / R, b the best answer of truth i (i itself
 *     where it ties for the best)
 *     L = max_j (z_j + C_ij) - z_b,   m the j of the maximum, b where it ties
 *     dL/dz = e_m - e_b, a subgradient where there is more than one m
 *
 * Any S that is not constant; a shift of a row cancels. Convex and piecewise linear:
 * only the answer that violates its margin most is pushed, and an example whose
 * margins are kept has no gradient. It is the limit of softmax margin for large
 * logits and costs; at 2z in place of z it is the loss known as SPO+. S = I: the
 * hinge of Crammer and Singer. The outputs are no log probabilities: argmax. It is
 * right for truths that are certain and, for every posterior, when the costs are
 * distances in a tree of which every node is a class, such as ordinal; otherwise it
 * can be wrong, and at S = I all logits tie unless a class has half of the
 * posterior. Crammer and Singer 2001; Tsochantaridis et al. 2005; Nowak-Vila et al.
 * 2021, arXiv 2105.15069. */
#include "loss/loss_def.h"

#include <string.h>

#include "loss/terms.h"

static void make_row(const merit_loss *loss, double *row, int64_t truth)
{
    (void)truth;
    merit__loss_cost_row(loss, row, loss->range / loss->first[0]);
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    merit__loss_make_costs(loss, loss->range / loss->first[0]);
    merit__loss_draw_to_best(loss);
    return MERIT_OK;
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    int64_t best = 0;
    while (row->target[best] == 0) {
        best++;
    }
    int64_t most = best;
    double lead = 0;
    for (int64_t j = 0; j < row->n_classes; j++) {
        const double x = row->logits[j] - row->logits[best] + row->table[j];
        if (x > lead) {
            lead = x;
            most = j;
        }
    }
    if (dlogits != NULL) {
        memset(dlogits, 0, (size_t)row->n_classes * sizeof *dlogits);
        dlogits[most] += 1;
        dlogits[best] -= 1;
    }
    return lead;
}

static const merit_loss_parameter parameters[] = {
    {.name = "margin",
     .meaning = "by how much the logit of the best answer must lead that of the worst",
     .initial = 1,
     .low = 0.001,
     .high = 1000},
};

const merit_loss_def merit_loss_hinge = {
    .info = {.name = "hinge",
             .formula = "max_k (z_k + C_ik) - z_b, C = margin cost / R",
             .use = "Where classes are easily told apart: examples whose margins are "
                    "kept count no more.",
             .rule = MERIT_RULE_ARGMAX,
             .convex = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = make_row,
    .row = eval_row,
};
