/* Power score: from the log score to the expected score with one knob, the power g.
 *
 *     A_ij = S_ij + shift, shift = max(0, floor - min S)
 *     a = sum_j A_ij q_j / max A;   L = (1 - a^g) / g
 *     r_k = A_ik q_k / sum_j A_ij q_j;   dL/dz_k = a^g (q_k - r_k)
 *
 * A as in the log score: scores none of which is negative stand as they are, others
 * are raised by one constant until the lowest is `floor` (0 unless set, in the units
 * of S). A row that holds nothing above 0 is refused. Not convex. g -> 0: the log
 * score; g = 1: the expected score over max A. S = I: the generalised cross entropy
 * of Zhang and Sabuncu, who take g = 0.7; it is bounded, so wrong labels do little
 * harm. At the optimum q is the portfolio of an investor with constant relative risk
 * aversion 1 - g: argmax is exact as g -> 1 and for truths that are certain. Near
 * misses hold a model nearly as long as under the expected score. Zhang and Sabuncu
 * 2018, arXiv 1805.07836. */
#include "loss/loss_def.h"

#include <math.h>

#include "loss/terms.h"

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    return merit__loss_make_gains(loss, loss->first[1], err);
}

static merit_status prepare_tree(merit_loss *loss, merit_error *err)
{
    return merit__loss_gains_tree(loss, loss->first[1], err);
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const double power = row->parameters[0];
    const double log_score = merit__loss_log_mean(dlogits, row, -1); // -log a
    merit__loss_scale(dlogits, row->n_classes, exp(-power * log_score));
    return -expm1(-power * log_score) / power;
}

static const merit_loss_parameter parameters[] = {
    {.name = "power",
     .meaning = "small is the log score, 1 the expected score",
     .initial = 0.7,
     .low = 1e-6,
     .high = 1,
     .moves = 1},
    {.name = "floor",
     .meaning = "in the units of the scores; where the table goes below it, all scores "
                "are raised until the lowest is this",
     .initial = 0,
     .low = 0,
     .high = 1e9,
     .initial_in_range = 1},
};

const merit_loss_def merit_loss_power_score = {
    .info = {.name = "power-score",
             .formula = "(1 - (sum_k A_ik q_k / max A)^g) / g, g = power, "
                        "A = S + max(0, floor - min S)",
             .use = "With wrong labels, as generalised cross entropy; power=0.1..1 "
                    "goes from the log score to the expected score.",
             .rule = MERIT_RULE_ARGMAX,
             .n_parameters = 2,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = merit__loss_make_gain_row,
    .prepare_tree = prepare_tree,
    .row = eval_row,
};
