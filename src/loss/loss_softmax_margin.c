/* Softmax margin: cross entropy in which every wrong answer first gets a head start as
 * large as its cost.
 *
 *     C_ij = scale (max_k S_ik - S_ij), b the best answer of truth i (i itself where it
 *     ties for the best)
 *     L = -z_b + LSE(z + C_i)
 *     dL/dz = softmax(z + C_i) - e_b
 *
 * Any S that is not constant; a shift of a row cancels. Convex, a bound on the cost.
 * scale = 1 takes the costs as they stand in the table; scale = 0 is cross entropy to
 * b, so that the scale is one knob between the two (0.25 to 1 are worth trying when
 * costs are a few units). No decision rule is exact: with two classes it weighs them
 * by sigmoid(cost) in place of cost; the Bayes decision after fitting a temperature
 * does best. Gimpel and Smith 2010, Softmax-Margin CRFs (NAACL). */
#include "loss/loss_def.h"
#include "loss/terms.h"

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    merit__loss_make_costs(loss, 1);
    merit__loss_draw_to_best(loss);
    return MERIT_OK;
}

static void make_row(const merit_loss *loss, double *row, int64_t truth)
{
    (void)truth;
    merit__loss_cost_row(loss, row, 1);
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    return merit__loss_cross_entropy(dlogits, row, row->table, row->parameters[0]);
}

static const merit_loss_parameter parameters[] = {
    {.name = "scale",
     .meaning = "the margins are the costs times this; 0 is cross entropy",
     .initial = 1,
     .low = 0,
     .high = 1e6},
};

const merit_loss_def merit_loss_softmax_margin = {
    .info = {.name = "softmax-margin",
             .formula = "-z_b + log sum_k exp(z_k + scale C_ik)",
             .use = "Where mistakes differ much in cost: learns as fast as cross "
                    "entropy and keeps away from the dear ones.",
             .rule = MERIT_RULE_BAYES,
             .convex = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = make_row,
    .fast = MERIT__FAST_MARGIN,
    .row = eval_row,
};
