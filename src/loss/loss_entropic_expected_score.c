/* The negative expected score less T times the entropy of q: what answers drawn from q
 * would earn, and a reward for not being too sure.
 *
 *     L = -sum_k S_ik q_k - T H(q),   H(q) = -sum_k q_k log q_k
 *     a_k = S_ik - T log q_k
 *     dL/dz_k = -q_k (a_k - sum_j q_j a_j)
 *
 * T is in the units of S. Any S that is not constant; adding a constant to a row
 * changes the value but not the gradient. Not convex. Up to a constant it is T times
 * the Kullback-Leibler divergence from softmax(S_i / T) to q, the reverse of that of
 * soft labels, and the entropic optimal transport to a truth that is certain. At the
 * optimum q = softmax(u / T) with u the expected scores, so that argmax is the Bayes
 * decision for every posterior and every T. T -> 0: the expected score, -q_i at S =
 * I. The entropy draws a model away from wrong corners, but each unit of margin
 * still makes the way out e times as long. T goes from R/20 to R/200 unless set. Mei
 * et al. 2020, arXiv 2005.06392. */
#include "loss/loss_def.h"
#include "loss/terms.h"

// S_ik - T log q_k, less what is the same for all k
static double worth(const merit__loss_row *row, const merit__log_sum *sum,
                    double temperature, int64_t k)
{
    return row->table[k] - temperature * (row->logits[k] - sum->largest);
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    const double temperature = row->parameters[0] * row->range;
    merit__log_sum sum = merit__loss_softmax(dlogits, row, NULL, 0);
    double mean = 0;
    for (int64_t k = 0; k < row->n_classes; k++) {
        mean += merit__loss_belief(row, &sum, dlogits, k) *
                worth(row, &sum, temperature, k);
    }
    for (int64_t k = 0; dlogits != NULL && k < row->n_classes; k++) {
        dlogits[k] *= mean - worth(row, &sum, temperature, k);
    }
    return -mean - temperature * sum.excess;
}

static const merit_loss_parameter parameters[] = {
    {.name = "temperature",
     .meaning = "in the units of the scores; the weight of the entropy; moves to R/200 "
                "unless set",
     .initial = 0.05,
     .low = 1e-12,
     .high = 1e15,
     .moves = 1,
     .initial_in_range = 1},
};

static const double last[] = {0.005}; // in R

const merit_loss_def merit_loss_entropic_expected_score = {
    .info = {.name = "entropic-expected-score",
             .formula = "-sum_k S_ik q_k - t H(q), t = temperature",
             .use = "As expected-score, for a last stage; the entropy keeps every "
                    "class in play.",
             .rule = MERIT_RULE_ARGMAX,
             .exact = 1,
             .row_shift_invariant = 1,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .linear = 1,
    .by_rows = 1,
    .last = last,
    .row = eval_row,
};
