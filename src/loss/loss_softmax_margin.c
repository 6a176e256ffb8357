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
 * costs are a few units). argmax is not exact: with two classes it weighs them by
 * sigmoid(cost) in place of cost. softmax(z) is no posterior either, but where each
 * truth is its own best answer the margins can be taken back: at the optimum the
 * posterior p is the stationary distribution of the chain from i to k with
 * softmax_k(z + C_i), for symmetric S p_k ~ exp(z_k) sum_j exp(z_j - scale S_kj), and
 * the Bayes decision by p is exact (link margin). That is done for margins up to 100
 * and, of tables that are not symmetric up to numbers added to rows, up to 64 classes;
 * else z is read as a softmax. A net short of that optimum has not learned all of them:
 * training takes back less, in quarters, as long as held-out truths are likelier so.
 * Gimpel and Smith 2010, Softmax-Margin CRFs (NAACL). */
#include "loss/loss_def.h"
#include "loss/terms.h"
#include "scores/scores_balance.h"

// Whether the margins can be taken back from what a model says; else it is read as a
// softmax.
static void set_link(merit_loss *loss)
{
    const double widest = loss->first[0] * loss->range;
    const int is_small = loss->n_classes <= MERIT_MARGIN_CLASSES;
    loss->link = (merit_link){0};
    if (widest > 0 && widest <= MERIT_MARGIN_MOST &&
        merit__scores_favour_truth(loss->scores) &&
        (is_small || merit__scores_are_balanced(loss->scores, NULL, NULL))) {
        loss->link = (merit_link){.kind = MERIT_LINK_MARGIN, .cost = widest};
    }
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    merit__loss_make_costs(loss, 1);
    merit__loss_draw_to_best(loss);
    set_link(loss);
    return MERIT_OK;
}

static merit_status prepare_tree(merit_loss *loss, merit_error *err)
{
    (void)err;
    set_link(loss);
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
             .link = MERIT_LINK_MARGIN,
             .convex = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = make_row,
    .prepare_tree = prepare_tree,
    .fast = MERIT__FAST_MARGIN,
    .row = eval_row,
};
