/* Kernel score (energy score): how far the belief lies from the truth, with the table
 * as the ruler; the expected score made proper.
 *
 *     D_ij = (S_ii + S_jj - S_ij - S_ji) / (2 R), R = max_ik (max_j S_ij - S_ik)
 *     L = sum_k D_ik q_k - 1/2 sum_jk q_j D_jk q_k
 *     dL/dz_k = q_k (v_k - v.q), v = D_i - D q
 *
 * For a symmetric S this is (1/2 q^T S q - S_i.q + S_ii / 2) / R: the loss
 * expected-score and a term that keeps q from running to a corner. Ways through a tree
 * are such a D (they add up on branches), and D q is a sum over nodes: O(nodes) a row.
 * S must be symmetric, up to numbers added to its rows, and positive semidefinite on
 * vectors whose sum is 0 (D is then of negative type); no other table gives a proper
 * loss. Not convex. At the optimum q is the posterior (the only optimum where S is
 * definite there), so the Bayes decision is exact. S = I: the Brier score. Scores that
 * fall with the distance on a line: the ranked probability score. Like those it sends
 * little gradient where a model is confidently wrong. Gneiting and Raftery 2007,
 * Strictly proper scoring rules, section 5; Schoenberg 1938 for the condition. */
#include "loss/loss_def.h"

#include "base/alloc.h"
#include "base/definite.h"
#include "base/fail.h"
#include "loss/terms.h"
#include "loss/tree_terms.h"
#include "scores/scores_distances.h"

static const char instead[] = "cross-entropy; it takes any table";

// out = -J D J with J = I - 1 1^T / K, which does not see what a constant adds.
static void project(double *out, const double *distances, int64_t K, double *means)
{
    double mean = 0;
    for (int64_t i = 0; i < K; i++) {
        means[i] = 0;
        for (int64_t j = 0; j < K; j++) {
            means[i] += distances[i * K + j] / (double)K;
        }
        mean += means[i] / (double)K;
    }
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < K; j++) {
            out[i * K + j] = means[i] + means[j] - mean - distances[i * K + j];
        }
    }
}

// Whether distances [K,K] are of negative type: -x^T D x >= 0 where x sums to 0, that
// is where x_0 = -(x_1 + ...). In the other x that is twice the Gram matrix G of the
// points whose squared distances D would be, seen from the first; unlike -J D J it has
// no null vector of its own along which rounding adds up.
static int is_kernel(const double *distances, int64_t K, double *gram)
{
    for (int64_t i = 1; i < K; i++) {
        for (int64_t j = 1; j < K; j++) {
            gram[(i - 1) * (K - 1) + j - 1] =
                distances[i] + distances[j] - distances[i * K + j];
        }
    }
    return merit__is_semidefinite(gram, (size_t)K - 1);
}

static merit_status check_kernel(const double *distances, int64_t n_classes,
                                 merit_error *err)
{
    const size_t K = (size_t)n_classes;
    merit_status status = MERIT_OK;
    double *matrix = merit__alloc_array(K * K + 2 * K, sizeof *matrix);
    if (matrix == NULL) {
        return merit__fail_memory(err, K * K * sizeof *matrix, "a loss");
    }
    double *scratch = matrix + K * K;
    if (!is_kernel(distances, n_classes, matrix)) {
        project(matrix, distances, n_classes, scratch);
        status = merit__fail(
            err, MERIT_EUNSUPPORTED,
            "kernel-score needs a table that is positive semidefinite where weights "
            "sum to 0, the least eigenvalue of this one is %.3g: a false belief would "
            "beat the true one. Use %s",
            merit__least_eigenvalue(matrix, K, scratch), instead);
    }
    merit__free(matrix);
    return status;
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = loss->n_classes;
    MERIT_TRY(merit__scores_distances(loss->table, loss->scores, "kernel-score",
                                      instead, err));
    MERIT_TRY(check_kernel(loss->table, K, err));
    for (int64_t k = 0; k < K * K; k++) {
        loss->table[k] /= loss->range;
    }
fail:
    return status;
}

static size_t n_scratch(size_t n_classes)
{
    return 2 * n_classes;
}

// spread = D q
static void find_spread(double *spread, const merit__loss_row *row, const double *q)
{
    const int64_t K = row->n_classes;
    if (row->tree != NULL) {
        merit__loss_tree_costs(spread, row->tree, q, row->scratch + 2 * K);
        return;
    }
    for (int64_t k = 0; k < K; k++) {
        const double *distances = row->matrix + k * K;
        spread[k] = 0;
        for (int64_t j = 0; j < K; j++) {
            spread[k] += distances[j] * q[j];
        }
    }
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const int64_t K = row->n_classes;
    double *q = row->scratch;
    double *v = row->scratch + K;
    double value = 0;
    double mean = 0;
    merit__loss_softmax(q, row, NULL, 0);
    find_spread(v, row, q);
    for (int64_t k = 0; k < K; k++) {
        value += q[k] * (row->table[k] - v[k] / 2);
        v[k] = row->table[k] - v[k];
        mean += q[k] * v[k];
    }
    for (int64_t k = 0; dlogits != NULL && k < K; k++) {
        dlogits[k] = q[k] * (v[k] - mean);
    }
    return value;
}

const merit_loss_def merit_loss_kernel_score = {
    .info = {.name = "kernel-score",
             .formula = "sum_k D_ik q_k - 1/2 sum_jk q_j D_jk q_k, "
                        "D_ij = (S_ii + S_jj - S_ij - S_ji) / (2 R)",
             .use = "Where the probabilities should be right first between classes "
                    "that the table puts far apart; symmetric tables.",
             .rule = MERIT_RULE_BAYES,
             .exact = 1,
             .row_shift_invariant = 1},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .scratch = n_scratch,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = merit__loss_make_cost_row,
    .row = eval_row,
};
