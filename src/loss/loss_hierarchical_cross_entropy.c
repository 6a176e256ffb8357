/* Hierarchical cross entropy: the cross entropy of each step from the root of a tree of
 * classes to the truth, the first steps counting most.
 *
 *     v_0, v_1, ... v_m = {i}   the nodes from the root to the truth
 *     P(v) = sum of q over the classes in v
 *     w_d = exp(-alpha d) / (mean of exp(-alpha d) along the deepest path)
 *     L = -sum_d w_d log(P(v_(d+1)) / P(v_d)),  d = 0 .. m - 1
 *     dL/dz_k = sum_d w_d ([k in v_d] q_k / P(v_d) - [k in v_(d+1)] q_k / P(v_(d+1)))
 *
 * S must come from a tree: symmetric, up to numbers added to its rows, with distances
 * that are ultrametric. Groups are one level of it. Only the tree is used, not by how
 * much scores differ. A proper loss, since siblings share their weight: at the optimum
 * q is the posterior and the Bayes decision is exact. Convex only if the weights do not
 * decrease towards the classes, that is for alpha <= 0. alpha = 0, and S = I, are cross
 * entropy. Published with weights that sum to 1: L over the number of levels.
 * Bertinetto et al. 2020, arXiv 1912.09393, alpha 0.1 to 0.6. O(K) a row. */
#include "loss/loss_def.h"

#include <math.h>

#include "base/fail.h"
#include "loss/exponentials.h"
#include "scores/scores_tree.h"

enum { ALPHA, SCALE }; // the parameter, and 1 / (the mean in w) behind it

// Weights have a mean of 1 along the deepest path.
static void set_scale(merit_loss *loss, double deepest)
{
    double sum = 0;
    for (double depth = 0; depth < deepest; depth++) {
        sum += exp(-loss->first[ALPHA] * depth);
    }
    loss->first[SCALE] = loss->last[SCALE] = deepest / sum;
}

static void make_row(const merit_loss *loss, double *row, int64_t truth)
{
    merit__tree_table_depths(loss->tree, truth, row);
}

static merit_status prepare_tree(merit_loss *loss, merit_error *err)
{
    (void)err;
    double deepest = 0;
    for (int64_t i = 0; i < loss->n_classes; i++) {
        deepest = fmax(deepest, merit__tree_table_depth(loss->tree, i));
    }
    set_scale(loss, deepest);
    return MERIT_OK;
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = loss->n_classes;
    double deepest = 0;
    // The table holds the depth of the smallest node with both classes.
    MERIT_TRY(merit__scores_tree(loss->table, loss->scores,
                                 "hierarchical-cross-entropy",
                                 "cross-entropy; it takes any table", err));
    for (int64_t i = 0; i < K; i++) {
        deepest = fmax(deepest, loss->table[i * (K + 1)]);
    }
    set_scale(loss, deepest);
fail:
    return status;
}

// Two numbers for each node from the root to the truth.
static size_t n_scratch(size_t n_classes)
{
    return 2 * (n_classes + 1);
}

static double weight_at(const merit__loss_row *row, int64_t depth)
{
    return row->parameters[SCALE] * exp(-row->parameters[ALPHA] * (double)depth);
}

// e = exp(z - top[d]) of a block of classes from number `from` on, each with the d of
// the node it belongs to; returns how many those are.
static int64_t exponentials(double *e, const merit__loss_row *row, const double *top,
                            int64_t from)
{
    const int64_t left = row->n_classes - from;
    const int64_t n = left < MERIT__EXP_BLOCK ? left : MERIT__EXP_BLOCK;
    for (int64_t i = 0; i < n; i++) {
        e[i] = row->logits[from + i] - top[(int64_t)row->table[from + i]];
    }
    merit__exponentials(e, e, n, row->is_fast);
    return n;
}

// Each class belongs to the smallest node it shares with the truth: inside[d] becomes
// the log-sum-exp of the classes that belong to v_d, largest[d] is used up.
static void sum_nodes(const merit__loss_row *row, int64_t m, double *inside,
                      double *largest)
{
    for (int64_t d = 0; d <= m; d++) {
        largest[d] = -INFINITY;
        inside[d] = 0;
    }
    for (int64_t k = 0; k < row->n_classes; k++) {
        double *most = &largest[(int64_t)row->table[k]];
        *most = row->logits[k] > *most ? row->logits[k] : *most;
    }
    double e[MERIT__EXP_BLOCK];
    for (int64_t from = 0; from < row->n_classes; from += MERIT__EXP_BLOCK) {
        const int64_t n = exponentials(e, row, largest, from);
        for (int64_t i = 0; i < n; i++) {
            inside[(int64_t)row->table[from + i]] += e[i];
        }
    }
    for (int64_t d = 0; d <= m; d++) {
        inside[d] = largest[d] + log(inside[d]);
    }
}

// The gradient of a class in v_d and in no smaller node is exp(z - whole[d]) times
// factor[d], the sum over e <= d of (w_e - w_(e-1)) exp(whole[d] - whole[e]).
static void write_gradient(double *dlogits, const merit__loss_row *row, int64_t m,
                           const double *whole, double *factor)
{
    double above = 0; // w_(d-1)
    for (int64_t d = 0; d <= m; d++) {
        const double weight = d < m ? weight_at(row, d) : 0;
        factor[d] = weight - above;
        if (d > 0) {
            factor[d] += factor[d - 1] * exp(whole[d] - whole[d - 1]);
        }
        above = weight;
    }
    for (int64_t from = 0; from < row->n_classes; from += MERIT__EXP_BLOCK) {
        const int64_t n = exponentials(dlogits + from, row, whole, from);
        for (int64_t k = from; k < from + n; k++) {
            dlogits[k] *= factor[(int64_t)row->table[k]];
        }
    }
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    int64_t m = 0; // the truth is the deepest class of its own row
    for (int64_t k = 0; k < row->n_classes; k++) {
        m = row->table[k] > (double)m ? (int64_t)row->table[k] : m;
    }
    double *whole = row->scratch; // [m+1] log-sum-exp of all classes in v_d
    double *spare = row->scratch + m + 1;
    double value = 0;
    sum_nodes(row, m, whole, spare);
    for (int64_t d = m - 1; d >= 0; d--) {
        // whole[d] still lacks v_(d+1): the step is log(1 + rest / part), exact also
        // where it is small.
        const double ratio = whole[d] - whole[d + 1];
        const double step = fmax(ratio, 0) + log1p(exp(-fabs(ratio)));
        value += weight_at(row, d) * step;
        whole[d] = whole[d + 1] + step;
    }
    if (dlogits != NULL) {
        write_gradient(dlogits, row, m, whole, spare);
    }
    return value;
}

static const merit_loss_parameter parameters[] = {
    {.name = "alpha",
     .meaning = "how much less each level further down counts; 0 is cross entropy",
     .initial = 0.2,
     .low = 0,
     .high = 20},
};

const merit_loss_def merit_loss_hierarchical_cross_entropy = {
    .info = {.name = "hierarchical-cross-entropy",
             .formula = "-sum_d w_d log(P(v_d+1) / P(v_d)) from the root v_0 to the "
                        "truth, w_d ~ exp(-alpha d)",
             .use = "Where the right branch matters more than the right class; tables "
                    "made of a tree or of groups.",
             .rule = MERIT_RULE_BAYES,
             .exact = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .scratch = n_scratch,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = make_row,
    .prepare_tree = prepare_tree,
    .row = eval_row,
};
