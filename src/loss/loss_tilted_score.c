/* Tilted score: from cross entropy to the expected score with one knob, the temperature
 * T, in the units of S.
 *
 *     s_j = -C_ij / T, C_ij = max_k S_ik - S_ij, R = max C_ij
 *     L = max(1, T/R) (-log sum_j q_j exp(s_j)) = max(1, T/R) (LSE(z) - LSE(z + s))
 *     dL/dz = max(1, T/R) (q - softmax(z + s))
 *
 * Any S that is not constant; a shift of a row cancels. Not convex. T -> 0: cross
 * entropy to the best answers (to the truth at S = I). T -> oo: the expected cost over
 * R, and max(1, T/R) keeps its gradient from fading. A wrong class gets its whole
 * gradient while its margin is below (score lost) / T, so T starts small: it moves from
 * R/20 to 2R unless set. Argmax is exact as T -> oo and for truths that are certain.
 * Ding and Soricut 2017, arXiv 1709.09346 (softmax policy gradient). */
#include "loss/loss_def.h"

#include <math.h>

#include "loss/terms.h"

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    merit__loss_make_costs(loss, loss->range);
    return MERIT_OK;
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const double temperature = row->parameters[0]; // over R, as the costs are
    const double weight = fmax(1, temperature);
    double value = merit__loss_log_mean(dlogits, row, -1 / temperature);
    merit__loss_scale(dlogits, row->n_classes, weight);
    return weight * value;
}

static const merit_loss_parameter parameters[] = {
    {.name = "temperature",
     .meaning = "in the units of the scores; small is cross entropy, large the "
                "expected score; moves to 2R unless set",
     .initial = 0.05,
     .low = 1e-12,
     .high = 1e15,
     .moves = 1,
     .initial_in_range = 1},
};

static const double last[] = {2}; // in R

const merit_loss_def merit_loss_tilted_score = {
    .info = {.name = "tilted-score",
             .formula = "-max(1, t/R) log sum_k q_k exp(-C_ik / t), t = temperature",
             .use = "One stage that begins like cross entropy and ends like the "
                    "expected score; good with wrong labels.",
             .rule = MERIT_RULE_ARGMAX,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .last = last,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = merit__loss_make_cost_row,
    .row = eval_row,
};
