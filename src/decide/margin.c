#include "decide/margin.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/fast_log.h"
#include "decide/posterior.h"
#include "merit/decide.h"
#include "scores/scores_balance.h"
#include "scores/scores_table.h"

/* Probabilities below this are as good as none; they stay above 0, so that every state
 * of a chain leads to every other one. */
static const double least = 1e-150;
static const double lowest = -1e30;  // logit, which float can hold
static const float fast_spread = 80; // of logits: their exponentials are floats above 0

static double larger(double a, double b)
{
    return a > b ? a : b;
}

// C, or F: S_kj + shift_k is symmetric with shift_k = S_0k - S_k0.
static void fill_table(merit__margin *m, const merit_scores *scores, double unit)
{
    const size_t K = m->K;
    const size_t A = (size_t)merit_scores_n_answers(scores);
    const double *S = merit_scores_values(scores);
    double most = -INFINITY;
    for (size_t k = 0; k < K; k++) {
        const double shift = m->is_chain ? -S[k * A + k] : S[k] - S[k * A];
        for (size_t j = 0; j < K; j++) {
            const double cost = -unit * (S[k * A + j] + shift);
            m->factors[k * K + j] = cost;
            most = fmax(most, cost);
        }
    }
    for (size_t i = 0; !m->is_chain && i < K * K; i++) {
        m->factors[i] = exp(m->factors[i] - most);
    }
}

static merit_status check_table(const merit__margin *m, const merit_scores *scores,
                                merit_error *err)
{
    if (!merit__scores_favour_truth(scores)) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "margins cannot be taken back from beliefs where another "
                           "answer than the truth is best");
    }
    if (m->is_chain && m->K > MERIT_MARGIN_CLASSES) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "margins cannot be taken back from beliefs in %zu classes "
                           "of a table that is not symmetric, in up to %d they can",
                           m->K, MERIT_MARGIN_CLASSES);
    }
    return MERIT_OK;
}

merit_status merit__margin_init(merit__margin *out, const merit_scores *scores,
                                double cost, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__margin){.K = (size_t)merit_scores_n_truths(scores),
                           .is_chain = !merit__scores_are_balanced(scores, NULL, NULL)};
    MERIT_TRY(check_table(out, scores, err));
    if (merit_scores_values(scores) == NULL) {
        return merit__margin_tree_init(&out->tree, scores->tree, cost, err);
    }
    out->factors = merit__alloc_array(out->K, out->K * sizeof *out->factors);
    if (out->factors == NULL) {
        return merit__fail_memory(err, out->K * out->K * sizeof *out->factors,
                                  "a decision rule");
    }
    const double range = merit_scores_widest_row(scores);
    fill_table(out, scores, range > 0 ? cost / range : 0);
fail:
    return status;
}

void merit__margin_dispose(merit__margin *margin)
{
    merit__margin_tree_dispose(&margin->tree);
    merit__free(margin->factors);
    *margin = (merit__margin){0};
}

size_t merit__margin_scratch(const merit__margin *m)
{
    if (m->tree.table != NULL) {
        return m->K + merit__margin_tree_scratch(&m->tree);
    }
    return m->is_chain ? m->K * (m->K + 2) : 2 * m->K;
}

// sums = F y for a table that is written out.
static void weigh_table(double *sums, const merit__margin *m, const double *y)
{
    const size_t K = m->K;
    for (size_t k = 0; k < K; k++) {
        const double *row = m->factors + k * K;
        double sum = 0;
        for (size_t j = 0; j < K; j++) {
            sum += row[j] * y[j];
        }
        sums[k] = sum;
    }
}

// M [K,K] of a chain.
static void fill_chain(double *M, const merit__margin *m, const float *logits)
{
    const size_t K = m->K;
    for (size_t i = 0; i < K; i++) {
        const double *costs = m->factors + i * K;
        double *row = M + i * K;
        double most = -INFINITY;
        double sum = 0;
        for (size_t k = 0; k < K; k++) {
            row[k] = logits[k] + costs[k];
            most = fmax(most, row[k]);
        }
        for (size_t k = 0; k < K; k++) {
            row[k] = fmax(exp(row[k] - most), least);
            sum += row[k];
        }
        for (size_t k = 0; k < K; k++) {
            row[k] /= sum;
        }
    }
}

/* The stationary distribution p [K] of M: states are taken out one by one, from the
 * last; share [K] is how often the chain, among those left, is in the state taken out.
 */
static void solve_chain(double *p, double *M, size_t K, double *share)
{
    for (size_t n = K - 1; n > 0; n--) {
        double leaves = 0;
        for (size_t j = 0; j < n; j++) {
            leaves += M[n * K + j];
        }
        for (size_t i = 0; i < n; i++) {
            const double enters = M[i * K + n];
            for (size_t j = 0; j < n; j++) {
                M[i * K + j] += enters * (M[n * K + j] / leaves);
            }
        }
        share[n] = leaves;
    }
    p[0] = 1;
    double sum = 1;
    for (size_t n = 1; n < K; n++) {
        double enters = 0;
        for (size_t i = 0; i < n; i++) {
            enters += p[i] * M[i * K + n];
        }
        p[n] = enters / share[n];
        sum += p[n];
        for (size_t i = 0; i <= n; i++) { // none overflows
            p[i] /= sum;
        }
        sum = 1;
    }
}

/* y = exp(logits - *largest); of many classes in float, if that can hold them all. */
static void weights(double *y, double *largest, const float *logits, size_t K)
{
    float low, high;
    const int is_fast =
        merit__logits_fit_float(&low, &high, logits, K) && high - low < fast_spread;
    *largest = high;
    if (is_fast) {
        merit__fast_exponentials(y, logits, K, high, 1);
        return;
    }
    for (size_t k = 0; k < K; k++) {
        y[k] = larger(exp(logits[k] - *largest), least);
    }
}

/* out = logits - largest + log(sums / base). Seen from the class with the largest
 * logit, small differences are small numbers, and keep their digits. */
static void add_logarithms(float *out, const float *logits, size_t K, double largest,
                           const double *sums)
{
    size_t top = 0;
    while (top + 1 < K && logits[top] < largest) {
        top++;
    }
    const double scale = 1 / sums[top];
    for (size_t k = 0; k < K; k += 2) {
        const size_t next = k + 1 < K ? k + 1 : k;
        const merit__two more =
            merit__fast_log((merit__two){sums[k] * scale, sums[next] * scale});
        out[k] = (float)larger(logits[k] - largest + more[0], lowest);
        out[next] = (float)larger(logits[next] - largest + more[1], lowest);
    }
}

static void take_from_chain(float *out, const merit__margin *m, const float *logits,
                            double *scratch)
{
    const size_t K = m->K;
    double *p = scratch;
    size_t top = 0;
    for (size_t k = 1; k < K; k++) {
        top = logits[k] > logits[top] ? k : top;
    }
    fill_chain(scratch + 2 * K, m, logits);
    solve_chain(p, scratch + 2 * K, K, scratch + K);
    for (size_t k = 0; k < K; k++) {
        out[k] = (float)log(fmax(p[k], least) / fmax(p[top], least));
    }
}

void merit__margin_logits(float *out, const merit__margin *m, const float *logits,
                          double *scratch)
{
    const int is_tree = m->tree.table != NULL;
    double *y = scratch;
    double *sums = is_tree ? y : y + m->K;
    double largest;
    if (m->is_chain) {
        take_from_chain(out, m, logits, scratch);
        return;
    }
    if (is_tree && merit__margin_tree_fast(out, &m->tree, logits, scratch)) {
        return;
    }
    weights(y, &largest, logits, m->K);
    if (is_tree) {
        merit__margin_tree_weigh(sums, &m->tree, y, y + m->K);
    } else {
        weigh_table(sums, m, y);
    }
    add_logarithms(out, logits, m->K, largest, sums);
}
