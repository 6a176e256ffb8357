/* Complement: the log-bilinear loss. It says what the answer is not, each wrong answer
 * with the weight of its cost.
 *
 *     C_ij = scale sqrt(K - 1) (max_k S_ik - S_ij) / m, m the mean of these differences
 *     over the K (K - 1) pairs of a truth and a mistake
 *     L = -sum_j C_ij log(1 - q_j)
 *     t_k = C_ik q_k / (1 - q_k);   dL/dz_k = t_k - q_k sum_j t_j
 *
 * Any S that is not constant; a shift of a row cancels. Not convex. A wrong class
 * that the model is sure of gets its whole cost, but what is taken from it goes to
 * all others, not to the best answer alone. At S = I a mean cost of K - 1 would give
 * a fresh model the gradient of cross entropy, and a mean cost of 1 one that is
 * confidently wrong; sqrt(K - 1) is half way. At the optimum q_j = max(0, 1 - w_j /
 * l) with w = C^T posterior and l such that q sums to 1: the smaller the expected
 * cost, the larger the q, so that argmax is the Bayes decision for every posterior.
 * Resheff et al. 2017, arXiv 1704.06062; with C_ij = |i - j|^a (table ordinal:a) the
 * class distance weighted cross entropy of Polat et al. 2022, arXiv 2202.05167. */
#include "loss/loss_def.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "loss/terms.h"
#include "loss/tree_terms.h"

enum { FACTOR }; // in constants

// What costs with this sum over all pairs are multiplied by.
static double factor_for(const merit_loss *loss, double sum)
{
    const double others = (double)(loss->n_classes - 1);
    return loss->first[0] * (double)loss->n_classes * others * sqrt(others) / sum;
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    const int64_t K = loss->n_classes;
    double sum = 0;
    merit__loss_make_costs(loss, loss->range);
    for (int64_t i = 0; i < K * K; i++) {
        sum += loss->table[i];
    }
    const double factor = factor_for(loss, sum);
    for (int64_t i = 0; i < K * K; i++) {
        loss->table[i] *= factor;
    }
    return MERIT_OK;
}

static void make_row(const merit_loss *loss, double *row, int64_t truth)
{
    (void)truth;
    merit__loss_cost_row(loss, row, 1 / loss->constants[FACTOR]);
}

static merit_status prepare_tree(merit_loss *loss, merit_error *err)
{
    merit_status status = MERIT_OK;
    const size_t K = (size_t)loss->n_classes;
    double sum = 0;
    double *means = merit__alloc_array(K, sizeof *means);
    if (means == NULL) {
        return merit__fail_memory(err, K * sizeof *means, "a loss");
    }
    MERIT_TRY(merit__loss_tree_rows(means, NULL, loss, err));
    for (size_t i = 0; i < K; i++) {
        sum += (double)K * (1 - means[i]);
    }
    loss->constants[FACTOR] = factor_for(loss, sum);
fail:
    merit__free(means);
    return status;
}

// The largest logit, and the others by themselves.
typedef struct others {
    int64_t top;
    double second, total; // exp(z_k - second) / total = q_k / (1 - q_top)
    double log_share;     // log(1 - q_top)
} others;

/* The top is left out of the sum rather than taken from it: 1 - q_top keeps its digits
 * when q_top is next to 1, whatever the margin. */
static others leave_out_top(const merit__loss_row *row, const merit__log_sum *sum)
{
    const int64_t K = row->n_classes;
    others rest = {.second = -INFINITY};
    while (row->logits[rest.top] < sum->largest) {
        rest.top++;
    }
    for (int64_t k = 0; k < K; k++) {
        rest.second = k == rest.top ? rest.second : fmax(rest.second, row->logits[k]);
    }
    for (int64_t k = 0; k < K; k++) {
        rest.total += k == rest.top ? 0 : exp(row->logits[k] - rest.second);
    }
    rest.log_share = rest.second - sum->largest + (log(rest.total) - sum->excess);
    return rest;
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const int64_t K = row->n_classes;
    merit__log_sum sum = merit__loss_softmax(dlogits, row, NULL, 0);
    const others rest = leave_out_top(row, &sum);
    const double cost = row->table[rest.top];
    double value = -cost * rest.log_share;
    double t = 0; // of all but the top
    double q_top = 0;
    for (int64_t k = 0; k < K; k++) {
        const double q = merit__loss_belief(row, &sum, dlogits, k);
        if (k == rest.top) {
            q_top = q;
        } else {
            value -= row->table[k] * log1p(-q);
            t += row->table[k] * q / (1 - q);
        }
    }
    for (int64_t k = 0; dlogits != NULL && k < K; k++) {
        const double q = dlogits[k];
        if (k == rest.top) {
            dlogits[k] = q * (cost - t);
        } else {
            const double share = exp(row->logits[k] - rest.second) / rest.total;
            dlogits[k] = row->table[k] * q / (1 - q) - q * t - cost * q_top * share;
        }
    }
    return value;
}

static const merit_loss_parameter parameters[] = {
    {.name = "scale",
     .meaning = "multiplies the costs, whose mean is sqrt(K - 1)",
     .initial = 1,
     .low = 0.001,
     .high = 100},
};

const merit_loss_def merit_loss_complement = {
    .info = {.name = "complement",
             .formula = "-sum_k C_ik log(1 - q_k), "
                        "C = scale sqrt(K-1) cost / mean cost",
             .use = "As a last stage where the bare argmax must be the right decision; "
                    "from scratch it starts slowly.",
             .rule = MERIT_RULE_ARGMAX,
             .exact = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = make_row,
    .prepare_tree = prepare_tree,
    .row = eval_row,
};
