/* Affine soft labels: cross entropy to the scores themselves, shifted and scaled until
 * every row is a distribution.
 *
 *     p_ij = 1/K + (S_ij - mean_i) / M, M = K max_i (mean_i - min_i)
 *     L = -sum_j p_ij log q_j
 *     dL/dz = q - p_i
 *
 * Any S that is not constant; a shift of a row cancels. Convex. M is the smallest that
 * leaves no p below 0. At the optimum q_k = 1/K + (u_k - mean u) / M with u_k the
 * expected score of answer k: q is a calibrated estimate of the scores and its argmax
 * is the Bayes decision for every posterior, with no decoding. (Answers beyond the K
 * classes need the decode rule; of an implicit table, which has none, argmax answers
 * with the best of the classes.) S = I gives cross entropy, and label smoothing with a
 * larger M. The price: as M grows the targets go flat and a model is slow to sharpen.
 * Consistency of targets P with decoding D, P D = S + c 1^T, is the low-rank argument
 * of Ramaswamy and Agarwal 2013 for a proper loss. */
#include "loss/loss_def.h"

#include <float.h>
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "loss/terms.h"
#include "loss/tree_terms.h"

// The mean of a row of costs, and how far above it the largest lies.
static double mean_of(const double *costs, int64_t K, double *rise)
{
    double sum = 0;
    double most = 0;
    for (int64_t j = 0; j < K; j++) {
        sum += costs[j];
        most = fmax(most, costs[j]);
    }
    *rise = most - sum / (double)K;
    return sum / (double)K;
}

enum { LARGEST_RISE }; // in constants

// A row of costs becomes one of labels.
static void write_labels(const merit_loss *loss, double *p)
{
    const int64_t K = loss->n_classes;
    const double largest_rise = loss->constants[LARGEST_RISE];
    const double M = (double)K * largest_rise;
    double rise;
    const double mean = mean_of(p, K, &rise);
    for (int64_t j = 0; j < K; j++) {
        p[j] = (largest_rise - (p[j] - mean)) / M;
        if (p[j] < 4 * DBL_EPSILON) { // 0, but for rounding
            p[j] = 0;
        }
    }
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    const int64_t K = loss->n_classes;
    double rise;
    double largest_rise = 0;
    // Scores less their largest, over about R: the same labels, and small differences
    // of large scores are not lost. M and the means count in that unit, too, a power of
    // 2, by which nothing is rounded.
    merit__loss_make_costs(loss, scalbn(1, ilogb(loss->range)));
    for (int64_t i = 0; i < K; i++) {
        mean_of(loss->table + i * K, K, &rise);
        largest_rise = fmax(largest_rise, rise);
    }
    loss->constants[LARGEST_RISE] = largest_rise;
    for (int64_t i = 0; i < K; i++) {
        write_labels(loss, loss->table + i * K);
    }
    if (loss->n_answers > K) {
        loss->rule = MERIT_RULE_DECODE;
    }
    return MERIT_OK;
}

static void make_row(const merit_loss *loss, double *row, int64_t truth)
{
    (void)truth;
    merit__loss_cost_row(loss, row, 1);
    write_labels(loss, row);
}

static merit_status prepare_tree(merit_loss *loss, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = loss->n_classes;
    double largest_rise = 0;
    double *means = merit__alloc_array(2 * (size_t)K, sizeof *means);
    double *least = means + K;
    if (means == NULL) {
        return merit__fail_memory(err, 2 * (size_t)K * sizeof *means, "a loss");
    }
    MERIT_TRY(merit__loss_tree_rows(means, least, loss, err));
    for (int64_t i = 0; i < K; i++) {
        largest_rise = fmax(largest_rise, means[i] - least[i]);
    }
    loss->constants[LARGEST_RISE] = largest_rise;
fail:
    merit__free(means);
    return status;
}

const merit_loss_def merit_loss_affine_labels = {
    .info = {.name = "affine-labels",
             .formula = "-sum_k p_ik log q_k, p_ik = 1/K + (S_ik - mean_i) / M",
             .use = "Where the bare argmax must be the right decision, or the outputs "
                    "must tell the expected scores.",
             .rule = MERIT_RULE_ARGMAX,
             .convex = 1,
             .exact = 1,
             .row_shift_invariant = 1},
    .table = MERIT__TABLE_TARGETS,
    .linear = 1,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = make_row,
    .prepare_tree = prepare_tree,
    .row = merit__loss_cross_entropy_row,
};
