/* Tilted score: from cross entropy to the expected score with one knob, the temperature
 * t, in units of the table's range R = max C_ij.
 *
 *     s_j = -C_ij / (t R), C_ij = max_k S_ik - S_ij
 *     L = max(1, t) (-log sum_j q_j exp(s_j)) = max(1, t) (LSE(z) - LSE(z + s))
 *     dL/dz = max(1, t) (q - softmax(z + s))
 *
 * Any S that is not constant; a shift of a row cancels. Not convex. t -> 0: cross
 * entropy to the best answers (to the truth at S = I). t -> oo: the expected score over
 * R, and max(1, t) keeps its gradient from fading. A wrong class gets its whole
 * gradient while its margin is below (score lost) / (t R), so t starts small: it moves
 * from 0.05 to 2 unless set. Argmax is exact as t -> oo and for truths that are
 * certain. Ding and Soricut 2017, arXiv 1709.09346 (softmax policy gradient). */
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
    const double temperature = row->parameters[0];
    const double weight = fmax(1, temperature);
    const double factor = -1 / temperature;
    merit__log_sum before = merit__loss_softmax(dlogits, row, NULL, 0);
    merit__log_sum after = merit__loss_softmax(NULL, row, row->table, factor);
    for (int64_t j = 0; dlogits != NULL && j < row->n_classes; j++) {
        double x = row->logits[j] + factor * row->table[j];
        dlogits[j] = weight * (dlogits[j] - exp(x - after.largest) / after.total);
    }
    return weight * (before.largest - after.largest + (before.excess - after.excess));
}

static const merit_loss_parameter parameters[] = {
    {.name = "temperature",
     .meaning = "in units of the table's largest score difference; small is cross "
                "entropy, large the expected score; moves from 0.05 to 2 unless set",
     .initial = 0.05,
     .low = 0.001,
     .high = 100,
     .moves = 1},
};

static const double last[] = {2};

const merit_loss_def merit_loss_tilted_score = {
    .info = {.name = "tilted-score",
             .formula = "-max(1, t) log sum_k q_k exp(-C_ik / (t R)), t = temperature",
             .use = "One stage that begins like cross entropy and ends like the "
                    "expected score; good with wrong labels.",
             .rule = MERIT_RULE_ARGMAX,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .last = last,
    .prepare = prepare,
    .row = eval_row,
};
