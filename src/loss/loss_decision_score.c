/* Decision score: what the Bayes decision earns, made soft so that it can be learned.
 *
 *     C_ij = max_k S_ik - S_ij;   w_k = sum_j q_j C_jk;   a = softmax(-w / T)
 *     L = sum_k C_ik a_k - T H(a),   H(a) = -sum_k a_k log a_k
 *     d_k = a_k (C_ik - w_k - sum_l a_l (C_il - w_l)) / T
 *     v_j = -sum_k C_jk d_k;   dL/dz_j = q_j (v_j - sum_k q_k v_k)
 *
 * w are the expected costs of the answers under q, a draws an answer with them, and
 * T is in the units of S. Any S that is not constant; a shift of a row cancels. Not
 * convex. It is the proper score of the convex function T LSE(S^T q / T): the
 * posterior is an optimum for every T, and any other gives every answer the same
 * expected score, so that the Bayes decision is exact. S = I: a = softmax(q / T).
 * T -> 0: the cost of the Bayes decision itself, which has no gradient but where two
 * answers tie; T goes from R/4 to R/20 unless set. A row takes K^2 steps,
 * O(nodes) for an implicit table. For the end
 * of a training: a model that is confidently wrong gets little gradient. Gneiting and
 * Raftery 2007, Strictly proper scoring rules, theorem 2. */
#include "loss/loss_def.h"

#include <string.h>

#include "loss/terms.h"
#include "loss/tree_terms.h"

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    (void)err;
    merit__loss_make_costs(loss, loss->range);
    return MERIT_OK;
}

static size_t scratch(size_t n_classes)
{
    return 3 * n_classes;
}

// w = C^T q
static void add_costs(double *w, const merit__loss_row *row, const double *q)
{
    const int64_t K = row->n_classes;
    memset(w, 0, (size_t)K * sizeof *w);
    for (int64_t j = 0; j < K; j++) {
        const double *costs = row->matrix + j * K;
        for (int64_t k = 0; k < K; k++) {
            w[k] += q[j] * costs[k];
        }
    }
}

// v = -C d
static void take_costs(double *v, const merit__loss_row *row, const double *d)
{
    const int64_t K = row->n_classes;
    for (int64_t j = 0; j < K; j++) {
        const double *costs = row->matrix + j * K;
        v[j] = 0;
        for (int64_t k = 0; k < K; k++) {
            v[j] -= costs[k] * d[k];
        }
    }
}

// worth [K] = -w / T
static void find_worth(double *worth, const merit__loss_row *row, const double *q,
                       double temperature)
{
    const int64_t K = row->n_classes;
    if (row->tree != NULL) {
        merit__loss_tree_costs(worth, row->tree, q, row->scratch + 3 * K);
    } else {
        add_costs(worth, row, q);
    }
    for (int64_t k = 0; k < K; k++) {
        worth[k] /= -temperature;
    }
}

// dlogits from d, what the value gains per unit of the worth of each answer.
static void send_back(double *dlogits, const merit__loss_row *row, const double *q,
                      const double *d)
{
    const int64_t K = row->n_classes;
    double mean = 0;
    if (row->tree != NULL) { // whose table is symmetric
        merit__loss_tree_costs(dlogits, row->tree, d, row->scratch + 3 * K);
        merit__loss_scale(dlogits, K, -1);
    } else {
        take_costs(dlogits, row, d);
    }
    for (int64_t j = 0; j < K; j++) {
        mean += q[j] * dlogits[j];
    }
    for (int64_t j = 0; j < K; j++) {
        dlogits[j] = q[j] * (dlogits[j] - mean);
    }
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const int64_t K = row->n_classes;
    const double temperature = row->parameters[0]; // over R, as the costs are
    double *q = row->scratch;
    double *worth = q + K;
    double *a = worth + K;
    merit__loss_softmax(q, row, NULL, 0);
    find_worth(worth, row, q, temperature);
    const merit__loss_row answers = {.n_classes = K, .logits = worth};
    const merit__log_sum sum = merit__loss_softmax(a, &answers, NULL, 0);
    // C_ik + T log a_k and C_ik - w_k differ by the same for all k.
    double mean = 0;
    for (int64_t k = 0; k < K; k++) {
        worth[k] = row->table[k] + temperature * (worth[k] - sum.largest);
        mean += a[k] * worth[k];
    }
    if (dlogits != NULL) {
        for (int64_t k = 0; k < K; k++) {
            a[k] *= row->range * (worth[k] - mean) / temperature;
        }
        send_back(dlogits, row, q, a);
    }
    return row->range * (mean - temperature * sum.excess);
}

static const merit_loss_parameter parameters[] = {
    {.name = "temperature",
     .meaning = "in the units of the scores; how far from the best an answer may be "
                "and still count; moves to R/20 unless set",
     .initial = 0.25,
     .low = 1e-12,
     .high = 1e15,
     .moves = 1,
     .initial_in_range = 1},
};

static const double last[] = {0.05}; // in R

const merit_loss_def merit_loss_decision_score = {
    .info = {.name = "decision-score",
             .formula = "sum_k C_ik a_k - t H(a), a = softmax(-C^T q / t), "
                        "t = temperature",
             .use = "As the last stage after cross entropy: trains what the Bayes "
                    "decision earns.",
             .rule = MERIT_RULE_BAYES,
             .exact = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .last = last,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = merit__loss_make_cost_row,
    .scratch = scratch,
    .row = eval_row,
};
