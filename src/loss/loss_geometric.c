/* Geometric loss: the logistic loss whose softmax knows how far the table puts classes
 * apart, the g-softmax.
 *
 *     D_ij = (S_ii + S_jj - S_ij - S_ji) / 2, C = cost D / max D
 *     gLSE(z) = -log min_a sum_ij a_i a_j exp(-(z_i + z_j + C_ij) / 2), a >= 0, sum 1
 *     L = gLSE(z) - z_i
 *     dL/dz = a - e_i
 *
 * S must be symmetric, up to numbers added to its rows, with a positive semidefinite
 * kernel exp(-C/2): any table that kernel-score takes, and any whose classes are all
 * apart if the cost is large enough. Convex. cost -> oo: cross entropy, C = 0: the
 * largest logit less the truth's. At the optimum a, not softmax(z), is the posterior,
 * so the Bayes decision under a is exact. a is sparse: a class whose logit is behind
 * that of another one by more than the cost between them gets exactly 0. S = I: all
 * classes are `cost` apart.
 * Mensch, Blondel and Peyre 2019, arXiv 1905.06005. O(K^2) to O(K^3) a row. */
#include "loss/loss_def.h"

#include "base/fail.h"
#include "base/g_softmax.h"
#include "scores/scores_kernel.h"

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    return merit__scores_kernel(loss->table, loss->scores, loss->first[0], "geometric",
                                err);
}

// The solver's, and a itself.
static size_t n_scratch(size_t n_classes)
{
    return merit__g_softmax_scratch(n_classes) + n_classes;
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const size_t K = (size_t)row->n_classes;
    double *a = row->scratch;
    double value = merit__g_softmax(a, row->logits, row->matrix, K, row->scratch + K);
    for (size_t k = 0; k < K; k++) {
        value -= row->target[k] * row->logits[k];
        if (dlogits != NULL) {
            dlogits[k] = a[k] - row->target[k];
        }
    }
    return value;
}

// The first is that of the link.
static const merit_loss_parameter parameters[] = {
    {.name = "cost",
     .meaning = "between the classes that are furthest apart; large is cross entropy",
     .initial = 4,
     .low = 0.1,
     .high = 1000},
};

const merit_loss_def merit_loss_geometric = {
    .info = {.name = "geometric",
             .formula = "-log min_a sum_jk a_j a_k exp(-(z_j + z_k + C_jk) / 2) - z_i, "
                        "C = cost D / max D",
             .use = "Where classes are points of a space, as on a line or a tree; "
                    "sparse beliefs; symmetric tables.",
             .rule = MERIT_RULE_BAYES,
             .link = MERIT_LINK_G_SOFTMAX,
             .convex = 1,
             .exact = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .scratch = n_scratch,
    .prepare = prepare,
    .needs = "its beliefs solve a program over a matrix of all distances",
    .row = eval_row,
};
