/* Log score: the logarithm of the expected gain, as SimLoss and forward correction have
 * it.
 *
 *     A_ij = S_ij + shift, shift = max(0, floor - min S)
 *     L = -log(sum_j A_ij q_j / max A)
 *     r_k = A_ik q_k / sum_j A_ij q_j;   dL/dz_k = q_k - r_k
 *
 * Scores none of which is negative stand as they are (SimLoss: similarities in
 * [0,1]); others are raised by one constant until the lowest is `floor`, 0 unless
 * set, in the units of S. What is added matters: the larger it is, the nearer comes
 * the expected score. A row that holds nothing above 0 is refused. Not convex. S =
 * I: cross entropy. The gradient is that of the expected score over A_i.q, so a near
 * miss holds a model nearly as long. At the optimum q is the growth-optimal
 * portfolio for returns A: argmax is right for a truth that is certain, not in
 * general. Only if all columns of A add up to the same, A is the channel of a noisy
 * label, A q = posterior at the optimum wherever such a q exists, and the answer
 * with the largest ((A q)^T S)_k is exact: rule decode. Kobs et al. 2020, arXiv
 * 2003.03182; Patrini et al. 2017, arXiv 1609.03683. */
#include "loss/loss_def.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "loss/terms.h"

// Whether the columns of the gains add up to the same, `sum`, up to rounding.
static int is_channel(const merit_loss *loss, double *sum)
{
    const int64_t K = loss->n_classes;
    for (int64_t j = 0; j < K; j++) {
        double column = 0;
        for (int64_t i = 0; i < K; i++) {
            column += exp(-loss->table[i * K + j]);
        }
        if (j == 0) {
            *sum = column;
        } else if (fabs(column - *sum) > 1e-9 * *sum) {
            return 0;
        }
    }
    return 1;
}

static merit_status prepare(merit_loss *loss, merit_error *err)
{
    merit_status status = MERIT_OK;
    const size_t n = (size_t)(loss->n_classes * loss->n_classes);
    double sum = 0;
    MERIT_TRY(merit__loss_make_gains(loss, loss->first[0], err));
    if (!is_channel(loss, &sum)) {
        return MERIT_OK;
    }
    loss->channel = merit__alloc_array(n, sizeof *loss->channel);
    if (loss->channel == NULL) {
        return merit__fail_memory(err, n * sizeof *loss->channel, "a loss");
    }
    for (size_t i = 0; i < n; i++) {
        loss->channel[i] = exp(-loss->table[i]) / sum;
    }
    loss->rule = MERIT_RULE_DECODE;
fail:
    return status;
}

// Whether it is a channel does not matter: of an implicit table there is no decode
// rule.
static merit_status prepare_tree(merit_loss *loss, merit_error *err)
{
    return merit__loss_gains_tree(loss, loss->first[0], err);
}

static double eval_row(const merit__loss_row *row, double *dlogits)
{
    return merit__loss_log_mean(dlogits, row, -1);
}

static const merit_loss_parameter parameters[] = {
    {.name = "floor",
     .meaning = "in the units of the scores; where the table goes below it, all scores "
                "are raised until the lowest is this",
     .initial = 0,
     .low = 0,
     .high = 1e9,
     .initial_in_range = 1},
};

const merit_loss_def merit_loss_log_score = {
    .info = {.name = "log-score",
             .formula = "-log(sum_k A_ik q_k / max A), A = S + max(0, floor - min S)",
             .use = "Tables of similarities (SimLoss) or of how labels get mixed up "
                    "(forward correction).",
             .rule = MERIT_RULE_ARGMAX,
             .n_parameters = 1,
             .parameters = parameters},
    .table = MERIT__TABLE_SCORES,
    .prepare = prepare,
    .by_rows = 1,
    .make_row = merit__loss_make_gain_row,
    .prepare_tree = prepare_tree,
    .row = eval_row,
};
