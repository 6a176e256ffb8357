/* Soft labels: cross entropy to the softmax of the truth's scores.
 *
 *     p_ij = softmax_j(S_ij / T), T the temperature, in the units of S
 *     L = -sum_j p_ij log q_j
 *     dL/dz = q - p_i
 *
 * Any S that is not constant; a shift of a row cancels. Convex. At the optimum
 * q = P^T (posterior): its most probable class is often the wrong answer (for 16, 11
 * and 7 % of all posteriors at T = 0.5, 1 and 2 in tests/test_consistency.c), while
 * decoding by D with P D = S + c 1^T is exact wherever P can be inverted; a small T
 * makes P all but singular when two truths share their best answer. S = I and T -> 0:
 * cross entropy. Of an implicit table there is no D, and argmax is the rule, as it is
 * in the paper. With R = max_ij (max_k S_ik - S_ij) the beta of Bertinetto et al. is R
 * / T, here 20 unless set; they use 4 to 30, and below 15 what the model claims is no
 * longer calibrated.
 * Bertinetto et al. 2020, arXiv 1912.09393; Norouzi et al. 2016, arXiv 1609.00150. */
#include "loss/loss_def.h"

#include <math.h>

#include "loss/terms.h"

// A row of scores becomes one of labels.
static void make_row(const merit_loss *loss, double *p, int64_t truth)
{
    const int64_t K = loss->n_classes;
    const double temperature = loss->first[0]; // over R, as the costs are
    double sum = 0;
    merit__loss_make_cost_row(loss, p, truth);
    for (int64_t j = 0; j < K; j++) {
        p[j] = exp(-p[j] / temperature);
        sum += p[j];
    }
    for (int64_t j = 0; j < K; j++) {
        p[j] /= sum;
    }
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    for (int64_t i = 0; i < loss->n_classes; i++) {
        make_row(loss, loss->table + i * loss->n_classes, i);
    }
    return MERIT_OK;
}

// Without the decode matrix, the rule of those who published them.
static merit_status prepare_tree(merit_loss *loss, merit_error *err)
{
    (void)err;
    loss->rule = MERIT_RULE_ARGMAX;
    return MERIT_OK;
}

static const merit_loss_parameter parameters[] = {
    {.name = "temperature",
     .meaning = "in the units of the scores; small is cross entropy with the best "
                "answers as labels",
     .initial = 0.05,
     .low = 1e-12,
     .high = 1e15,
     .initial_in_range = 1},
};

const merit_loss_def merit_loss_soft_labels = {
    .info = {.name = "soft-labels",
             .formula = "-sum_k p_ik log q_k, p_i = softmax(S_i / temperature)",
             .use = "Where similar classes should share belief; decide with its decode "
                    "matrix.",
             .rule = MERIT_RULE_DECODE,
             .convex = 1,
             .exact = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_TARGETS,
    .linear = 1,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = make_row,
    .prepare_tree = prepare_tree,
    .row = merit__loss_cross_entropy_row,
};
